/** Signed requests to other nodes, answers verified. */

import type { Bytes, Clock, Json, RandomBytes } from '@drempel/protocol/encoding'
import type { Directory, Self } from './types.ts'

export type PeerRequestOptions = {
  /** `application/octet-stream` for bytes, `application/json` (JCS) for JSON */
  readonly contentType?: string
  /** Whole exchange; 30 s by default. */
  readonly timeoutMs?: number
  /** Largest answer in bytes; 1 MiB by default. */
  readonly maxResponse?: number
  readonly signal?: AbortSignal
  /** Also return answers with status 400 and above instead of throwing PEER_PROBLEM. */
  readonly allowProblem?: boolean
}

export type PeerResponse = {
  readonly status: number
  readonly contentType: string
  readonly body: Bytes
  /** The body as JSON, unvalidated. @throws ProtocolError `PEER_BAD_RESPONSE` */
  json(): Json
  /** The signed exchange (request, response, both signatures, body), for `ProtocolError.evidence`. */
  evidence(): Bytes
}

/**
 * Every method throws ProtocolError with culprit = member:
 * `PEER_UNREACHABLE`, `PEER_TIMEOUT`, `TLS_PIN_MISMATCH`, `PEER_BAD_RESPONSE` (unsigned, forged, too large,
 * redirect), `PEER_PROBLEM` (status >= 400; the problem's code is in `at`), `UNKNOWN_PEER`.
 * @param path starts with `/`; carries no identifiers
 */
export type PeerClient = {
  post(
    member: string,
    path: string,
    body: Bytes | Json,
    options?: PeerRequestOptions,
  ): Promise<PeerResponse>
  get(member: string, path: string, options?: PeerRequestOptions): Promise<PeerResponse>
  close(): void
}

export declare function createPeerClient(options: {
  self: Self
  directory: Directory
  clock: Clock
  random: RandomBytes
}): PeerClient
