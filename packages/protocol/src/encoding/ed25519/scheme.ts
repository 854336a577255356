/**
 * Ed25519 (RFC 8032, sections 5.1.6 and 5.1.7) over a kernel's multiples. Signatures are libsodium's,
 * byte for byte. `provesSignature` knows fewer good ones than libsodium does: whoever gets false asks
 * there.
 *
 * Secrets: the key's scalar and the nonce take part in libsodium's scalar arithmetic and hashes, which
 * have no branches or addresses that depend on them, and in one multiplication of the kernel, whose
 * digits are made and used likewise.
 */

import { type Bytes, concat, equalBytes, fromHex } from '../bytes.ts'
import { sodium } from '../sodium.ts'
import type { KeyTable, SignatureKernel } from './kernel.ts'

/** @param seed 32 bytes, RFC 8032's private key */
export function kernelSigner(
  kernel: SignatureKernel,
  seed: Bytes,
  publicKey: Bytes,
): (message: Bytes) => Bytes {
  const expanded = sodium.crypto_hash_sha512(seed)
  const clamped = expanded.slice(0, 32)
  clamped[0]! &= 0xf8
  clamped[31] = (clamped[31]! & 0x7f) | 0x40
  const scalar = reduce(clamped)
  const prefix = expanded.slice(32)
  return (message) => {
    const nonce = hashToScalar(prefix, message)
    const commitment = kernel.multiplyBase(nonce)
    const challenge = hashToScalar(commitment, publicKey, message)
    const product = sodium.crypto_core_ed25519_scalar_mul(challenge, scalar)
    const response = sodium.crypto_core_ed25519_scalar_add(product, nonce)
    nonce.fill(0)
    return concat(commitment, response)
  }
}

/**
 * True only for signatures that libsodium takes too, if it takes any under this key: S below 2^252
 * (of those up to the order hardly one is ever made), R the canonical encoding of S·B - k·A, and no
 * point of small order.
 * @param signature 64 bytes
 */
export function provesSignature(
  kernel: SignatureKernel,
  signature: Bytes,
  message: Bytes,
  publicKey: Bytes,
  table: KeyTable,
): boolean {
  if (signature[63]! >= 0x10) return false
  const commitment = signature.subarray(0, 32)
  const challenge = hashToScalar(commitment, publicKey, message)
  const expected = kernel.difference(signature.subarray(32), challenge, table)
  return equalBytes(expected, commitment) && !isSmallOrder(commitment)
}

function hashToScalar(...parts: readonly Bytes[]): Bytes {
  return sodium.crypto_core_ed25519_scalar_reduce(sodium.crypto_hash_sha512(concat(...parts)))
}

function reduce(scalar: Bytes): Bytes {
  const wide = new Uint8Array(64)
  wide.set(scalar)
  return sodium.crypto_core_ed25519_scalar_reduce(wide)
}

/** The y of the eight points whose multiple by 8 is the identity: 1, -1, 0 and two of order 8. */
const SMALL_ORDER = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map(fromHex)

/** Of a canonical encoding. */
function isSmallOrder(point: Bytes): boolean {
  return SMALL_ORDER.some((y) => {
    let difference = (y[31]! ^ point[31]!) & 0x7f
    for (let i = 0; i < 31; i++) difference |= y[i]! ^ point[i]!
    return difference === 0
  })
}
