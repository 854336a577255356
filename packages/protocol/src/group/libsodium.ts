/**
 * ristretto255 by libsodium (its WebAssembly build): the backend where no SIMD kernel runs, and the
 * scalar arithmetic of those that do.
 *
 * Timing: libsodium's ristretto255 multiplication reads whole tables with masks and has no branch
 * on the scalar; its scalar arithmetic has none either, and WebAssembly keeps that form, though no
 * engine promises it. Every `...Secret` and `scalars` rest on
 * this, as does the constant-time range check in scalar.ts. Whether an encoding is valid, and
 * everything `...Public`, is not hidden. JavaScript can't erase the copies that garbage collection
 * leaves.
 *
 * Quirks of libsodium handled here: a product that is the identity throws, like a bad encoding, so
 * the reason is found afterwards; bit 255 of a scalar is silently dropped, so that scalars are
 * checked first; `is_valid_point` accepts the identity.
 */

import { type Bytes, concat, type ErrorDetails, sodium } from '../encoding/index.ts'
import { decodedAlone, encodingsOf } from './decoded.ts'
import { fail } from './errors.ts'
import { expandAll } from './expand.ts'
import { countOf, flatFrom, isIdentity, itemAt, scalarPicker } from './flat.ts'
import { ELEMENT_BYTES, type Group, type ScalarField, UNIFORM_BYTES } from './group.ts'
import { combineMinus, hashPlusBase } from './parts.ts'
import { assertNonZeroScalars, assertScalars, isZero, smallScalar } from './scalar.ts'

export const libsodiumScalars: ScalarField = {
  add: (a, b) => sodium.crypto_core_ristretto255_scalar_add(a, b),
  subtract: (a, b) => sodium.crypto_core_ristretto255_scalar_sub(a, b),
  multiply: (a, b) => sodium.crypto_core_ristretto255_scalar_mul(a, b),
  negate: (a) => sodium.crypto_core_ristretto255_scalar_negate(a),
  invert(a) {
    if (isZero(a)) fail('ZERO_SCALAR')
    return sodium.crypto_core_ristretto255_scalar_invert(a)
  },
  reduce(wide) {
    if (wide.length % UNIFORM_BYTES !== 0) fail('BAD_LENGTH')
    return flatFrom(wide.length / UNIFORM_BYTES, (i) =>
      sodium.crypto_core_ristretto255_scalar_reduce(
        wide.subarray(UNIFORM_BYTES * i, UNIFORM_BYTES * (i + 1)),
      ),
    )
  },
}

export const libsodiumGroup: Group = {
  backend: 'libsodium',
  strides: { each: 32, sum: 32 },
  generator: sodium.crypto_scalarmult_ristretto255_base(smallScalar(1)),
  scalars: libsodiumScalars,
  assertElements,
  decode(elements) {
    assertElements(elements)
    return decodedAlone('libsodium', elements)
  },

  multiplySecret(factors, given) {
    assertNonZeroScalars(factors)
    const elements = encodingsOf(given)
    const count = countOf(elements)
    const scalarAt = scalarPicker(factors, count)
    return flatFrom(count, (i) => multiply(scalarAt(i), itemAt(elements, i), i))
  },

  multiplyPublic(factors, elements) {
    return libsodiumGroup.multiplySecret(factors, elements)
  },

  multiplyBaseSecret(factors) {
    assertNonZeroScalars(factors)
    return flatFrom(countOf(factors), (i) =>
      sodium.crypto_scalarmult_ristretto255_base(itemAt(factors, i)),
    )
  },

  combinePublic(factors, ...batches) {
    assertScalars(factors)
    return concat(...batches.map((batch) => weightedSum(factors, encodingsOf(batch))))
  },

  combineMinusSecret: (weights, rows, factors, base) =>
    combineMinus(libsodiumGroup, weights, rows, factors, base),

  add: (a, b) => pairwise(a, b, sodium.crypto_core_ristretto255_add),
  subtract: (a, b) => pairwise(a, b, sodium.crypto_core_ristretto255_sub),

  fromUniform(uniform) {
    if (uniform.length % UNIFORM_BYTES !== 0) fail('BAD_LENGTH')
    return flatFrom(uniform.length / UNIFORM_BYTES, (i) =>
      sodium.crypto_core_ristretto255_from_hash(
        uniform.subarray(i * UNIFORM_BYTES, (i + 1) * UNIFORM_BYTES),
      ),
    )
  },

  hashToGroup(messages, dst) {
    return libsodiumGroup.fromUniform(expandAll(messages, dst))
  },

  hashPlusBaseSecret: (messages, dst, factors) =>
    hashPlusBase(libsodiumGroup, messages, dst, factors),
  hashTimesSecret: (messages, dst, factors) =>
    libsodiumGroup.multiplySecret(factors, libsodiumGroup.hashToGroup(messages, dst)),

  hashToScalars(messages, dst) {
    return libsodiumScalars.reduce(expandAll(messages, dst))
  },
}

function assertElements(elements: Bytes, details: ErrorDetails = {}): void {
  if (elements.length % ELEMENT_BYTES !== 0) fail('BAD_LENGTH', details)
  const count = countOf(elements)
  for (let i = 0; i < count; i++) {
    const element = itemAt(elements, i)
    if (isIdentity(element)) fail('IDENTITY_ELEMENT', { at: String(i), ...details })
    assertDecodes(element, i, details)
  }
}

function assertDecodes(element: Bytes, i: number, details: ErrorDetails = {}): void {
  if (!sodium.crypto_core_ristretto255_is_valid_point(element)) {
    fail('BAD_ELEMENT', { at: String(i), ...details })
  }
}

/** The scalar is canonical and not zero, so that only the element can make libsodium refuse. */
function multiply(scalar: Bytes, element: Bytes, i: number): Bytes {
  try {
    return sodium.crypto_scalarmult_ristretto255(scalar, element)
  } catch {
    return fail(isIdentity(element) ? 'IDENTITY_ELEMENT' : 'BAD_ELEMENT', { at: String(i) })
  }
}

function weightedSum(factors: Bytes, elements: Bytes): Bytes {
  const count = countOf(elements)
  if (countOf(factors) !== count) fail('BAD_LENGTH')
  let sum: Bytes = new Uint8Array(ELEMENT_BYTES)
  for (let i = 0; i < count; i++) {
    const scalar = itemAt(factors, i)
    const element = itemAt(elements, i)
    if (isZero(scalar)) assertDecodes(element, i)
    else if (!isIdentity(element)) {
      const product = multiply(scalar, element, i)
      sum = isIdentity(sum) ? product : sodium.crypto_core_ristretto255_add(sum, product)
    }
  }
  return sum
}

function pairwise(a: Bytes, b: Bytes, operation: (a: Bytes, b: Bytes) => Bytes): Bytes {
  const count = countOf(a)
  if (countOf(b) !== count) fail('BAD_LENGTH')
  return flatFrom(count, (i) => {
    try {
      return operation(itemAt(a, i), itemAt(b, i))
    } catch {
      return fail('BAD_ELEMENT', { at: String(i) })
    }
  })
}
