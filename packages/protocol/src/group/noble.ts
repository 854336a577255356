/**
 * ristretto255 by @noble/curves: the oracle that other backends are tested against, and what runs
 * where WebAssembly can't.
 *
 * Timing: `multiply` of noble-curves takes the same steps for every scalar, yet they are BigInt
 * operations whose time depends on their values. Nothing here is constant-time; a key holder does
 * not evaluate with this backend.
 */

import { expand_message_xmd } from '@noble/curves/abstract/hash-to-curve.js'
import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js'
import { bytesToNumberLE } from '@noble/curves/utils.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { type Bytes, concat, type ErrorDetails } from '../encoding/index.ts'
import { decodedAlone, encodingsOf } from './decoded.ts'
import { fail } from './errors.ts'
import { countOf, flatFrom, isIdentity, itemAt, scalarPicker } from './flat.ts'
import { type Group, type ScalarField, UNIFORM_BYTES } from './group.ts'
import { combineMinus, hashPlusBase } from './parts.ts'
import { assertNonZeroScalars, assertScalars, isZero } from './scalar.ts'

const { Point } = ristretto255
const { Fn } = Point
type Point = InstanceType<typeof Point>

const scalars: ScalarField = {
  add: (a, b) => Fn.toBytes(Fn.add(number(a), number(b))),
  subtract: (a, b) => Fn.toBytes(Fn.sub(number(a), number(b))),
  multiply: (a, b) => Fn.toBytes(Fn.mul(number(a), number(b))),
  negate: (a) => Fn.toBytes(Fn.neg(number(a))),
  invert(a) {
    if (isZero(a)) fail('ZERO_SCALAR')
    return Fn.toBytes(Fn.inv(number(a)))
  },
  reduce(wide) {
    if (wide.length % UNIFORM_BYTES !== 0) fail('BAD_LENGTH')
    return flatFrom(wide.length / UNIFORM_BYTES, (i) => {
      const bytes = wide.subarray(UNIFORM_BYTES * i, UNIFORM_BYTES * (i + 1))
      return Fn.toBytes(Fn.create(bytesToNumberLE(bytes)))
    })
  },
}

export const nobleGroup: Group = {
  backend: 'noble',
  strides: { each: 8, sum: 8 },
  generator: Point.BASE.toBytes(),
  scalars,

  assertElements(elements, details = {}) {
    if (elements.length % 32 !== 0) fail('BAD_LENGTH', details)
    const count = countOf(elements)
    for (let i = 0; i < count; i++) decodeOne(itemAt(elements, i), i, details)
  },

  decode(elements) {
    nobleGroup.assertElements(elements)
    return decodedAlone('noble', elements)
  },

  multiplySecret: (factors, elements) => multiplyEach(factors, encodingsOf(elements), 'multiply'),
  multiplyPublic: (factors, elements) =>
    multiplyEach(factors, encodingsOf(elements), 'multiplyUnsafe'),

  multiplyBaseSecret(factors) {
    assertNonZeroScalars(factors)
    return flatFrom(countOf(factors), (i) =>
      Point.BASE.multiply(number(itemAt(factors, i))).toBytes(),
    )
  },

  combinePublic(factors, ...batches) {
    assertScalars(factors)
    return concat(...batches.map((batch) => weightedSum(factors, encodingsOf(batch))))
  },

  combineMinusSecret: (weights, rows, factors, base) =>
    combineMinus(nobleGroup, weights, rows, factors, base),

  add: (a, b) => pairwise(a, b, (p, q) => p.add(q)),
  subtract: (a, b) => pairwise(a, b, (p, q) => p.subtract(q)),

  fromUniform(uniform) {
    if (uniform.length % UNIFORM_BYTES !== 0) fail('BAD_LENGTH')
    return flatFrom(uniform.length / UNIFORM_BYTES, (i) =>
      ristretto255_hasher.deriveToCurve!(
        uniform.slice(i * UNIFORM_BYTES, (i + 1) * UNIFORM_BYTES),
      ).toBytes(),
    )
  },

  hashToGroup(messages, dst) {
    if (dst.length === 0 || dst.length > 255) fail('BAD_DST')
    return flatFrom(messages.length, (i) =>
      ristretto255_hasher.hashToCurve(messages[i]!, { DST: dst }).toBytes(),
    )
  },

  hashPlusBaseSecret: (messages, dst, factors) => hashPlusBase(nobleGroup, messages, dst, factors),
  hashTimesSecret: (messages, dst, factors) =>
    nobleGroup.multiplySecret(factors, nobleGroup.hashToGroup(messages, dst)),

  hashToScalars(messages, dst) {
    if (dst.length === 0 || dst.length > 255) fail('BAD_DST')
    return flatFrom(messages.length, (i) =>
      scalars.reduce(expand_message_xmd(messages[i]!, dst, UNIFORM_BYTES, sha512)),
    )
  },
}

function number(scalar: Bytes): bigint {
  return bytesToNumberLE(scalar)
}

function multiplyEach(
  factors: Bytes,
  elements: Bytes,
  method: 'multiply' | 'multiplyUnsafe',
): Bytes {
  assertNonZeroScalars(factors)
  const count = countOf(elements)
  const scalarAt = scalarPicker(factors, count)
  return flatFrom(count, (i) =>
    decodeOne(itemAt(elements, i), i)
      [method](number(scalarAt(i)))
      .toBytes(),
  )
}

function weightedSum(factors: Bytes, elements: Bytes): Bytes {
  const count = countOf(elements)
  if (countOf(factors) !== count) fail('BAD_LENGTH')
  let sum = Point.ZERO
  for (let i = 0; i < count; i++) {
    const element = decode(itemAt(elements, i), i)
    sum = sum.add(element.multiplyUnsafe(number(itemAt(factors, i))))
  }
  return sum.toBytes()
}

function pairwise(a: Bytes, b: Bytes, operation: (p: Point, q: Point) => Point): Bytes {
  const count = countOf(a)
  if (countOf(b) !== count) fail('BAD_LENGTH')
  return flatFrom(count, (i) =>
    operation(decode(itemAt(a, i), i), decode(itemAt(b, i), i)).toBytes(),
  )
}

/** Not the identity. */
function decodeOne(element: Bytes, i: number, details: ErrorDetails = {}): Point {
  if (isIdentity(element)) fail('IDENTITY_ELEMENT', { at: String(i), ...details })
  return decode(element, i, details)
}

function decode(element: Bytes, i: number, details: ErrorDetails = {}): Point {
  try {
    return Point.fromBytes(element)
  } catch {
    return fail('BAD_ELEMENT', { at: String(i), ...details })
  }
}
