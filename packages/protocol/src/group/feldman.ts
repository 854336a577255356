/**
 * Feldman's verifiable sharing (FOCS 1987): the dealer publishes each coefficient times the
 * generator, and a holder checks its share in the exponent.
 *
 * Timing: coefficients and shares meet the group in `multiplyBaseSecret` only; commitments and
 * indices are public.
 */

import { type Bytes, equalBytes } from '../encoding/index.ts'
import { countOf, flatFrom } from './flat.ts'
import type { Group } from './group.ts'
import { isScalar, isZero, smallScalar } from './scalar.ts'
import { assertIndices } from './shamir.ts'

/** The dealer's commitments to its coefficients, in their order. */
export function commitPolynomial(group: Group, polynomial: Bytes): Bytes {
  return group.multiplyBaseSecret(polynomial)
}

/**
 * What the committed polynomial's value at `index` is, times the generator: the sum of
 * index^j * C_j. May be the identity.
 */
export function committedValue(group: Group, commitments: Bytes, index: number): Bytes {
  assertIndices([index])
  const x = smallScalar(index)
  let power = smallScalar(1)
  const powers = flatFrom(countOf(commitments), (j) => {
    if (j > 0) power = group.scalars.multiply(power, x)
    return power
  })
  return group.combinePublic(powers, commitments)
}

/** Does the share lie on the committed polynomial? Zero and a non-canonical scalar never pass. */
export function verifySecretShare(
  group: Group,
  commitments: Bytes,
  index: number,
  secret: Bytes,
): boolean {
  if (!isScalar(secret) || isZero(secret)) return false
  return equalBytes(group.multiplyBaseSecret(secret), committedValue(group, commitments, index))
}
