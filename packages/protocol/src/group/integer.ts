/** Public scalars as integers, and as fractions of integers. */

import { type Bytes, fromHex } from '../encoding/index.ts'
import { SCALAR_BYTES } from './group.ts'

export type SignedInteger = { readonly negative: boolean; readonly magnitude: bigint }

const ORDER = integer(fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010'))

/** The scalar n / d; d is not a multiple of the order. */
export function quotient(n: bigint, d: bigint): Bytes {
  return scalarOf(n * factorBelow(2n, modulo(d)))
}

/** Numerators over one denominator; modulo the order, each is its scalar. */
type Fractions = {
  readonly numerators: readonly SignedInteger[]
  readonly denominator: bigint
}

const DENOMINATOR_LIMIT = 2n ** 32n
const NUMERATOR_LIMIT = 2n ** 80n

/**
 * Scalars that are fractions of small integers, as Lagrange coefficients are; undefined for others.
 * The denominator is below 2^32, numerators are below 2^80.
 */
export function asFractions(scalars: readonly Bytes[]): Fractions | undefined {
  const values = scalars.map(integer)
  let denominator = 1n
  for (const value of values) {
    const factor = factorBelow(NUMERATOR_LIMIT, (value * denominator) % ORDER)
    denominator *= factor < 0n ? -factor : factor
    if (denominator >= DENOMINATOR_LIMIT) return undefined
  }
  const numerators = values.map((value) => nearest((value * denominator) % ORDER))
  if (numerators.some(({ magnitude }) => magnitude >= NUMERATOR_LIMIT)) return undefined
  return { numerators, denominator }
}

/**
 * The first d of Euclid's algorithm on the order and the value for which d * value, a remainder, is
 * below the limit. Below 2 it is 1, and d the inverse. While remainders fall d grows, so that a
 * fraction of small integers shows where both are small.
 */
function factorBelow(limit: bigint, value: bigint): bigint {
  let [n, next] = [ORDER, value]
  let [d, nextD] = [0n, 1n]
  while (next >= limit) {
    const times = n / next
    ;[n, next] = [next, n - times * next]
    ;[d, nextD] = [nextD, d - times * nextD]
  }
  return nextD
}

function modulo(value: bigint): bigint {
  const rest = value % ORDER
  return rest < 0n ? rest + ORDER : rest
}

/** k or k - l, whichever is nearer to zero. */
function nearest(value: bigint): SignedInteger {
  const opposite = ORDER - value
  return opposite < value
    ? { negative: true, magnitude: opposite }
    : { negative: false, magnitude: value }
}

function integer(scalar: Bytes): bigint {
  let value = 0n
  for (let i = SCALAR_BYTES - 1; i >= 0; i--) value = (value << 8n) | BigInt(scalar[i]!)
  return value
}

function scalarOf(value: bigint): Bytes {
  const scalar = new Uint8Array(SCALAR_BYTES)
  let rest = modulo(value)
  for (let i = 0; i < SCALAR_BYTES; i++) {
    scalar[i] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return scalar
}
