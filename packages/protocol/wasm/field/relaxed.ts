/**
 * The field on relaxed SIMD: two lanes of f64, five limbs of 51 bits, exact products by fused
 * multiply-add (Emmart, Zheng, Weems: "Faster modular exponentiation using double precision
 * floating point arithmetic on the GPU", ARITH 2018), here with rounding to nearest and signed
 * limbs.
 *
 * An exact product of integers a, b with |a·b| < 2^102 comes as hi · 2^51 + lo:
 *
 *   C1 = 3·2^102         all of [2^103, 2^104) is one binade, in steps of 2^51
 *   s  = fma(a, b, C1)   = C1 + 2^51·hi, hi = a·b / 2^51 rounded, |hi| <= 2^51
 *   C2 = C1 + 3·2^51
 *   d  = C2 - s          = 2^51·(3 - hi), exact
 *   e  = fma(a, b, d)    = 3·2^51 + lo, lo = a·b - 2^51·hi, |lo| <= 2^50: exact, in [2^52, 2^53)
 *
 * Within a binade the bits of a double, read as an integer, count its steps: bits(s) =
 * bits(C1) + hi, bits(e) = bits(3·2^51) + lo. So columns are plain 64-bit integer sums of bits; how
 * often each constant went in is known when the code is written, and taken out in one addition
 * together with what the carry adds. A double holds 53 bits, so nothing else is rounded.
 *
 * A reduced limb is at most 2^50 + 2^15 in magnitude, a loose one twice that: a product of a loose
 * and a reduced limb stays below 2^102, the doubled off-diagonal products of a square as well. A
 * machine that does not fuse gives other bits: whoever loads this build tests it first.
 */

import {
  type FunctionBuilder,
  f64x2,
  i32,
  i32const,
  i64,
  i64x2,
  type Local,
  load,
  type V128,
  v128,
  v128const,
} from '../assembler.ts'
import type { Layout } from '../layout.ts'
import { type Addr, type Combination, type FieldBuild, P, type Term } from './field.ts'

const LIMBS = 5
const BITS = 51n
const MASK = 2n ** BITS - 1n

const C1 = bitsOf(3 * 2 ** 102)
const C2 = bitsOf(3 * 2 ** 102 + 3 * 2 ** 51)
const INTEGER = bitsOf(3 * 2 ** 51)
const UNSIGNED = bitsOf(2 ** 52)

type Splitting = { readonly c1: Local<'v128'>; readonly c2: Local<'v128'> }

/** Columns of 64-bit integers: `words` minus `bias` (modulo 2^64), lane by lane. */
type Wide = { readonly words: readonly V128[]; readonly bias: readonly bigint[] }

