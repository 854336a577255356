/**
 * Checks a group kernel or a signature kernel: every export once, from any encodings and any secret digits, and from
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

export function checkBaseline(
  module: DecodedModule,
  limit: number,
  exports: readonly GroupExport[] = GROUP_EXPORTS,
): void {
  new GroupCheck(module, lanes32, baselineLimbs(limit)).run(exports)
}

export function checkRelaxed(
  module: DecodedModule,
  limit: bigint,
  exports: readonly GroupExport[] = GROUP_EXPORTS,
): void {
  new GroupCheck(module, lanes64, relaxedLimbs(limit)).run(exports)
}

/** The last two run for seconds here; `fixedMultiply` stands for all that work with tables. */
export const GROUP_EXPORTS = [
  'decode',
  'fromUniform',
  'encode',
  'doubleEncode',
  'add',
  'subtract',
  'straus',
  'msm',
  'multiply',
  'fixedMultiply',
] as const
/** Of a signature kernel. Tables are any that hold reduced limbs, as `fixedTable`'s do. */
export const SIGNATURE_EXPORTS = ['decompress', 'multiple', 'sum', 'fixedTable'] as const
export type GroupExport = (typeof GROUP_EXPORTS)[number] | (typeof SIGNATURE_EXPORTS)[number]

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

  run(exports: readonly GroupExport[]): void {
    for (const name of exports) {
      this.#reset()
      if (name === 'fixedMultiply') this.#checkTables()
      else if (name === 'fixedTable') this.#checkTable()
      else this.#check(name)
    }
  }

  #check(name: Exclude<GroupExport, 'fixedMultiply' | 'fixedTable'>): void {
    const elements = GROUPS * this.#constant('lanes')
    const room = this.#pointBytes
    const out = this.#reserve(GROUPS * room)
    const points = () => this.#points(GROUPS)
    const encodings = () => this.#reserve(32 * elements)
    const write = (groups: number, ...values: number[]) => {
      this.#code.run(name, ...values)
      this.#assertReduced(name, out, groups)
    }
    switch (name) {
      case 'decode':
        write(GROUPS, out, this.#anything(32 * elements), GROUPS, this.#reserve(elements))
        break
      case 'fromUniform':
        write(GROUPS, out, this.#anything(64 * elements), GROUPS)
        break
      case 'encode':
        write(0, encodings(), points(), GROUPS)
        break
      case 'doubleEncode':
        write(0, encodings(), points(), GROUPS, this.#reserve(2 * room * GROUPS))
        break
      case 'add':
      case 'subtract':
        write(GROUPS, out, points(), points(), GROUPS)
        break
      case 'multiply':
        write(GROUPS, out, points(), this.#anything(64 * elements), GROUPS, 64)
        break
      case 'straus': {
        const digits = this.#digits([8, -8, 0, 1], 2)
        const rows = this.#points(2 * GROUPS)
        write(GROUPS, out, rows, 2, digits, 4, GROUPS, this.#reserve(16 * room))
        break
      }
      case 'msm': {
        const digits = this.#digits([2, -2, 1, 0, -1], elements)
        const scratch = this.#reserve((GROUPS + 2) * room)
        write(1, out, points(), GROUPS, digits, 2, 2, scratch)
        break
      }
      case 'decompress':
        write(1, out, this.#anything(32 * elements), this.#reserve(elements))
        break
      case 'multiple': {
        const lanewise = this.#reserve(this.#constant('tableBytes'))
        this.#code.run('spread', lanewise, this.#table())
        write(0, encodings(), lanewise, this.#anything(64))
        break
      }
      case 'sum': {
        const digits = this.#digits([8, -8, 0, 1, -3], 2)
        write(0, encodings(), this.#table(), this.#table(), digits)
        break
      }
    }
  }

  /** Of a group kernel a table is its own: what one export writes, the others read. */
  #checkTables(): void {
    const elements = GROUPS * this.#constant('lanes')
    const table = this.#reserve(this.#constant('tableBytes'))
    this.#code.run('fixedTable', table, this.#points(1), this.#reserve(512 * this.#pointBytes))
    const digits = this.#anything(64 * elements)
    const points = this.#points(GROUPS)
    const out = this.#reserve(GROUPS * this.#pointBytes)
    this.#code.run('fixedMultiply', out, table, digits, GROUPS, 64)
    this.#assertReduced('fixedMultiply', out, GROUPS)
    this.#code.run('fixedMultiplyAdd', out, points, table, digits, GROUPS, 64)
    this.#assertReduced('fixedMultiplyAdd', out, GROUPS)
  }

  #checkTable(): void {
    const bytes = this.#constant('tableBytes')
    const table = this.#reserve(bytes)
    this.#code.run('fixedTable', table, this.#points(1), this.#reserve(512 * this.#pointBytes))
    this.#assertReduced('fixedTable', table, bytes / this.#pointBytes)
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
      this.#memory.store(at + word, this.#lanes.another(this.#reduced))
    }
    return at
  }

  /** Entries of a table stand lane by lane: any reduced word will do. */
  #table(): number {
    return this.#points(this.#constant('tableBytes') / this.#pointBytes)
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
