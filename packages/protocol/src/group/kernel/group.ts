/**
 * ristretto255 by a WebAssembly kernel that works on 2 or 4 elements side by side: the backend for
 * bulk work. Batches pass through its memory in slices that fit a core's second-level cache.
 *
 * Timing: digits of secret scalars are made without a branch or an address that depends on them
 * (digits.ts), and the kernel reads its tables whole, with masks. No WebAssembly engine promises
 * constant time; test/timing measures it. Whether an encoding is valid, and everything `...Public`,
 * is not hidden. Scalar arithmetic is libsodium's, whose header applies.
 *
 * Products are encoded by doubling: (k / 2) * P is computed, and the encoding of its double takes no
 * square root, only inverses, of which a slice shares one.
 */

import type { Bytes } from '../../encoding/index.ts'
import { type Elements, encodingsOf } from '../decoded.ts'
import { fail } from '../errors.ts'
import { expandAll } from '../expand.ts'
import { countOf } from '../flat.ts'
import { ELEMENT_BYTES, type Group, UNIFORM_BYTES } from '../group.ts'
import { libsodiumGroup, libsodiumScalars } from '../libsodium.ts'
import { assertCombination } from '../parts.ts'
import { assertNonZeroScalars, assertScalars } from '../scalar.ts'
import { KernelBatches, SLICE } from './batches.ts'
import { combineRows } from './combine.ts'
import type { KernelMemory } from './memory.ts'
import { SUM_SLICE, weightedSums } from './sums.ts'

export function kernelGroup(backend: string, memory: KernelMemory): Group {
  const { call } = memory
  const { generator } = libsodiumGroup
  const batches = new KernelBatches(backend, memory)

  function multiply(scalars: Bytes, elements: Elements): Bytes {
    return products(scalars, countOf(encodingsOf(elements)), (from, to) =>
      batches.decode(elements, from, to, 'refused'),
    )
  }

  /** Secret multiples of points that are placed slice by slice, none the identity. */
  function products(
    scalars: Bytes,
    count: number,
    place: (from: number, to: number) => number,
  ): Bytes {
    assertNonZeroScalars(scalars)
    if (countOf(scalars) !== 1 && countOf(scalars) !== count) fail('BAD_LENGTH')
    return batches.sliced(count, (from, to) => {
      const points = place(from, to)
      const { at, stride } = batches.placeDigits(scalars, from, to, 'half')
      call.multiply(points, points, at, memory.groupsOf(to - from), stride)
      return batches.doubleEncode(points, to - from)
    })
  }

  function pairwise(a: Bytes, b: Bytes, operation: 'add' | 'subtract'): Bytes {
    const count = countOf(a)
    if (countOf(b) !== count) fail('BAD_LENGTH')
    return batches.sliced(count, (from, to) => {
      const left = batches.decode(a, from, to, 'allowed')
      const right = batches.decode(b, from, to, 'allowed')
      call[operation](left, left, right, memory.groupsOf(to - from))
      return batches.encode(left, to - from)
    })
  }

  function fromUniform(uniform: Bytes): Bytes {
    if (uniform.length % UNIFORM_BYTES !== 0) fail('BAD_LENGTH')
    return batches.sliced(uniform.length / UNIFORM_BYTES, (from, to) => {
      const slice = uniform.subarray(UNIFORM_BYTES * from, UNIFORM_BYTES * to)
      return batches.encode(batches.mapUniform(slice), to - from)
    })
  }

  return {
    backend,
    // Proofs sum two batches at a time.
    strides: { each: SLICE, sum: SUM_SLICE / 2 },
    generator,
    scalars: libsodiumScalars,

    assertElements(elements, details = {}) {
      if (elements.length % ELEMENT_BYTES !== 0) fail('BAD_LENGTH', details)
      const count = countOf(elements)
      for (let from = 0; from < count; from += SLICE) {
        const to = Math.min(count, from + SLICE)
        memory.run(() => batches.decode(elements, from, to, 'refused', details))
      }
    },

    decode: (elements) => batches.decodeAll(elements),

    multiplySecret: multiply,
    multiplyPublic: multiply,

    multiplyBaseSecret(scalars) {
      assertNonZeroScalars(scalars)
      return batches.sliced(countOf(scalars), (from, to) => {
        const groups = memory.groupsOf(to - from)
        const { at, stride } = batches.placeDigits(scalars, from, to, 'half')
        const points = memory.takePoints(groups)
        call.fixedMultiply(points, batches.placeTable(generator), at, groups, stride)
        return batches.doubleEncode(points, to - from)
      })
    },

    combineMinusSecret(weights, rows, scalars, base) {
      assertCombination(weights, rows, scalars)
      return batches.sliced(countOf(scalars), (from, to) => {
        const groups = memory.groupsOf(to - from)
        const first = memory.takePoints(groups * rows.length)
        rows.forEach((row, i) => {
          const points = first + i * groups * memory.pointBytes
          batches.decodeInto(points, row, from, to, 'refused')
        })
        const sum = combineRows(memory, weights, first, groups)
        const { at, stride } = batches.placeDigits(scalars, from, to, 'negative')
        call.fixedMultiplyAdd(sum, sum, batches.placeTable(base), at, groups, stride)
        return batches.encode(sum, to - from)
      })
    },

    combinePublic(scalars, ...lists) {
      assertScalars(scalars)
      if (lists.some((list) => encodingsOf(list).length !== scalars.length)) fail('BAD_LENGTH')
      return weightedSums(batches, scalars, lists)
    },

    add: (a, b) => pairwise(a, b, 'add'),
    subtract: (a, b) => pairwise(a, b, 'subtract'),

    fromUniform,
    hashToGroup: (messages, dst) => fromUniform(expandAll(messages, dst)),

    hashPlusBaseSecret(messages, dst, scalars) {
      const uniform = expandAll(messages, dst)
      assertNonZeroScalars(scalars)
      if (countOf(scalars) !== messages.length) fail('BAD_LENGTH')
      return batches.sliced(messages.length, (from, to) => {
        const groups = memory.groupsOf(to - from)
        const slice = uniform.subarray(UNIFORM_BYTES * from, UNIFORM_BYTES * to)
        const points = batches.mapUniform(slice)
        const { at, stride } = batches.placeDigits(scalars, from, to, 'whole')
        call.fixedMultiplyAdd(points, points, batches.placeTable(generator), at, groups, stride)
        return batches.encode(points, to - from)
      })
    },

    hashTimesSecret(messages, dst, scalars) {
      const uniform = expandAll(messages, dst)
      return products(scalars, messages.length, (from, to) =>
        batches.mapUniform(uniform.subarray(UNIFORM_BYTES * from, UNIFORM_BYTES * to)),
      )
    },

    hashToScalars: libsodiumGroup.hashToScalars,
  }
}