export function relaxedField(layout: Layout): FieldBuild {
  const splat = (bits: bigint) => layout.splat64(bits)

  return {
    name: 'relaxed',
    lanes: 2,
    words: LIMBS,
    squaresLoose: false,
    inline: true,
    constant,
    combine,

    add: (f, out, a, b) => limbwise(f, out, (i) => f64x2.add(limb(a, i), limb(b, i))),
    sub: (f, out, a, b) => limbwise(f, out, (i) => f64x2.sub(limb(a, i), limb(b, i))),

    negateIf(f, out, a, mask) {
      const sign = f.local('v128', v128.and(mask, splat(2n ** 63n)))
      limbwise(f, out, (i) => v128.xor(limb(a, i), sign))
    },

    isZero(f, a) {
      const [x0, x1, x2, x3, x4] = canonical(f, a) as Five
      const any = v128.or(v128.or(v128.or(x0, x1), v128.or(x2, x3)), x4)
      return f.local('v128', i64x2.eq(any, v128const(0n, 0n)))
    },

    isNegative(f, a) {
      const lowest = v128.and(canonical(f, a)[0]!, splat(1n))
      return f.local('v128', i64x2.sub(v128const(0n, 0n), lowest))
    },

    fromBytes(f, out, from, stride) {
      const words = limbsAt(f, from, stride)
      const masked = words.map((word) => v128.and(word, splat(MASK)))
      reduce(f, carryConstants(f), out, [{ words: masked, bias: words.map(() => 0n) }], [1])
    },

    // At least p: all limbs but the lowest are full, and the lowest is at least 2^51 - 19.
    isCanonical(f, from, stride) {
      const [x0, x1, x2, x3, x4] = limbsAt(f, from, stride) as Five
      const full = v128.and(v128.and(v128.and(x1, x2), x3), x4)
      const carried = v128.and(i64x2.add(v128.and(x0, splat(MASK)), splat(19n)), splat(MASK + 1n))
      // Bit 51 is set when the low limb and 19 pass 2^51.
      const atLeastP = v128.and(
        i64x2.eq(v128.and(full, splat(MASK)), splat(MASK)),
        i64x2.eq(carried, splat(MASK + 1n)),
      )
      const highBit = i64x2.eq(v128.and(x4, splat(MASK + 1n)), splat(MASK + 1n))
      return f.local('v128', v128.not(v128.or(atLeastP, highBit)))
    },

    toBytes(f, to, a) {
      const [x0, x1, x2, x3, x4] = canonical(f, a) as Five
      const join = (low: V128, right: number, high: V128, left: number) =>
        f.local('v128', v128.or(shiftRight(low, right), i64x2.shl(high, i32const(left))))
      const words = [
        f.local('v128', v128.or(x0, i64x2.shl(x1, i32const(51)))),
        join(x1, 13, x2, 38),
        join(x2, 26, x3, 25),
        join(x3, 39, x4, 12),
      ]
      words.forEach((word, i) => {
        f.storeLane64(to.base, word, 0, to.offset + 8 * i)
        f.storeLane64(to.base, word, 1, to.offset + 32 + 8 * i)
      })
    },

    fromLanes([first, second]) {
      return i64x2.replaceLane(i64x2.splat(i64.extendS(first!)), 1, i64.extendS(second!))
    },
    toLanes: (word) => [0, 1].map((lane) => i32.wrap(i64x2.extractLane(word, lane))),
    equalLanes: i64x2.eq,
  }

  function combine(f: FunctionBuilder, terms: readonly Term[], outputs: readonly Combination[]) {
    const constants = {
      c1: f.local('v128', splat(C1)),
      c2: f.local('v128', splat(C2)),
    }
    const wides: Wide[] = []
    for (const { a, b } of terms) {
      if (b === undefined) wides.push(integers(f, a))
      else wides.push(a === b ? square(f, constants, a) : multiply(f, constants, a, b))
      const done = outputs.filter(({ of }) => of.length === wides.length)
      if (done.length === 0) continue
      const carry = carryConstants(f)
      for (const { out, of } of done) reduce(f, carry, out, wides, of)
    }
  }

  function multiply(f: FunctionBuilder, constants: Splitting, a: Addr, b: Addr): Wide {
    const right = limbs(f, b)
    const columns = new Columns(f, constants)
    for (let i = 0; i < LIMBS; i++) {
      const left = f.local('v128', limb(a, i))
      for (let j = 0; j < LIMBS; j++) columns.addProduct(i + j, left, right[j]!)
    }
    return columns.folded()
  }

  /** a_i·a_j for i < j counts twice: one factor is doubled. */
  function square(f: FunctionBuilder, constants: Splitting, a: Addr): Wide {
    const factors = limbs(f, a)
    const columns = new Columns(f, constants)
    for (let i = 0; i < LIMBS; i++) {
      columns.addProduct(2 * i, factors[i]!, factors[i]!)
      if (i === LIMBS - 1) break
      const doubled = f.local('v128', f64x2.add(factors[i]!, factors[i]!))
      for (let j = i + 1; j < LIMBS; j++) columns.addProduct(i + j, doubled, factors[j]!)
    }
    return columns.folded()
  }

  /** The limbs as integers: below 2^51 in magnitude, so that adding 3·2^51 is exact. */
  function integers(f: FunctionBuilder, a: Addr): Wide {
    const words = limbs(f, a).map((word) => f.local('v128', f64x2.add(word, splat(INTEGER))))
    return { words, bias: words.map(() => INTEGER) }
  }

  /**
   * The sum, and one parallel carry. A column t with |t| < 2^61 is made positive by 2^62 (a logical
   * shift is one instruction, an arithmetic one several) and rounded by 2^50: its low 51 bits less
   * 2^50 stay, a carry of at most 2^10 in magnitude goes up, 19 times from the top to the bottom.
   */
  function reduce(
    f: FunctionBuilder,
    { mask, unsigned, offset, offset19 }: ReturnType<typeof carryConstants>,
    out: Addr,
    wides: readonly Wide[],
    of: readonly number[],
  ): void {
    const shifted = Array.from({ length: LIMBS }, (_, k) =>
      f.local('v128', sum(wides, of, k, 2n ** 62n + 2n ** 50n)),
    )
    const carries = shifted.map((word) => f.local('v128', shiftRight(word, 51)))
    shifted.forEach((word, k) => {
      const carried = k === 0 ? times19(carries[LIMBS - 1]!) : carries[k - 1]!
      const double = v128.or(i64x2.add(v128.and(word, mask), carried), unsigned)
      f.store(out.base, f64x2.sub(double, k === 0 ? offset19 : offset), out.offset + 16 * k)
    })
  }

  function carryConstants(f: FunctionBuilder) {
    const offset = (carries: number) => splat(bitsOf(2 ** 52 + 2 ** 50 + carries * 2 ** 11))
    return {
      mask: f.local('v128', splat(MASK)),
      unsigned: f.local('v128', splat(UNSIGNED)),
      offset: f.local('v128', offset(1)),
      offset19: f.local('v128', offset(19)),
    }
  }

  /** Column k of a sum of coefficient times columns, and `more`; what is biased in them goes out. */
  function sum(wides: readonly Wide[], of: readonly number[], k: number, more: bigint): V128 {
    const values = wides.map(({ words, bias }, i) => ({
      word: words[k]!,
      bias: bias[k]!,
      coefficient: of[i] ?? 0,
    }))
    const constant = splat(
      values.reduce((rest, { bias, coefficient }) => rest - BigInt(coefficient) * bias, more),
    )
    const repeat = (sign: number) =>
      values.flatMap(({ word, coefficient }) =>
        Array<V128>(Math.max(0, sign * coefficient)).fill(word),
      )
    const [plus, minus] = [repeat(1), repeat(-1)]
    const subtract = (from: V128) => minus.reduce((rest, word) => i64x2.sub(rest, word), from)
    if (plus.length === 0) return subtract(constant)
    return i64x2.add(subtract(plus.reduce((total, word) => i64x2.add(total, word))), constant)
  }

  /**
   * Limbs of the number 0 <= x < p. A reduced element lies between -p and p / 2 + p: with p added
   * limb by limb every limb is positive, and the sum below 2 p; it passes p when, with 19 added, it
   * passes 2^255.
   */
  function canonical(f: FunctionBuilder, a: Addr): V128[] {
    const limbsOfP = [MASK - 18n, MASK, MASK, MASK, MASK]
    const positive = limbs(f, a).map((word, k) =>
      f.local('v128', i64x2.add(f64x2.add(word, splat(INTEGER)), splat(limbsOfP[k]! - INTEGER))),
    )
    let carry: V128 = splat(19n)
    for (const word of positive) {
      carry = f.local('v128', shiftRight(i64x2.add(word, carry), 51))
    }
    carry = times19(carry as Local<'v128'>)
    return positive.map((word) => {
      const sum = f.local('v128', i64x2.add(word, carry))
      carry = f.local('v128', shiftRight(sum, 51))
      return f.local('v128', v128.and(sum, splat(MASK)))
    })
  }
}

