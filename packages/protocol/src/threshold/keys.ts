/**
 * Record keys: what a round compares instead of identifiers. Key = the first h bits of
 * HMAC-SHA-256(salt, v) (RFC 2104, FIPS 180-4), v a tag or, with plain keys, an OPRF input. The salt
 * is fresh in every round and fixed by nobody alone, so that keys of two rounds cannot be joined
 * without the tags and no partner can choose identifiers that crowd one bin.
 */

import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { type Bytes, hashParts, hmacSha256 } from '../encoding/index.ts'

/** 32-bit words of a left-aligned x, most significant first; `planRound` keeps keys within them. */
export const WORDS = 4

/**
 * Every node: the salt of a round.
 * @param nonces of the three compute nodes in party order, each committed to before any was opened
 */
export function roundSalt(
  convenantDigest: Bytes,
  roundId: Bytes,
  nonces: readonly [Bytes, Bytes, Bytes],
): Bytes {
  return hashParts('drempel/v1/round/salt', convenantDigest, roundId, ...nonces)
}

/** One record's key: ceil(keyBits/8) bytes, big-endian, spare low bits zero. */
export function recordKey(salt: Bytes, value: Bytes, keyBits: number): Bytes {
  return shortened(hmacSha256(salt, value), keyBits)
}

/** `recordKey` for many values: the padded salt is hashed once. */
export function recordKeys(salt: Bytes, keyBits: number): (value: Bytes) => Bytes {
  const keyed = hmac.create(sha256, salt)
  const mac = keyed.clone()
  return (value) => {
    keyed._cloneInto(mac)
    return shortened(mac.update(value).digest(), keyBits)
  }
}

function shortened(digest: Bytes, keyBits: number): Bytes {
  const key = digest.slice(0, Math.ceil(keyBits / 8))
  const spare = 8 * key.length - keyBits
  key[key.length - 1]! &= 0xff << spare
  return key
}

/** Keys of many records, each split into its bin and x, its place inside the bin. */
export type SplitKeys = {
  readonly bins: Int32Array
  /** WORDS words a record: x as a fraction of the bin, left-aligned, spare low bits zero. */
  readonly words: Uint32Array
}

export function splitKeys(
  salt: Bytes,
  values: readonly Bytes[],
  keyBits: number,
  binBits: number,
): SplitKeys {
  const bins = new Int32Array(values.length)
  const words = new Uint32Array(values.length * WORDS)
  // The padded salt is hashed once and its state copied for every record.
  const keyed = hmac.create(sha256, salt)
  const mac = keyed.clone()
  const digest = new Uint8Array(32)
  const view = new DataView(digest.buffer)
  const rest = 32 - binBits
  for (const [i, value] of values.entries()) {
    keyed._cloneInto(mac)
    mac.update(value).digestInto(digest)
    bins[i] = view.getUint32(0) >>> rest
    for (let k = 0; k < WORDS; k++) {
      const high = view.getUint32(4 * k) & leadingMask(keyBits - 32 * k)
      const low = view.getUint32(4 * k + 4) & leadingMask(keyBits - 32 * k - 32)
      words[WORDS * i + k] = (high << binBits) | (low >>> rest)
    }
  }
  return { bins, words }
}

/** The `bits` leading bits of a word: none if negative, all from 32. */
export function leadingMask(bits: number): number {
  if (bits <= 0) return 0
  return bits >= 32 ? -1 : -1 << (32 - bits)
}
