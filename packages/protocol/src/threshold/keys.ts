/**
 * Record keys: what a round compares instead of identifiers. Key = the first h bits of
 * HMAC-SHA-256(salt, v) (RFC 2104, FIPS 180-4), v a tag or, with plain keys, an OPRF input. The salt
 * is fresh in every round and fixed by nobody alone, so that keys of two rounds cannot be joined
 * without the tags and no partner can choose identifiers that crowd one bin.
 */

import { hmac } from '@noble/hashes/hmac.js'
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { type Bytes, hashParts, hmacSha256, hmacSha256All } from '../encoding/index.ts'

/** 32-bit words of a left-aligned x, most significant first; `planRound` keeps keys within them. */
export const WORDS = 4

/** Bytes of SHA-256. */
const HASH = 32

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
  const keyed = hmac.create(nobleSha256, salt)
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

/** Values one behind the other. */
export type Values = { readonly bytes: Bytes; readonly lengths: Uint32Array }

/** Keys of many records, each split into its bin and x, its place inside the bin. */
export type SplitKeys = {
  readonly bins: Int32Array
  /** WORDS words a record: x as a fraction of the bin, left-aligned, spare low bits zero. */
  readonly words: Uint32Array
}

/** Writes the keys of `values` to `into`, from record number `at` on. */
export function splitKeys(
  salt: Bytes,
  values: Values,
  { keyBits, binBits }: { readonly keyBits: number; readonly binBits: number },
  { bins, words }: SplitKeys,
  at: number,
): void {
  const macs = hmacSha256All(salt, values.bytes, values.lengths)
  const view = new DataView(macs.buffer, macs.byteOffset)
  const rest = 32 - binBits
  const masks = Array.from({ length: WORDS + 1 }, (_, k) => leadingMask(keyBits - 32 * k))
  for (let i = 0; i < values.lengths.length; i++) {
    const mac = HASH * i
    let high = view.getUint32(mac) & masks[0]!
    bins[at + i] = high >>> rest
    for (let k = 0; k < WORDS; k++) {
      const low = view.getUint32(mac + 4 * k + 4) & masks[k + 1]!
      words[WORDS * (at + i) + k] = (high << binBits) | (low >>> rest)
      high = low
    }
  }
}

/** The `bits` leading bits of a word: none if negative, all from 32. */
export function leadingMask(bits: number): number {
  if (bits <= 0) return 0
  return bits >= 32 ? -1 : -1 << (32 - bits)
}
