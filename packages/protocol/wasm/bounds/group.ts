/**
 * Checks a group kernel: every export once, from any encodings and any secret digits, and from
 * points whose limbs are anything that the field calls reduced; the points that come out must be
 * reduced again. Since every point that a caller can hold came out of an export, that covers all
 * calls. Public digits are chosen so that every branch is taken.
 *
 * @throws BoundsError with the instruction that can leave its range
 */

import type { DecodedModule } from './decode.ts'
import { Interpreter } from './interpret.ts'
import { lanes32, type Word32 } from './lanes32.ts'
import { lanes64, type Word64 } from './lanes64.ts'
import { Memory } from './memory.ts'
import { type Lanes, outOfBounds } from './words.ts'

/** Any reduced limbs of the baseline field, of the relaxed field: see the fields' files. */
export function baselineLimbs(limit: number): Word32 {
  const limb = { lo: -limit, hi: limit }
  return { kind: 'pair', low: limb, high: limb }
}

export function relaxedLimbs(limit: bigint): Word64 {
  return { kind: 'double', lo: -limit, hi: limit, step: 1n }
}

/** @param long also the exports that run for seconds here: they call what the others call */
export function checkBaseline(module: DecodedModule, limit: number, long = true): void {
  new GroupCheck(module, lanes32, baselineLimbs(limit)).run(long)
}

export function checkRelaxed(module: DecodedModule, limit: bigint, long = true): void {
  new GroupCheck(module, lanes64, relaxedLimbs(limit)).run(long)
}

/** Two, so that what one turn leaves in memory meets the next. */
const GROUPS = 2

class GroupCheck<Word extends object> {
  readonly #module: DecodedModule
  readonly #lanes: Lanes<Word>
  readonly #reduced: Word
  #memory: Memory<Word>
  #code: Interpreter<Word>
  #free = 0
  #pointBytes = 0

  constructor(module: DecodedModule, lanes: Lanes<Word>, reduced: Word) {
    this.#module = module
    this.#lanes = lanes
    this.#reduced = reduced
    this.#memory = new Memory(lanes)
    this.#code = new Interpreter(module, lanes, this.#memory)
  }

  run(long: boolean): void {
    const elements = GROUPS * this.#constant('lanes')
    const room = this.#constant('pointBytes')
    const points = () => this.#points(GROUPS)
    const encodings = () => this.#anything(32 * elements)
    const digits = (each: readonly number[], count: number) => this.#digits(each, count)

    this.#check('decode', GROUPS, (out) => [out, encodings(), GROUPS, this.#reserve(elements)])
    this.#check('fromUniform', GROUPS, (out) => [out, this.#anything(64 * elements), GROUPS])
    this.#check('encode', 0, () => [this.#reserve(32 * elements), points(), GROUPS])
    this.#check('doubleEncode', 0, () => {
      const scratch = this.#reserve(2 * room * GROUPS)
      return [this.#reserve(32 * elements), points(), GROUPS, scratch]
    })
    this.#check('add', GROUPS, (out) => [out, points(), points(), GROUPS])
    this.#check('subtract', GROUPS, (out) => [out, points(), points(), GROUPS])
    this.#check('straus', GROUPS, (out) => {
      const scalars = digits([8, -8, 0, 1], 16 * 2)
      return [out, this.#points(2 * GROUPS), 2, scalars, 4, GROUPS, this.#reserve(16 * room)]
    })
    this.#check('msm', 1, (out) => {
      const buckets = this.#reserve((GROUPS + 2) * room)
      return [out, points(), GROUPS, digits([2, -2, 1, 0, -1], 2 * elements), 2, 2, buckets]
    })
    if (!long) return
    this.#check('multiply', GROUPS, (out) => {
      return [out, points(), this.#anything(64 * elements), GROUPS, 64]
    })
    this.#fixed(elements)
  }

  /** A table is the kernel's own: what one export writes, the others read. */
  #fixed(elements: number): void {
    this.#reset()
    const point = this.#points(1)
    const table = this.#reserve(this.#constant('tableBytes'))
    this.#code.run('fixedTable', table, point, this.#reserve(512 * this.#pointBytes))
    const digits = this.#anything(64 * elements)
    const points = this.#points(GROUPS)
    const out = this.#reserve(GROUPS * this.#pointBytes)
    this.#code.run('fixedMultiply', out, table, digits, GROUPS, 64)
    this.#assertReduced('fixedMultiply', out, GROUPS)
    this.#code.run('fixedMultiplyAdd', out, points, table, digits, GROUPS, 64)
    this.#assertReduced('fixedMultiplyAdd', out, GROUPS)
  }

  #check(name: string, groups: number, values: (out: number) => number[]): void {
    this.#reset()
    const out = this.#reserve(groups * this.#pointBytes)
    this.#code.run(name, ...values(out))
    this.#assertReduced(name, out, groups)
  }

  #assertReduced(name: string, out: number, groups: number): void {
    for (let word = 0; word < groups * this.#pointBytes; word += 16) {
      const found = this.#memory.load(out + word)
      if (this.#lanes.within(found, this.#reduced)) continue
      const { describe } = this.#lanes
      outOfBounds(
        `${name}: word ${word / 16} holds ${describe(found)}, not ${describe(this.#reduced)}`,
      )
    }
  }

  #reset(): void {
    this.#memory = new Memory(this.#lanes)
    this.#code = new Interpreter(this.#module, this.#lanes, this.#memory)
    this.#free = this.#constant('heapBase')
    this.#memory.zeroUntil(this.#free)
    this.#pointBytes = this.#constant('pointBytes')
  }

  #constant(name: string): number {
    return this.#code.run(name)!
  }

  #reserve(bytes: number): number {
    const at = this.#free
    this.#free += Math.ceil(bytes / 64) * 64
    return at
  }

  #points(groups: number): number {
    const at = this.#reserve(groups * this.#pointBytes)
    for (let word = 0; word < groups * this.#pointBytes; word += 16) {
      this.#memory.store(at + word, this.#reduced)
    }
    return at
  }

  #anything(bytes: number): number {
    const at = this.#reserve(bytes)
    this.#memory.anything(at, bytes)
    return at
  }

  #digits(each: readonly number[], count: number): number {
    const at = this.#reserve(64 * count)
    this.#memory.set(
      at,
      Uint8Array.from({ length: 64 * count }, (_, i) => each[i % each.length]!),
    )
    return at
  }
}
