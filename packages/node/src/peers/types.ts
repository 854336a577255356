/** What the peer protocol needs of its surroundings, and what it hands on. */

import type { Bytes, Signer } from '@drempel/protocol/encoding'
import type { Traffic } from './traffic.ts'

export type Peer = {
  readonly id: string
  /** Origin of its node without a trailing slash, for example `https://node.example:8443`. */
  readonly url: string
  /** Ed25519 */
  readonly signingKey: Bytes
  /** base64url SHA-256 of the SPKI; null only for a peer on plain loopback */
  readonly tlsPin: string | null
}

/** Who is in the convenant now; asked anew for each message. */
export type Directory = (memberId: string) => Peer | undefined

/** This node towards its peers. */
export type Self = {
  readonly id: string
  /** As its peers write it; the requests they sign name it. */
  readonly url: string
  readonly signer: Signer
  /** PEM; absent on plain loopback */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Told of every connection with a peer. */
  readonly traffic?: Traffic
}

/** Durable memory of nonces. */
export type ReplayStore = {
  /**
   * `outcome` is false when (member, nonce) was seen before; kept until `expiresAt` (ms). Whether it
   * is remembered after a crash as well, `durable` tells.
   */
  claim(
    member: string,
    nonce: string,
    expiresAt: number,
  ): Promise<{ readonly outcome: boolean; readonly durable: Promise<void> }>
}

/** A signed message as a third party can check it with the signer's public key. */
export type SignedMessage = {
  readonly signer: string
  /** RFC 9421 signature base */
  readonly base: Bytes
  readonly signature: Bytes
}
