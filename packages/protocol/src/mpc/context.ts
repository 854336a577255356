/** What a party of the three-party computation gets from its host: channels, randomness, ciphers. */

import type { Bytes, RandomBytes } from '../encoding/index.ts'

export type PartyIndex = 0 | 1 | 2

/** No message of a session is longer, in bytes; a host may refuse what is. */
export const MAX_PAYLOAD = 262_144

/** A confidential, authenticated, ordered link to one neighbour. What it hands out is read-only. */
export interface Channel {
  /**
   * Takes a copy of `payload` before it returns. Resolves when there is room for more (back-pressure);
   * the caller posts receives meanwhile.
   */
  send(step: string, payload: Bytes): Promise<void>
  /** The next message. @throws ProtocolError `UNEXPECTED_STEP`, `PEER_GONE`, culprit = the neighbour */
  receive(step: string): Promise<Bytes>
  /**
   * As `receive`, but written to `into`, which the message must fill; nobody else touches `into`
   * until then, and what a failed one leaves there means nothing. For bulk: it leaves no garbage.
   * @throws ProtocolError as `receive`, and `WRONG_LENGTH`
   */
  receiveInto(step: string, into: Bytes): Promise<void>
}

/** A key stream, AES-128-CTR outside tests. */
export interface Prg {
  /** `bytes` XOR the next `bytes.length` bytes of the stream, as a fresh array; `bytes` stays unchanged. */
  xor(bytes: Bytes): Bytes
  /**
   * `into` = `bytes` XOR the next bytes of the stream, both of one length; `into` may be `bytes`
   * itself. With `other`, the next bytes of that stream too, for one copy less. For bulk, since it
   * allocates nothing that stays; pieces of 64 KiB cost least a byte.
   */
  xorInto(bytes: Bytes, into: Bytes, other?: Prg): void
}

/** @param key 16 bytes @param iv 16 bytes, the first counter block */
export type PrgFactory = (key: Bytes, iv: Bytes) => Prg

/** A one-time message authentication code, GMAC for speed. */
export interface Mac {
  update(bytes: Bytes): void
  /** At least 16 bytes. */
  digest(): Bytes
}

/** @param key 16 bytes @param iv 12 bytes, never twice under one key */
export type MacFactory = (key: Bytes, iv: Bytes) => Mac

export type PartyContext = {
  readonly party: PartyIndex
  /** The link to party + 1 modulo 3. */
  readonly next: Channel
  /** The link to party - 1 modulo 3. */
  readonly previous: Channel
  readonly prg: PrgFactory
  readonly random: RandomBytes
  /** Names of parties 0, 1, 2, for culprits. */
  readonly members: readonly [string, string, string]
  /** HMAC-SHA-256 when absent, which is much slower than the computation itself. */
  readonly mac?: MacFactory
  /**
   * A round trip to the slower neighbour as the host measured it; absent: near by. The longer, the
   * fewer and larger messages; all three parties go by the longest of the three.
   */
  readonly roundTripMs?: number
  /** false: the plain kernel instead of SIMD. */
  readonly simd?: boolean
  /** Lets the host's event loop run between chunks of work. */
  readonly pause?: () => Promise<void>
  /** @param done 0 to 1: the share of the merge that is done, from public sizes only */
  readonly onProgress?: (done: number) => void
  readonly signal?: AbortSignal
}
