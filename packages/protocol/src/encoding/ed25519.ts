/**
 * Ed25519 (RFC 8032) as libsodium makes and judges it: small-order keys, small-order commitments,
 * encodings that are not canonical and S that is not below the order are refused. Keys in use are
 * served by a WebAssembly kernel where there is one; signatures and verdicts are the same.
 */

import type { Bytes } from './bytes.ts'
import { KnownKeys } from './ed25519/keys.ts'
import { kernelSigner } from './ed25519/scheme.ts'
import { defaultKernel } from './ed25519/select.ts'
import { fail } from './errors.ts'
import { sodium } from './sodium.ts'

/** A signing key whose holder decides what is signed; the private key stays inside. */
export interface Signer {
  readonly publicKey: Bytes
  sign(message: Bytes): Bytes
}

/** A kernel takes longer to load than a few signatures take. */
const FEW = 16

/** @param seed 32 bytes, RFC 8032's private key @throws ProtocolError `BAD_KEY` */
export function signerFromSeed(seed: Bytes): Signer {
  if (seed.length !== 32) fail('BAD_KEY')
  const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(seed)
  let made = 0
  let sign = (message: Bytes) => sodium.crypto_sign_detached(message, privateKey)
  return {
    publicKey,
    sign(message) {
      const kernel = ++made === FEW ? defaultKernel() : null
      if (kernel !== null)
        sign = kernelSigner(kernel, privateKey.subarray(0, 32), publicKey.slice())
      return sign(message)
    },
  }
}

const keys = new KnownKeys(defaultKernel)

/** False for anything but a valid signature, also for wrong sizes. */
export function verifySignature(signature: Bytes, message: Bytes, publicKey: Bytes): boolean {
  if (signature.length !== 64 || publicKey.length !== 32) return false
  return keys.verify(signature, message, publicKey)
}
