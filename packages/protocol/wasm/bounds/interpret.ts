/**
 * Runs a function of a module on statements in place of numbers: what a word can hold, for all
 * inputs that the caller's statements allow. Pointers, counts and public digits are numbers; what
 * comes from data is a range. A branch or an address that depends on a range is refused, so that
 * a run that passes also shows that data decides neither.
 */

import {
  type DecodedFunction,
  type DecodedModule,
  DROP,
  type Instruction,
  MEMORY_COPY,
  MEMORY_FILL,
  SIMD,
} from './decode.ts'
import type { Memory } from './memory.ts'
import { BoundsError, type Lanes, outOfBounds, type Range } from './words.ts'

type Scalar = Range<number>
/** The code is valid, so that each instruction finds the kind of value that it expects. */
type Value<Word> = Scalar | Word

const ANY = { lo: -(2 ** 31), hi: 2 ** 31 - 1 }
const V128 = 0x7b

export class Interpreter<Word extends object> {
  readonly #module: DecodedModule
  readonly #lanes: Lanes<Word>
  readonly #memory: Memory<Word>
  readonly #targets = new Map<DecodedFunction, Map<number, Block>>()

  constructor(module: DecodedModule, lanes: Lanes<Word>, memory: Memory<Word>) {
    this.#module = module
    this.#lanes = lanes
    this.#memory = memory
    for (const { at, bytes } of module.data) memory.set(at, bytes)
  }

  /** @throws BoundsError with the place */
  run(name: string, ...values: number[]): number | undefined {
    const index = this.#module.exports.get(name)
    if (index === undefined) throw new Error(`no export ${name}`)
    try {
      const [result] = this.#call(
        index,
        values.map((value) => ({ lo: value, hi: value })),
      )
      return (result as Scalar | undefined)?.lo
    } catch (error) {
      if (error instanceof BoundsError) error.message = `${name}: ${error.message}`
      throw error
    }
  }

  #call(index: number, values: readonly Value<Word>[]): Value<Word>[] {
    const called = this.#module.functions[index]!
    const zero = this.#lanes.constant(new Uint8Array(16))
    const locals: Value<Word>[] = [
      ...values,
      ...called.locals.map((type) => (type === V128 ? zero : { lo: 0, hi: 0 })),
    ]
    const frame = new Frame(this.#lanes, this.#memory, locals)
    const blocks = this.#blocksOf(called)
    const open: Block[] = []
    for (let pc = 0; pc < called.code.length; pc++) {
      const instruction = called.code[pc]!
      const { op } = instruction
      try {
        if (op === 0x02 || op === 0x03) open.push(blocks.get(pc)!)
        else if (op === 0x04) {
          const block = blocks.get(pc)!
          const taken = frame.decision('branch') !== 0
          if (taken || block.otherwise !== undefined) open.push(block)
          if (!taken) pc = block.otherwise ?? block.end
        } else if (op === 0x05) {
          pc = open.pop()!.end
        } else if (op === 0x0b) open.pop()
        else if (op === 0x0c || op === 0x0d) {
          if (op === 0x0d && frame.decision('branch') === 0) continue
          const depth = instruction.immediate[0]!
          open.length -= depth
          const block = open.at(-1)!
          if (block.isLoop) pc = block.start
          else {
            open.pop()
            pc = block.end
          }
        } else if (op === 0x10) {
          const target = this.#module.functions[instruction.immediate[0]!]!
          const given = frame.take(target.parameters.length)
          frame.give(this.#call(target.index, given))
        } else frame.step(instruction)
      } catch (error) {
        if (error instanceof BoundsError)
          error.message += ` < function ${index} at byte ${instruction.at}`
        throw error
      }
    }
    return frame.take(called.results)
  }

  #blocksOf(called: DecodedFunction): Map<number, Block> {
    const known = this.#targets.get(called)
    if (known !== undefined) return known
    const blocks = new Map<number, Block>()
    const open: Block[] = []
    called.code.forEach(({ op }, pc) => {
      if (op === 0x02 || op === 0x03 || op === 0x04) {
        const block = { start: pc, end: pc, otherwise: undefined, isLoop: op === 0x03 }
        open.push(block)
        blocks.set(pc, block)
      } else if (op === 0x05) open.at(-1)!.otherwise = pc
      else if (op === 0x0b && open.length > 0) open.pop()!.end = pc
    })
    this.#targets.set(called, blocks)
    return blocks
  }
}

type Block = { start: number; end: number; otherwise: number | undefined; isLoop: boolean }

class Frame<Word extends object> {
  readonly #lanes: Lanes<Word>
  readonly #memory: Memory<Word>
  readonly #locals: Value<Word>[]
  readonly #stack: Value<Word>[] = []

  constructor(lanes: Lanes<Word>, memory: Memory<Word>, locals: Value<Word>[]) {
    this.#lanes = lanes
    this.#memory = memory
    this.#locals = locals
  }

  take(count: number): Value<Word>[] {
    return count === 0 ? [] : this.#stack.splice(-count)
  }

  give(values: readonly Value<Word>[]): void {
    this.#stack.push(...values)
  }

