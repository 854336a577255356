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

import { type Bytes, concat, type ErrorDetails } from '../../encoding/index.ts'
import { fail } from '../errors.ts'
import { expander } from '../expand.ts'
import { countOf, itemAt } from '../flat.ts'
import { ELEMENT_BYTES, type Group, UNIFORM_BYTES } from '../group.ts'
import { libsodiumGroup, libsodiumScalars } from '../libsodium.ts'
import { assertCombination } from '../parts.ts'
import { assertNonZeroScalars, assertScalars } from '../scalar.ts'
import { combineRows, sumByTables } from './combine.ts'
import { DIGITS, type DigitsOf, windowsOf, writePublicDigits, writeSecretDigits } from './digits.ts'
import type { KernelMemory } from './memory.ts'
import { BaseTables } from './tables.ts'

/** Elements of a slice: their points, digits and scratch are some 150 to 300 KiB. */
const SLICE = 256
/** A longer sum needs fewer additions an element. */
const SUM_SLICE = 2048
/** Up to here a table for each element is cheaper than buckets. */
const FEW = 24

export function kernelGroup(backend: string, memory: KernelMemory): Group {
  const { call } = memory
  const { generator } = libsodiumGroup
  const tables = new BaseTables(memory)

  /** Runs `work` on slices of `count` items; it returns the encodings of its slice. */
  function sliced(count: number, work: (from: number, to: number) => Bytes): Bytes {
    const result = new Uint8Array(ELEMENT_BYTES * count)
    for (let from = 0; from < count; from += SLICE) {
      const to = Math.min(count, from + SLICE)
      result.set(
        memory.run(() => work(from, to)),
        ELEMENT_BYTES * from,
      )
    }
    return result
  }

  /** Points of elements `from` to `to`, which must decode. */
  function decode(
    elements: Bytes,
    from: number,
    to: number,
    identity: Identity = 'refused',
  ): number {
    const groups = memory.groupsOf(to - from)
    const points = memory.takePoints(groups)
    decodeInto(points, elements, from, to, identity)
    return points
  }

  function decodeInto(
    points: number,
    elements: Bytes,
    from: number,
    to: number,
    identity: Identity,
    details: ErrorDetails = {},
  ): void {
    const groups = memory.groupsOf(to - from)
    const padded = groups * memory.lanes
    const slice = elements.subarray(ELEMENT_BYTES * from, ELEMENT_BYTES * to)
    const encodings = memory.place(slice, ELEMENT_BYTES, padded)
    const flags = memory.take(padded)
    call.decode(points, encodings, groups, flags)
    for (let i = 0; i < to - from; i++) {
      const flag = memory.bytes[flags + i]
      if (flag === NOT_AN_ELEMENT) fail('BAD_ELEMENT', { at: String(from + i), ...details })
      if (flag === IDENTITY && identity === 'refused') {
        fail('IDENTITY_ELEMENT', { at: String(from + i), ...details })
      }
    }
  }

  /** One scalar for each of `count` elements, or one for all. */
  function placeDigits(scalars: Bytes, from: number, to: number, digitsOf: DigitsOf): Digits {
    const forAll = scalars.length === ELEMENT_BYTES
    const slice = forAll ? scalars : scalars.subarray(ELEMENT_BYTES * from, ELEMENT_BYTES * to)
    const at = memory.take(DIGITS * memory.groupsOf(countOf(slice)) * memory.lanes)
    writeSecretDigits(memory.bytes, at, slice, digitsOf)
    if (forAll) return { at, stride: 0 }
    // Lanes without an element get a scalar too: a zero among the inverses would spoil all of them.
    const end = at + DIGITS * (to - from)
    for (let lane = to - from; lane % memory.lanes !== 0; lane++) {
      memory.bytes.copyWithin(at + DIGITS * lane, end - DIGITS, end)
    }
    return { at, stride: DIGITS }
  }

  function placeTable(base: Bytes): number {
    return memory.place(tables.prepare(base), memory.tableBytes, 1)
  }

  function encode(points: number, count: number): Bytes {
    const groups = memory.groupsOf(count)
    const encodings = memory.take(ELEMENT_BYTES * groups * memory.lanes)
    call.encode(encodings, points, groups)
    return memory.read(encodings, ELEMENT_BYTES * count)
  }

  function doubleEncode(points: number, count: number): Bytes {
    const groups = memory.groupsOf(count)
    const encodings = memory.take(ELEMENT_BYTES * groups * memory.lanes)
    const scratch = memory.takePoints(2 * groups)
    call.doubleEncode(encodings, points, groups, scratch)
    return memory.read(encodings, ELEMENT_BYTES * count)
  }

  function pairwise(a: Bytes, b: Bytes, operation: 'add' | 'subtract'): Bytes {
    const count = countOf(a)
    if (countOf(b) !== count) fail('BAD_LENGTH')
    return sliced(count, (from, to) => {
      const left = decode(a, from, to, 'allowed')
      const right = decode(b, from, to, 'allowed')
      call[operation](left, left, right, memory.groupsOf(to - from))
      return encode(left, to - from)
    })
  }

  function multiply(scalars: Bytes, elements: Bytes): Bytes {
    assertNonZeroScalars(scalars)
    const count = countOf(elements)
    if (countOf(scalars) !== 1 && countOf(scalars) !== count) fail('BAD_LENGTH')
    return sliced(count, (from, to) => {
      const points = decode(elements, from, to)
      const { at, stride } = placeDigits(scalars, from, to, 'half')
      call.multiply(points, points, at, memory.groupsOf(to - from), stride)
      return doubleEncode(points, to - from)
    })
  }

  /** Points of 64 uniform bytes each. */
  function mapUniform(uniform: Bytes): number {
    const groups = memory.groupsOf(uniform.length / UNIFORM_BYTES)
    const at = memory.place(uniform, UNIFORM_BYTES, groups * memory.lanes)
    const points = memory.takePoints(groups)
    call.fromUniform(points, at, groups)
    return points
  }

  /** Sums of few elements: an element of every batch side by side, as columns. */
  function fewSums(scalars: Bytes, batches: readonly Bytes[]): Bytes {
    return memory.run(() => {
      const groups = memory.groupsOf(batches.length)
      const count = countOf(scalars)
      const rows = memory.takePoints(groups * count)
      for (let i = 0; i < count; i++) {
        const row = concat(...batches.map((batch) => itemAt(batch, i)))
        decodeInto(rows + i * groups * memory.pointBytes, row, 0, batches.length, 'allowed', {
          at: String(i),
        })
      }
      return encode(sumByTables(memory, scalars, rows, groups), batches.length)
    })
  }

  /** The sum of many elements, slice by slice. */
  function manySum(scalars: Bytes, elements: Bytes): Bytes {
    const count = countOf(elements)
    const sums: Bytes[] = []
    for (let from = 0; from < count; from += SUM_SLICE) {
      const to = Math.min(count, from + SUM_SLICE)
      sums.push(memory.run(() => encode(sumOf(scalars, elements, from, to), 1)))
    }
    return sums.reduce((sum, part) => pairwise(sum, part, 'add'))
  }

  /** The sum of a slice, in all lanes of a group. */
  function sumOf(scalars: Bytes, elements: Bytes, from: number, to: number): number {
    const groups = memory.groupsOf(to - from)
    const padded = groups * memory.lanes
    const points = decode(elements, from, to, 'allowed')
    const bits = bestRadix(groups)
    const windows = windowsOf(bits)
    // Lanes without an element keep digits of zero.
    const digits = memory.take(windows * padded)
    const slice = scalars.subarray(ELEMENT_BYTES * from, ELEMENT_BYTES * to)
    writePublicDigits(memory.bytes, digits, padded, slice, bits)
    const scratch = memory.takePoints(groups + 2 ** (bits - 1))
    const sum = memory.takePoints(1)
    call.msm(sum, points, groups, digits, bits, windows, scratch)
    return sum
  }

  return {
    backend,
    strides: { each: SLICE, sum: SUM_SLICE / 2 },
    generator,
    scalars: libsodiumScalars,

    assertElements(elements, details = {}) {
      if (elements.length % ELEMENT_BYTES !== 0) fail('BAD_LENGTH', details)
      const count = countOf(elements)
      for (let from = 0; from < count; from += SLICE) {
        memory.run(() => {
          const to = Math.min(count, from + SLICE)
          const points = memory.takePoints(memory.groupsOf(to - from))
          decodeInto(points, elements, from, to, 'refused', details)
        })
      }
    },

    multiplySecret: multiply,
    multiplyPublic: multiply,

    multiplyBaseSecret(scalars) {
      assertNonZeroScalars(scalars)
      return sliced(countOf(scalars), (from, to) => {
        const groups = memory.groupsOf(to - from)
        const table = placeTable(generator)
        const { at, stride } = placeDigits(scalars, from, to, 'half')
        const points = memory.takePoints(groups)
        call.fixedMultiply(points, table, at, groups, stride)
        return doubleEncode(points, to - from)
      })
    },

    combineMinusSecret(weights, rows, scalars, base) {
      assertCombination(weights, rows, scalars)
      return sliced(countOf(scalars), (from, to) => {
        const groups = memory.groupsOf(to - from)
        const first = memory.takePoints(groups * rows.length)
        rows.forEach((row, i) => {
          decodeInto(first + i * groups * memory.pointBytes, row, from, to, 'refused')
        })
        const sum = combineRows(memory, weights, first, groups)
        const { at, stride } = placeDigits(scalars, from, to, 'negative')
        const table = placeTable(base)
        call.fixedMultiplyAdd(sum, sum, table, at, groups, stride)
        return encode(sum, to - from)
      })
    },

    combinePublic(scalars, ...batches) {
      assertScalars(scalars)
      const count = countOf(scalars)
      if (batches.some((batch) => batch.length !== scalars.length)) fail('BAD_LENGTH')
      if (count === 0) return new Uint8Array(ELEMENT_BYTES * batches.length)
      return count <= FEW
        ? fewSums(scalars, batches)
        : concat(...batches.map((batch) => manySum(scalars, batch)))
    },

    add: (a, b) => pairwise(a, b, 'add'),
    subtract: (a, b) => pairwise(a, b, 'subtract'),

    fromUniform(uniform) {
      if (uniform.length % UNIFORM_BYTES !== 0) fail('BAD_LENGTH')
      return sliced(uniform.length / UNIFORM_BYTES, (from, to) =>
        encode(mapUniform(uniform.subarray(UNIFORM_BYTES * from, UNIFORM_BYTES * to)), to - from),
      )
    },

    hashToGroup(messages, dst) {
      const expand = expander(dst)
      return sliced(messages.length, (from, to) =>
        encode(mapUniform(expandAll(expand, messages, from, to)), to - from),
      )
    },

    hashPlusBaseSecret(messages, dst, scalars) {
      const expand = expander(dst)
      assertNonZeroScalars(scalars)
      if (countOf(scalars) !== messages.length) fail('BAD_LENGTH')
      return sliced(messages.length, (from, to) => {
        const groups = memory.groupsOf(to - from)
        const points = mapUniform(expandAll(expand, messages, from, to))
        const { at, stride } = placeDigits(scalars, from, to, 'whole')
        call.fixedMultiplyAdd(points, points, placeTable(generator), at, groups, stride)
        return encode(points, to - from)
      })
    },

    hashToScalars: libsodiumGroup.hashToScalars,
  }
}

/** The kernel's flags for an encoding; the third is 1, an element. */
const NOT_AN_ELEMENT = 0
const IDENTITY = 2

type Identity = 'refused' | 'allowed'

type Digits = { readonly at: number; readonly stride: number }

/** The bits of a digit with which Pippenger's sum takes the fewest additions. */
function bestRadix(groups: number): number {
  let best = 2
  for (let bits = 3; bits <= 8; bits++) {
    if (additions(bits, groups) < additions(best, groups)) best = bits
  }
  return best
}

/** For each window one into a bucket for each group, and two a bucket to weigh and sum them. */
function additions(bits: number, groups: number): number {
  return windowsOf(bits) * (groups + 2 ** bits)
}

function expandAll(
  expand: (message: Bytes) => Bytes,
  messages: readonly Bytes[],
  from: number,
  to: number,
): Bytes {
  const uniform = new Uint8Array(UNIFORM_BYTES * (to - from))
  for (let i = from; i < to; i++) uniform.set(expand(messages[i]!), UNIFORM_BYTES * (i - from))
  return uniform
}
