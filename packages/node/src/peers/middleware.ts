/** The server's side of the peer protocol, as Hono middleware. */

import type { Bytes, Clock, Json } from '@drempel/protocol/encoding'
import type { MiddlewareHandler } from 'hono'
import type { Directory, ReplayStore, Self, SignedMessage } from './types.ts'

export type PeerEnv = {
  Variables: {
    /** Member id of the verified signer. */
    peer: string
    /** The verified body; empty for GET. */
    body: Bytes
    /** The request as evidence. */
    signedRequest: SignedMessage
  }
}

export type PeerGate = {
  /** Mount once on the prefix (`app.use('/peer/*', gate.sign)`): signs every answer, problems too. */
  readonly sign: MiddlewareHandler
  /** Per route: verifies the request and reads its body. */
  verify(options: { maxBody: number }): MiddlewareHandler<PeerEnv>
}

export declare function createPeerGate(options: {
  self: Self
  directory: Directory
  replay: ReplayStore
  clock: Clock
}): PeerGate

/** The verified body as strict JSON, unvalidated. @throws ProtocolError `BAD_JSON`, culprit = the peer */
export declare function jsonBody(c: { get(key: 'body'): Bytes; get(key: 'peer'): string }): Json
