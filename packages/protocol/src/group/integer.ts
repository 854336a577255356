/** Public scalars as integers, and as fractions of integers. */

import { type Bytes, fromHex } from '../encoding/index.ts'
import { SCALAR_BYTES } from './group.ts'

export type SignedInteger = { readonly negative: boolean; readonly magnitude: bigint }

const ORDER = integer(fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010'))

/** The scalar n / d; d is not a multiple of the order. */
export function quotient(n: bigint, d: bigint): Bytes {
  return scalarOf(n * inverse(d))
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
    denominator *= denominatorOf((value * denominator) % ORDER)
    if (denominator >= DENOMINATOR_LIMIT) return undefined
  }
  const numerators = values.map((value) => nearest((value * denominator) % ORDER))
  if (numerators.some(({ magnitude }) => magnitude >= NUMERATOR_LIMIT)) return undefined
  return { numerators, denominator }
}

/**
 * Of the fractions n / d that are this value, one with a small n, by Euclid's algorithm on the order
 * and the value: each remainder n is d * value modulo the order, and while remainders fall, d grows.
 */
function denominatorOf(value: bigint): bigint {
  let [n, next] = [ORDER, value]
  let [d, nextD] = [0n, 1n]
  while (next >= NUMERATOR_LIMIT) {
    const quotient = n / next
    ;[n, next] = [next, n - quotient * next]
    ;[d, nextD] = [nextD, d - quotient * nextD]
  }
  return nextD < 0n ? -nextD : nextD
}

/** By Euclid's algorithm, as above, down to the remainder 1. */
function inverse(value: bigint): bigint {
  let [n, next] = [ORDER, modulo(value)]
  let [d, nextD] = [0n, 1n]
  while (next > 1n) {
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
