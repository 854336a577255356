/**
 * Shamir sharing over the scalars (Shamir 1979): a polynomial of degree q - 1 whose constant term
 * is the secret; holder i has its value at i. Any q values determine it, fewer say nothing.
 *
 * Timing: polynomials and shares are secret and touched by `scalars` only; indices are public.
 */

import type { Bytes, RandomBytes } from '../encoding/index.ts'
import { fail } from './errors.ts'
import { countOf, flatFrom, itemAt } from './flat.ts'
import type { Group } from './group.ts'
import { quotient } from './integer.ts'
import { randomScalar, smallScalar } from './scalar.ts'

export const MAX_INDEX = 0xffff

export type SecretShare = { readonly index: number; readonly secret: Bytes }

/**
 * Shares of a secret for these holders, any q of which determine it.
 * @throws ProtocolError `BAD_INDEX`, `DUPLICATE_INDEX`
 */
export function splitSecret(
  group: Group,
  secret: Bytes,
  quorum: number,
  indices: readonly number[],
  random: RandomBytes,
): SecretShare[] {
  assertIndices(indices)
  if (quorum > indices.length) fail('BAD_INDEX', { at: 'quorum' })
  const polynomial = randomPolynomial(group, quorum, random, secret)
  return indices.map((index) => ({ index, secret: evaluatePolynomial(group, polynomial, index) }))
}

/**
 * Coefficients of x^0 to x^(q-1), uniform and none zero: a zero would show as an identity among the
 * Feldman commitments, and as the leading one would lower the quorum.
 */
export function randomPolynomial(
  group: Group,
  quorum: number,
  random: RandomBytes,
  constant?: Bytes,
): Bytes {
  if (!Number.isInteger(quorum) || quorum < 1 || quorum > MAX_INDEX) {
    fail('BAD_INDEX', { at: 'quorum' })
  }
  return flatFrom(quorum, (i) =>
    i === 0 && constant !== undefined ? constant : randomScalar(group, random),
  )
}

/** By Horner's rule. @throws ProtocolError `BAD_INDEX`: at zero stands the secret */
export function evaluatePolynomial(group: Group, polynomial: Bytes, index: number): Bytes {
  assertIndices([index])
  const { scalars } = group
  const x = smallScalar(index)
  let value = itemAt(polynomial, countOf(polynomial) - 1)
  for (let i = countOf(polynomial) - 2; i >= 0; i--) {
    value = scalars.add(scalars.multiply(value, x), itemAt(polynomial, i))
  }
  return value
}

/**
 * The coefficients with which values at these indices give the value at zero:
 * lambda_i = product over j != i of j / (j - i).
 * @throws ProtocolError `BAD_INDEX`, `DUPLICATE_INDEX`
 */
export function lagrangeAtZero(indices: readonly number[]): Bytes[] {
  assertIndices(indices)
  return indices.map((i) => {
    let numerator = 1n
    let denominator = 1n
    for (const j of indices) {
      if (j === i) continue
      numerator *= BigInt(j)
      denominator *= BigInt(j - i)
    }
    return quotient(numerator, denominator)
  })
}

/** The secret of q shares; with fewer, some other scalar. @throws as `lagrangeAtZero` */
export function interpolateAtZero(group: Group, shares: readonly SecretShare[]): Bytes {
  const { scalars } = group
  const lagrange = lagrangeAtZero(shares.map((share) => share.index))
  return shares.reduce(
    (sum, share, i) => scalars.add(sum, scalars.multiply(lagrange[i]!, share.secret)),
    smallScalar(0),
  )
}

/** One to 65,535 and each once; none at all is an error too. */
export function assertIndices(indices: readonly number[]): void {
  if (indices.length === 0) fail('BAD_INDEX')
  for (const index of indices) {
    if (!Number.isInteger(index) || index < 1 || index > MAX_INDEX) {
      fail('BAD_INDEX', { at: String(index) })
    }
  }
  if (new Set(indices).size !== indices.length) fail('DUPLICATE_INDEX')
}
