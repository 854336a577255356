/**
 * Does a kernel sign as libsodium does on this machine, and take what libsodium takes? As for the
 * group's kernels, relaxed SIMD leaves to the machine what makes products right: one signature holds
 * over 10,000 of them.
 */

import { equalBytes, utf8 } from '../bytes.ts'
import { sodium } from '../sodium.ts'
import type { SignatureKernel } from './kernel.ts'
import { kernelSigner, provesSignature } from './scheme.ts'

/** Among so few keys there are some with an even and some with an odd x. */
const KEYS = 6

export function agrees(kernel: SignatureKernel): boolean {
  let table: number | undefined
  for (let key = 0; key < KEYS; key++) {
    const seed = sodium.crypto_hash_sha256(utf8(`self-test ${key}`))
    const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(seed)
    const message = utf8(`message ${key}`)
    const expected = sodium.crypto_sign_detached(message, privateKey)
    const signature = kernelSigner(kernel, seed, publicKey)(message)
    if (!equalBytes(signature, expected)) return false
    const prepared = kernel.prepare(publicKey, table)
    table = prepared.at
    const proves = (text: string) =>
      provesSignature(kernel, signature, utf8(text), publicKey, prepared)
    if (!proves(`message ${key}`) || proves(`message ${key + 1}`)) return false
  }
  return true
}