/** Sums of products by weight: column k counts 2^(51 k). */
class Columns {
  readonly #f: FunctionBuilder
  readonly #constants: Splitting
  readonly #words: Local<'v128'>[] = []
  readonly #bias: bigint[] = []

  constructor(f: FunctionBuilder, constants: Splitting) {
    this.#f = f
    this.#constants = constants
  }

  addProduct(column: number, a: Local<'v128'>, b: Local<'v128'>): void {
    const f = this.#f
    const { c1, c2 } = this.#constants
    const high = f.local('v128', f64x2.relaxedMadd(a, b, c1))
    this.#add(column, f64x2.relaxedMadd(a, b, f64x2.sub(c2, high)), INTEGER)
    this.#add(column + 1, high, C1)
  }

  #add(column: number, value: V128, bias: bigint): void {
    const word = this.#words[column]
    if (word === undefined) this.#words[column] = this.#f.local('v128', value)
    else this.#f.set(word, i64x2.add(word, value))
    this.#bias[column] = (this.#bias[column] ?? 0n) + bias
  }

  /** 2^255 = 19 (modulo p): column 5 + k goes 19 times into column k. */
  folded(): Wide {
    const words = this.#words.slice(0, LIMBS).map((low, k) => {
      const high = this.#words[LIMBS + k]!
      return this.#f.local('v128', i64x2.add(low, times19(high)))
    })
    const bias = words.map((_, k) => this.#bias[k]! + 19n * this.#bias[LIMBS + k]!)
    return { words, bias }
  }
}

