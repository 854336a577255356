/**
 * XChaCha20-Poly1305 and keyed BLAKE2b by libsodium's own functions, on one region of its memory. The
 * wrapper takes memory for each argument, copies it there and frees it, which is half the time of a
 * short message; and what it freed still has the key. The region is overwritten after each use.
 */

import { type Bytes, concat, concatAll } from './bytes.ts'
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

/**
 * @param key 32 bytes @param nonce 24 bytes @param context parts of it, one behind the other
 * @returns the nonce, and the box behind it
 */
export function sealBox(
  key: Bytes,
  nonce: Bytes,
  context: readonly Bytes[],
  plaintext: Bytes,
): Bytes {
  const { length } = plaintext
  const adLength = lengthOf(context)
  const used = KEY + adLength + NONCE + length + TAG
  if (key.length !== KEY || nonce.length !== NONCE || !hasRoom(used)) {
    const box = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
      ...([plaintext, concatAll(context), null, nonce, key] as const),
    )
    return concat(nonce, box)
  }
  const at = begin(key, context)
  const { HEAPU8 } = libsodium
  const [ad, box] = [region + KEY, at + NONCE]
  HEAPU8.set(nonce, at)
  HEAPU8.set(plaintext, box)
  const seal = libsodium._crypto_aead_xchacha20poly1305_ietf_encrypt
  seal(box, 0, box, length, 0, ad, adLength, 0, 0, at, region)
  const sealed = HEAPU8.slice(at, box + length + TAG)
  HEAPU8.fill(0, region, region + used)
  return sealed
}

/** BLAKE2b of 32 bytes over all parts, one behind the other. @param key 32 bytes */
export function keyedHash(key: Bytes, parts: readonly Bytes[]): Bytes {
  const length = lengthOf(parts)
  const used = KEY + length + HASH
  if (key.length !== KEY || !hasRoom(used)) {
    return sodium.crypto_generichash(HASH, concatAll(parts), key)
  }
  const hash = begin(key, parts)
  const { HEAPU8 } = libsodium
  libsodium._crypto_generichash(hash, HASH, region + KEY, length, 0, region, KEY)
  const digest = HEAPU8.slice(hash, hash + HASH)
  HEAPU8.fill(0, region, region + used)
  return digest
}

/** Where there is no more memory the wrapper says so; address 0 is libsodium's own. */
function hasRoom(length: number): boolean {
  if (region === 0) region = libsodium._malloc(ROOM)
  return region !== 0 && length <= ROOM
}

/** Puts key and parts there. @returns where they end */
function begin(key: Bytes, parts: readonly Bytes[]): number {
  const { HEAPU8 } = libsodium
  HEAPU8.set(key, region)
  let at = region + KEY
  for (const part of parts) {
    HEAPU8.set(part, at)
    at += part.length
  }
  return at
}

function lengthOf(parts: readonly Bytes[]): number {
  let length = 0
  for (const part of parts) length += part.length
  return length
}
