/** Ed25519 (RFC 8032) through libsodium, which refuses small-order keys and non-canonical S. */

import type { Bytes } from './bytes.ts'
import { fail } from './errors.ts'
import { sodium } from './sodium.ts'

/** A signing key whose holder decides what is signed; the private key stays inside. */
export interface Signer {
  readonly publicKey: Bytes
  sign(message: Bytes): Bytes
}

/** @param seed 32 bytes, RFC 8032's private key @throws ProtocolError `BAD_KEY` */
export function signerFromSeed(seed: Bytes): Signer {
  if (seed.length !== 32) fail('BAD_KEY')
  const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(seed)
  return { publicKey, sign: (message) => sodium.crypto_sign_detached(message, privateKey) }
}

/** False for anything but a valid signature, also for wrong sizes. */
export function verifySignature(signature: Bytes, message: Bytes, publicKey: Bytes): boolean {
  if (signature.length !== 64 || publicKey.length !== 32) return false
  return sodium.crypto_sign_verify_detached(signature, message, publicKey)
}