type Five = [V128, V128, V128, V128, V128]

function limb(a: Addr, i: number): V128 {
  return load('v128', a.base, a.offset + 16 * i)
}

function limbs(f: FunctionBuilder, a: Addr): Local<'v128'>[] {
  return Array.from({ length: LIMBS }, (_, i) => f.local('v128', limb(a, i)))
}

function limbwise(f: FunctionBuilder, out: Addr, value: (i: number) => V128): void {
  for (let i = 0; i < LIMBS; i++) f.store(out.base, value(i), out.offset + 16 * i)
}

function times19(word: Local<'v128'>): V128 {
  const twice = i64x2.add(word, word)
  return i64x2.add(i64x2.add(i64x2.shl(word, i32const(4)), twice), word)
}

function shiftRight(word: V128, bits: number): V128 {
  return i64x2.shrU(word, i32const(bits))
}

/** Limb i begins at bit 51 i: the eight bytes that hold it, shifted down; bits above 51 are left. */
function limbsAt(f: FunctionBuilder, from: Addr, stride: number): V128[] {
  const places = [
    [0, 0],
    [6, 3],
    [12, 6],
    [19, 1],
    [24, 12],
  ] as const
  return places.map(([byte, shift]) => {
    const low = v128.load64Splat(from.base, from.offset + byte)
    const both = v128.loadLane64(from.base, low, 1, from.offset + byte + stride)
    return f.local('v128', shiftRight(both, shift))
  })
}

/** Limbs of the representative next to zero, each rounded to the nearest. */
function constant(value: bigint): Uint8Array {
  let rest = ((value % P) + P) % P
  if (rest > P / 2n) rest -= P
  const doubles = new Float64Array(2 * LIMBS)
  for (let i = 0; i < LIMBS; i++) {
    const low = BigInt.asIntN(51, rest)
    doubles.fill(Number(low), 2 * i, 2 * i + 2)
    rest = (rest - low) >> BITS
  }
  return new Uint8Array(doubles.buffer)
}

function bitsOf(value: number): bigint {
  return new BigUint64Array(new Float64Array([value]).buffer)[0]!
}
