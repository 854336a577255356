/**
 * A signature kernel does what libsodium does, with a taste for what breaks carries: scalars near
 * zero, near the order and of equal digits, as nonces and as challenges; keys of either sign.
 */

import { type Bytes, equalBytes, hex, type RandomBytes, sodium } from '@drempel/protocol/encoding'
import type { SignatureKernel } from '../../../packages/protocol/src/encoding/ed25519/kernel.ts'
import {
  kernelSigner,
  provesSignature,
} from '../../../packages/protocol/src/encoding/ed25519/scheme.ts'
import { seededRandom } from '../random.ts'

/** Of one key, so that its table serves several. */
const PER_KEY = 16

/** @returns how many operations were compared @throws Error with the case */
export function compareSignatures(
  kernel: SignatureKernel,
  operations: number,
  seed: string,
  progress: (done: number) => void = () => {},
): number {
  const random = seededRandom(seed)
  let table = kernel.prepare(sodium.crypto_sign_seed_keypair(random(32)).publicKey)
  let done = 0
  while (done < operations) {
    const secret = random(32)
    const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(secret)
    const sign = kernelSigner(kernel, secret, publicKey)
    table = kernel.prepare(publicKey, table.at)
    const expect = (what: string, holds: boolean) => {
      if (!holds) throw new Error(`${what} of key ${hex(secret)} differs, seed ${seed}`)
      done++
    }
    for (let i = 0; i < PER_KEY; i++) {
      const message = random(random(1)[0]!)
      const signature = sign(message)
      const theirs = sodium.crypto_sign_detached(message, privateKey)
      expect('a signature', equalBytes(signature, theirs))
      const proves = (given: Bytes) => provesSignature(kernel, given, message, publicKey, table)
      expect('a verdict', proves(signature))
      const turned = signature.slice()
      turned[random(1)[0]! % 64]! ^= 1 << (random(1)[0]! % 8)
      expect('a verdict on a bit turned', !proves(turned))
      const [s, k] = [scalar(random), scalar(random)]
      const multiple = sodium.crypto_scalarmult_ed25519_base_noclamp(s)
      expect('a multiple', equalBytes(kernel.multiplyBase(s), multiple))
      const taken = sodium.crypto_scalarmult_ed25519_noclamp(k, publicKey)
      const difference = sodium.crypto_core_ed25519_sub(multiple, taken)
      expect('a difference', equalBytes(kernel.difference(s, k, table), difference))
    }
    progress(done)
  }
  return done
}

/** Below the order, not zero. */
function scalar(random: RandomBytes): Bytes {
  const [kind, value] = random(2)
  const small = new Uint8Array(32)
  small[0] = Math.max(1, value!)
  if (kind! < 64) return small
  if (kind! < 128) return sodium.crypto_core_ed25519_scalar_negate(small)
  if (kind! < 192) return new Uint8Array(32).fill(Math.max(1, value!), 0, 31)
  return sodium.crypto_core_ed25519_scalar_reduce(random(64))
}
