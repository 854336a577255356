/** The bounds checker: that it knows what instructions do, what it proves, and what it finds. */

import { describe, expect, it } from 'vitest'
import {
  type FunctionBuilder,
  f64x2,
  i16x8,
  i32const,
  i32x4,
  i64x2,
  load,
  load8s,
  ModuleBuilder,
  type V128,
  v128,
  v128const,
} from '../../../packages/protocol/wasm/assembler.ts'
import { decodeModule, SIMD } from '../../../packages/protocol/wasm/bounds/decode.ts'
import { GROUP_EXPORTS, SIGNATURE_EXPORTS } from '../../../packages/protocol/wasm/bounds/group.ts'
import { Interpreter } from '../../../packages/protocol/wasm/bounds/interpret.ts'
import { lanes32, type Word32 } from '../../../packages/protocol/wasm/bounds/lanes32.ts'
import { lanes64, type Word64 } from '../../../packages/protocol/wasm/bounds/lanes64.ts'
import { Memory } from '../../../packages/protocol/wasm/bounds/memory.ts'
import { BoundsError, type Lanes } from '../../../packages/protocol/wasm/bounds/words.ts'
import { mixHalves } from '../../../packages/protocol/wasm/field/baseline/words.ts'
import { seededRandom } from '../random.ts'
import { KERNELS, placesOf, without } from './bounds.ts'

/** The others call what these call; the slow tests run all. */
const QUICK = ['decode', 'doubleEncode', 'add', 'straus'] as const
const V128_AND = SIMD + 0x4e

describe.each(KERNELS)('the kernel $name', ({ name, module, signatures, check }) => {
  it('stays in its bounds', () => {
    check(module, QUICK)
    check(signatures, ['decompress', 'sum'])
  })

  it('exports nothing that goes unchecked', () => {
    const constants = ['lanes', 'pointBytes', 'tableBytes', 'heapBase']
    const withTables = ['fixedTable', 'fixedMultiplyAdd']
    const checked = [...GROUP_EXPORTS, ...withTables, ...constants]
    expect([...module.exports.keys()].toSorted()).toEqual(checked.toSorted())
    const ofSignatures = [...SIGNATURE_EXPORTS, 'spread', ...constants]
    expect([...signatures.exports.keys()].toSorted()).toEqual(ofSignatures.toSorted())
  })

  it('would leave them with wider limbs', () => {
    expect(() => check(module, ['add'], 3)).toThrow(BoundsError)
    expect(() => check(signatures, ['sum'], 3)).toThrow(BoundsError)
  })

  // The columns that begin the baseline build's two chains are so small that they fit without their
  // masks too. They would then be counted twice, which is no matter of bounds: the differential test
  // finds that.
  it('would leave them without a mask of a product', () => {
    const masks = placesOf(module, 0, V128_AND)
    expect(masks.length).toBeGreaterThan(4)
    const missed = masks.filter((at) => {
      try {
        check(without(module, 0, at), ['encode'])
        return true
      } catch (error) {
        expect(error).toBeInstanceOf(BoundsError)
        return false
      }
    })
    expect(missed.length).toBeLessThanOrEqual(name === 'baseline' ? 2 : 0)
  })
})

describe('a run on intervals', () => {
  const run = (write: (f: FunctionBuilder) => void) => {
    const builder = new ModuleBuilder({ pages: 1 })
    write(builder.function(['i32'], [], 'run'))
    const memory = new Memory(lanes32)
    memory.anything(0, 16)
    return () => new Interpreter(decodeModule(builder.bytes()), lanes32, memory).run('run', 0)
  }

  it('sees data decide a branch', () => {
    const code = run((f) => f.ifPublic(load8s(f.parameter('i32', 0)), () => {}))
    expect(code).toThrow('data decides a branch')
  })

  it('sees data decide an address', () => {
    const code = run((f) =>
      f.store(load8s(f.parameter('i32', 0)), load('v128', f.parameter('i32', 0))),
    )
    expect(code).toThrow('data decides an address')
  })

  it('sees what was never written', () => {
    const code = run((f) => f.local('v128', load('v128', f.parameter('i32', 0), 64)))
    expect(code).toThrow('nobody wrote')
  })
})

/** Both lanes. */
function constant(value: number): V128 {
  const bits = new BigUint64Array(Float64Array.of(value).buffer)[0]!
  return v128const(bits, bits)
}

function highProduct(a: V128, b: V128): V128 {
  return f64x2.relaxedMadd(a, b, constant(3 * 2 ** 102))
}

/** A statement, and a word that it holds for. */
type Operand<Word> = { readonly word: Word; readonly bytes: Uint8Array }