  /** A number that decides where the code goes on or what it touches. */
  decision(what: 'branch' | 'address'): number {
    const { lo, hi } = this.#scalar()
    return lo === hi
      ? lo
      : outOfBounds(`data decides ${what === 'branch' ? 'a branch' : 'an address'}`)
  }

  step({ op, immediate, bytes }: Instruction): void {
    if (op >= SIMD) {
      const result = this.#simd(op - SIMD, immediate, bytes)
      if (result !== undefined) this.#stack.push(result)
    } else if (op === 0x20) this.#stack.push(this.#locals[immediate[0]!]!)
    else if (op === 0x21) this.#locals[immediate[0]!] = this.#stack.pop()!
    else if (op === DROP) this.#stack.pop()
    else if (op === 0x22) this.#locals[immediate[0]!] = this.#stack.at(-1)!
    else if (op === 0x2c || op === 0x2d) {
      this.#stack.push(this.#memory.byte(this.#address(immediate), op === 0x2c))
    } else if (op === 0x3a) {
      this.#stack.pop()
      this.#memory.anything(this.#address(immediate), 1)
    } else if (op === 0x41) this.#stack.push({ lo: immediate[0]!, hi: immediate[0]! })
    else if (op === MEMORY_COPY || op === MEMORY_FILL) {
      const length = this.decision('address')
      const from = this.decision('address')
      const to = this.decision('address')
      if (op === MEMORY_COPY) this.#memory.copy(to, from, length)
      else this.#memory.fill(to, from, length)
    } else if (op === 0x45) {
      this.#stack.push(scalarBinary(0x46, this.#scalar(), { lo: 0, hi: 0 }))
    } else if (op !== 0xa7 && op !== 0xac) {
      // 0xa7 and 0xac, wrap and extend: 64-bit scalars only come from lanes and go into lanes.
      const b = this.#scalar()
      this.#stack.push(scalarBinary(op, this.#scalar(), b))
    }
  }

  #simd(code: number, immediate: readonly number[], bytes?: Uint8Array): Value<Word> | undefined {
    const lanes = this.#lanes
    const memory = this.#memory
    if (code === 12) return lanes.constant(bytes!)
    if (code === 0) return memory.load(this.#address(immediate))
    if (code === 9 || code === 10) return memory.loadLane(this.#address(immediate))
    if (code === 17 || code === 18) return lanes.fromScalar(this.#scalar())
    if (SHIFTS.has(code)) {
      const bits = this.decision('address')
      return lanes.shift(code, this.#word(), bits)
    }
    if (code === 28 || code === 30) {
      const value = lanes.fromScalar(this.#scalar())
      return lanes.another(lanes.join(this.#word(), value))
    }
    const last = this.#word()
    if (code === 11) return void memory.store(this.#address(immediate), last)
    if (code === 0x5a || code === 0x5b) {
      return void memory.storeLane(this.#address(immediate), last)
    }
    if (code === 0x56 || code === 0x57) {
      return lanes.another(lanes.join(last, memory.loadLane(this.#address(immediate))))
    }
    if (code === 27 || code === 29) return ANY
    if (UNARY.has(code)) return lanes.unary(code, last)
    const second = this.#word()
    if (code === 13) return lanes.shuffle(second, last, bytes!)
    if (TERNARY.has(code)) return lanes.ternary(code, this.#word(), second, last)
    return lanes.binary(code, second, last)
  }

  #address(immediate: readonly number[]): number {
    return this.decision('address') + immediate[0]!
  }

  #scalar(): Scalar {
    return this.#stack.pop() as Scalar
  }

  #word(): Word {
    return this.#stack.pop() as Word
  }
}

const SHIFTS = new Set([139, 140, 141, 171, 172, 173, 203, 204, 205])
const UNARY = new Set([77, 161, 237])
const TERNARY = new Set([82, 0x107, 0x108])

const OPERATIONS: Readonly<Record<number, (a: number, b: number) => number>> = {
  70: (a, b) => Number(a === b),
  71: (a, b) => Number(a !== b),
  72: (a, b) => Number(a < b),
  73: (a, b) => Number(a >>> 0 < b >>> 0),
  75: (a, b) => Number(a >>> 0 > b >>> 0),
  77: (a, b) => Number(a >>> 0 <= b >>> 0),
  79: (a, b) => Number(a >>> 0 >= b >>> 0),
  106: (a, b) => (a + b) | 0,
  107: (a, b) => (a - b) | 0,
  108: Math.imul,
  113: (a, b) => a & b,
  114: (a, b) => a | b,
  115: (a, b) => a ^ b,
  116: (a, b) => a << b,
  117: (a, b) => a >> b,
  118: (a, b) => (a >>> b) | 0,
}

function scalarBinary(op: number, a: Scalar, b: Scalar): Scalar {
  const operation = OPERATIONS[op]
  if (operation === undefined) throw new Error(`not known: instruction ${op.toString(16)}`)
  if (a.lo === a.hi && b.lo === b.hi) {
    const value = operation(a.lo, b.lo)
    return { lo: value, hi: value }
  }
  // The sign of a number as a mask.
  if (op === 0x75 && b.lo === b.hi) return { lo: a.lo >> b.lo, hi: a.hi >> b.lo }
  return ANY
}
