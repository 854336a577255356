/**
 * Batches between bytes and points in a kernel's memory. Points, digits and tables stand in regions
 * of the work that runs, by their addresses; a last group that is not full is filled up with copies.
 */

import type { Bytes, ErrorDetails } from '../../encoding/index.ts'
import { DIGITS } from '../../encoding/kernel/digits.ts'
import { type Decoded, type Elements, elementsBetween, encodingsOf } from '../decoded.ts'
import { fail } from '../errors.ts'
import { countOf } from '../flat.ts'
import { ELEMENT_BYTES, UNIFORM_BYTES } from '../group.ts'
import { type DigitsOf, writeSecretDigits } from './digits.ts'
import type { KernelMemory } from './memory.ts'
import { BaseTables } from './tables.ts'

/** Elements of a slice: their points, digits and scratch are some 150 to 300 KiB. */
export const SLICE = 256

/** The kernel's flags for an encoding; the third is 1, an element. */
const NOT_AN_ELEMENT = 0
const IDENTITY = 2

type Identity = 'refused' | 'allowed'

/** `stride` is 0 when all elements read the same digits. */
type Digits = { readonly at: number; readonly stride: number }

export class KernelBatches {
  readonly memory: KernelMemory
  readonly #backend: string
  readonly #tables: BaseTables

  constructor(backend: string, memory: KernelMemory) {
    this.#backend = backend
    this.memory = memory
    this.#tables = new BaseTables(memory)
  }

  /** Runs `work` on slices of `count` items; it returns the encodings of its slice. */
  sliced(count: number, work: (from: number, to: number) => Bytes): Bytes {
    const result = new Uint8Array(ELEMENT_BYTES * count)
    for (let from = 0; from < count; from += SLICE) {
      const to = Math.min(count, from + SLICE)
      const encodings = this.memory.run(() => work(from, to))
      result.set(encodings, ELEMENT_BYTES * from)
    }
    return result
  }

  /** All elements with their points. @throws as `decodeInto` */
  decodeAll(encodings: Bytes): Decoded {
    const { memory } = this
    const { lanes, pointBytes } = memory
    const count = countOf(encodings)
    const points = new Uint8Array(memory.groupsOf(count) * pointBytes)
    for (let from = 0; from < count; from += SLICE) {
      const to = Math.min(count, from + SLICE)
      memory.run(() => {
        const at = this.decode(encodings, from, to, 'refused')
        const length = memory.groupsOf(to - from) * pointBytes
        points.set(memory.bytes.subarray(at, at + length), (from / lanes) * pointBytes)
      })
    }
    return { encodings, points, lanes, backend: this.#backend }
  }

  /** Points of elements `from` to `to`. @throws as `decodeInto` */
  decode(
    elements: Elements,
    from: number,
    to: number,
    identity: Identity,
    details: ErrorDetails = {},
  ): number {
    const points = this.memory.takePoints(this.memory.groupsOf(to - from))
    this.decodeInto(points, elements, from, to, identity, details)
    return points
  }

  /** @throws ProtocolError `BAD_ELEMENT`, `IDENTITY_ELEMENT`; `at` is the position in `elements` */
  decodeInto(
    points: number,
    elements: Elements,
    from: number,
    to: number,
    identity: Identity,
    details: ErrorDetails = {},
  ): void {
    const { memory } = this
    const groups = memory.groupsOf(to - from)
    const part = elementsBetween(elements, from, to)
    if (!(part instanceof Uint8Array) && part.backend === this.#backend) {
      memory.bytes.set(part.points, points)
      return
    }
    const slice = encodingsOf(part)
    const encodings = memory.place(slice, ELEMENT_BYTES, groups * memory.lanes)
    const flags = memory.take(groups * memory.lanes)
    memory.call.decode(points, encodings, groups, flags)
    for (let i = 0; i < to - from; i++) {
      const flag = memory.bytes[flags + i]
      if (flag === NOT_AN_ELEMENT) fail('BAD_ELEMENT', { at: String(from + i), ...details })
      if (flag === IDENTITY && identity === 'refused') {
        fail('IDENTITY_ELEMENT', { at: String(from + i), ...details })
      }
    }
  }

  /** Points of 64 uniform bytes each. */
  mapUniform(uniform: Bytes): number {
    const { memory } = this
    const groups = memory.groupsOf(uniform.length / UNIFORM_BYTES)
    const at = memory.place(uniform, UNIFORM_BYTES, groups * memory.lanes)
    const points = memory.takePoints(groups)
    memory.call.fromUniform(points, at, groups)
    return points
  }

  /** Secret scalars `from` to `to`, or the one for all. */
  placeDigits(scalars: Bytes, from: number, to: number, digitsOf: DigitsOf): Digits {
    const { memory } = this
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

  /** Multiples of a public element. @throws as `BaseTables.prepare` */
  placeTable(base: Bytes): number {
    return this.memory.place(this.#tables.prepare(base), this.memory.tableBytes, 1)
  }

  encode(points: number, count: number): Bytes {
    const { memory } = this
    const groups = memory.groupsOf(count)
    const encodings = memory.take(ELEMENT_BYTES * groups * memory.lanes)
    memory.call.encode(encodings, points, groups)
    return memory.read(encodings, ELEMENT_BYTES * count)
  }

  /** Encodings of twice the points, none the identity. */
  doubleEncode(points: number, count: number): Bytes {
    const { memory } = this
    const groups = memory.groupsOf(count)
    const encodings = memory.take(ELEMENT_BYTES * groups * memory.lanes)
    memory.call.doubleEncode(encodings, points, groups, memory.takePoints(2 * groups))
    return memory.read(encodings, ELEMENT_BYTES * count)
  }
}