/** What the engine computes lies within what the checker says, for random operands in its ranges. */
describe('instructions on intervals', () => {
  const binary = {
    and: v128.and,
    or: v128.or,
    xor: v128.xor,
    'i16x8.add': i16x8.add,
    'i16x8.sub': i16x8.sub,
    'i32x4.add': i32x4.add,
    'i32x4.sub': i32x4.sub,
    'i32x4.mul': i32x4.mul,
    'i32x4.eq': i32x4.eq,
    'i32x4.dot': i32x4.dotI16,
    'i64x2.add': i64x2.add,
    'i64x2.sub': i64x2.sub,
    'f64x2.add': f64x2.add,
    'f64x2.sub': f64x2.sub,
    'f64x2 product, high part': (a, b) => highProduct(a, b),
    'f64x2 product, low part': (a, b) =>
      f64x2.relaxedMadd(a, b, f64x2.sub(constant(3 * 2 ** 102 + 3 * 2 ** 51), highProduct(a, b))),
    'i32x4.shl': (a) => i32x4.shl(a, i32const(16)),
    'i32x4.shr_s': (a) => i32x4.shrS(a, i32const(13)),
    'i32x4.shr_u': (a) => i32x4.shrU(a, i32const(5)),
    'i64x2.shl': (a) => i64x2.shl(a, i32const(4)),
    'i64x2.shr_u': (a) => i64x2.shrU(a, i32const(11)),
    'mixed halves': mixHalves,
    'exchanged by a mask': (a, b) =>
      v128.xor(a, v128.and(v128.xor(a, b), i32x4.eq(b, i32x4.splat(i32const(0))))),
  } satisfies Record<string, (a: V128, b: V128) => V128>

  /** The instruction by the engine, lane by lane, and by the checker; undefined where it refuses. */
  function prepare<Word extends object>(
    instruction: (a: V128, b: V128) => V128,
    lanes: Lanes<Word>,
  ): (a: Operand<Word>, b: Operand<Word>) => { found: Word[]; promised: Word } | undefined {
    const builder = new ModuleBuilder({ pages: 1 })
    const f = builder.function(['i32'], [], 'run')
    const at = f.parameter('i32', 0)
    f.store(at, instruction(load('v128', at), load('v128', at, 16)), 32)
    const module = builder.bytes()
    const decoded = decodeModule(module)
    const instance = new WebAssembly.Instance(new WebAssembly.Module(module.slice()))
    const { memory, run } = instance.exports as {
      memory: WebAssembly.Memory
      run: (at: number) => void
    }
    const bytes = new Uint8Array(memory.buffer)
    return (a, b) => {
      bytes.set(a.bytes)
      bytes.set(b.bytes, 16)
      run(0)
      const abstract = new Memory(lanes)
      abstract.store(0, a.word)
      abstract.store(16, b.word)
      try {
        new Interpreter(decoded, lanes, abstract).run('run', 0)
      } catch (error) {
        if (error instanceof BoundsError) return undefined
        throw error
      }
      const found = Array.from({ length: 16 / lanes.bytes }, (_, lane) => {
        const from = 32 + lane * lanes.bytes
        const repeated = Array.from({ length: 16 }, (_, i) => bytes[from + (i % lanes.bytes)]!)
        return lanes.constant(Uint8Array.from(repeated))
      })
      return { found, promised: abstract.load(32) }
    }
  }

  const random = seededRandom('instructions on intervals')
  const draw = (bits: number) =>
    BigInt.asIntN(
      bits,
      random(8).reduce((value, byte) => 256n * value + BigInt(byte), 0n),
    )
  const below = (bound: number) => random(2).reduce((value, byte) => 256 * value + byte, 0) % bound

  function between(bits: number): { lo: number; hi: number; value: () => number } {
    const [p, q] = [Number(draw(bits)), Number(draw(bits))]
    const [lo, hi] = p < q ? [p, q] : [q, p]
    return {
      lo,
      hi,
      value: () => [lo, hi, lo + (Math.abs(Number(draw(53))) % (hi - lo + 1))][below(3)]!,
    }
  }

  function word32(): Operand<Word32> {
    const size = 1 + below(16)
    if (below(2) === 0) {
      const { lo, hi, value } = between(2 * size)
      const bytes = new Uint8Array(Int32Array.from({ length: 4 }, value).buffer)
      return { word: { kind: 'number', lo, hi }, bytes }
    }
    const [low, high] = [between(size), between(1 + below(16))]
    const halves = Int16Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? low : high).value())
    return { word: { kind: 'pair', low, high }, bytes: new Uint8Array(halves.buffer) }
  }

  function word64(double: boolean): Operand<Word64> {
    const { lo, hi, value } = between(1 + below(52))
    const range = { lo: BigInt(lo), hi: BigInt(hi) }
    const values = [value(), value()]
    if (double) {
      const bytes = new Uint8Array(Float64Array.from(values).buffer)
      return { word: { kind: 'double', ...range, step: 1n }, bytes }
    }
    const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer)
    return { word: { kind: 'integer', ...range }, bytes }
  }

  const names = Object.keys(binary) as (keyof typeof binary)[]
  const wide = (name: string) => /^[if]64/.test(name)

  it.each(names)('%s', (name) => {
    const lanes = (wide(name) ? lanes64 : lanes32) as Lanes<Word32 | Word64>
    const both = prepare(binary[name], lanes)
    const operand = () => (wide(name) ? word64(name[0] === 'f') : word32())
    let checked = 0
    for (let i = 0; i < 200; i++) {
      const [a, b] = [operand(), operand()]
      const result = both(a, b)
      if (result === undefined) continue
      for (const lane of result.found) {
        const told = [a.word, b.word, lane, result.promised].map(lanes.describe).join(' ; ')
        expect(lanes.within(lane, result.promised), told).toBe(true)
      }
      checked++
    }
    expect(checked).toBeGreaterThan(10)
  })
})
