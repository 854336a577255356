/**
 * XChaCha20-Poly1305 and keyed BLAKE2b by libsodium's own functions, on one region of its memory. The
 * wrapper takes memory for each argument, copies it there and frees it, which is half the time of a
 * short message; and what it freed still has the key. The region is overwritten after each use.
 */

import { type Bytes, concat, utf8 } from './bytes.ts'
import { sodium } from './sodium.ts'

/** As compiled: a pointer, or 0 for none; a length of 64 bits is two arguments, the low half first. */
type Compiled = {
  /** Another array when the memory has grown. */
  readonly HEAPU8: Bytes
  _malloc(length: number): number
  _crypto_aead_xchacha20poly1305_ietf_encrypt(
    box: number,
    boxLength: number,
    plaintext: number,
    ...rest: readonly number[]
  ): number
  _crypto_generichash(hash: number, hashLength: number, ...rest: readonly number[]): number
}

const { libsodium } = sodium as unknown as { readonly libsodium: Compiled }

const [KEY, NONCE, TAG, HASH] = [32, 24, 16, 32]
const ROOM = 16_384
let region = 0

/** @param key 32 bytes @param nonce 24 bytes @returns the nonce, and the box behind it */
export function sealBox(key: Bytes, nonce: Bytes, context: string, plaintext: Bytes): Bytes {
  const { length } = plaintext
  const used = KEY + context.length + NONCE + length + TAG
  if (used > ROOM || key.length !== KEY || nonce.length !== NONCE) {
    return sealBoxOfAny(key, nonce, context, plaintext)
  }
  const at = begin(key, context)
  if (at === undefined) return sealBoxOfAny(key, nonce, context, plaintext)
  const { HEAPU8 } = libsodium
  const [ad, box] = [region + KEY, at + NONCE]
  HEAPU8.set(nonce, at)
  HEAPU8.set(plaintext, box)
  const seal = libsodium._crypto_aead_xchacha20poly1305_ietf_encrypt
  seal(box, 0, box, length, 0, ad, context.length, 0, 0, at, region)
  const sealed = HEAPU8.slice(at, box + length + TAG)
  HEAPU8.fill(0, region, region + used)
  return sealed
}

/** BLAKE2b of 32 bytes over both, one behind the other. @param key 32 bytes */
export function keyedHash(key: Bytes, context: string, data: Bytes): Bytes {
  const { length } = data
  const used = KEY + context.length + length + HASH
  const at = used > ROOM || key.length !== KEY ? undefined : begin(key, context)
  if (at === undefined) return sodium.crypto_generichash(HASH, concat(utf8(context), data), key)
  const { HEAPU8 } = libsodium
  const [from, hash] = [region + KEY, at + length]
  HEAPU8.set(data, at)
  libsodium._crypto_generichash(hash, HASH, from, hash - from, 0, region, KEY)
  const digest = HEAPU8.slice(hash, hash + HASH)
  HEAPU8.fill(0, region, region + used)
  return digest
}

/** Puts key and context there. @returns where the context ends; undefined for one that is not ASCII */
function begin(key: Bytes, context: string): number | undefined {
  if (region === 0) region = libsodium._malloc(ROOM)
  const { HEAPU8 } = libsodium
  let at = region + KEY
  for (let i = 0; i < context.length; i++) {
    const unit = context.charCodeAt(i)
    if (unit > 0x7f) return undefined
    HEAPU8[at++] = unit
  }
  HEAPU8.set(key, region)
  return at
}

function sealBoxOfAny(key: Bytes, nonce: Bytes, context: string, plaintext: Bytes): Bytes {
  const box = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
    ...([plaintext, utf8(context), null, nonce, key] as const),
  )
  return concat(nonce, box)
}
