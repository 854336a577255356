/** What is timed, and what must be found. */

import { randomBytes } from 'node:crypto'
import { type Group, itemAt, libsodiumGroup, smallScalar } from '@drempel/protocol/group'
import { loadKernel } from '../../packages/protocol/src/encoding/ed25519/select.ts'
import { DIGITS } from '../../packages/protocol/src/encoding/kernel/digits.ts'
import { writeSecretDigits } from '../../packages/protocol/src/group/kernel/digits.ts'
import type { Subject } from './measure.ts'

/** Few digits that are not zero: whatever skips zeros shows. */
export const FIXED = smallScalar(1)

const element = libsodiumGroup.fromUniform(randomBytes(64))
const message = new TextEncoder().encode('drempel/v1/phone:+31612345678')
const tag = new TextEncoder().encode('timing')

/** The methods that a backend promises to hide scalars in. */
export function subjectsOf(group: Group): readonly Subject[] {
  const named = (method: string, run: Subject['run']) => ({
    name: `${group.backend} ${method}`,
    run,
  })
  return [
    named('multiplySecret', (secret) => group.multiplySecret(secret, element)),
    named('multiplyBaseSecret', (secret) => group.multiplyBaseSecret(secret)),
    named('hashPlusBaseSecret', (secret) => group.hashPlusBaseSecret([message], tag, secret)),
    named('hashTimesSecret', (secret) => group.hashTimesSecret([message], tag, secret)),
    named('combineMinusSecret', (secret) =>
      group.combineMinusSecret(smallScalar(1), [element], secret, element),
    ),
    named('scalars.multiply', (secret) => group.scalars.multiply(secret, itemAt(secret, 0))),
  ]
}

/** How scalars become what kernels read: less than a hundredth of a multiplication, so timed alone. */
export const digits: readonly Subject[] = (['whole', 'half', 'negative'] as const).map((of) => {
  const target = new Uint8Array(DIGITS)
  return {
    name: `digits of the scalar, ${of}`,
    run: (secret) => writeSecretDigits(target, 0, secret, of),
  }
})

/** What a signature kernel does with a nonce. */
export const signatures: readonly Subject[] = (['relaxed', 'baseline'] as const).flatMap(
  (build): Subject[] => {
    const kernel = loadKernel(build)
    if (kernel === undefined) return []
    return [{ name: `${build} signature`, run: (secret) => kernel.multiplyBase(secret) }]
  },
)

/**
 * A multiplication with a leak planted in it: it stops at the highest digit that is not zero and
 * passes over zeros, as textbook double-and-add does. The harness must find it.
 */
export function plantedLeak(group: Group): Subject {
  return {
    name: `planted leak on ${group.backend}`,
    run(secret) {
      let product = element
      for (let i = 0; i < 32 && secret.subarray(i).some((byte) => byte !== 0); i++) {
        if (secret[i] !== 0) product = group.add(product, element)
      }
      return group.multiplySecret(secret, product)
    },
  }
}

/** A leak of less than a percent of a kernel's time: digits are made twice when a bit is set. */
export function smallLeak(group: Group): Subject {
  const target = new Uint8Array(DIGITS)
  return {
    name: `small leak on ${group.backend}`,
    run(secret) {
      if ((secret[1]! & 1) === 1) writeSecretDigits(target, 0, secret, 'whole')
      return group.multiplySecret(secret, element)
    },
  }
}
