/**
 * Exact products by fused multiply-add (Emmart, Zheng, Weems: "Faster modular exponentiation using
 * double precision floating point arithmetic on the GPU", ARITH 2018), here with rounding to
 * nearest and signed limbs.
 *
 * The product of integers a, b with |a·b| < 2^102 comes as hi · 2^51 + lo:
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
 */

import { type FunctionBuilder, f64x2, i64x2, type Local, type V128 } from '../../assembler.ts'
import type { Addr } from '../field.ts'
import { bitsOf, INTEGER, LIMBS, limb, limbs, type Splat, times19 } from './limbs.ts'

const C1 = bitsOf(3 * 2 ** 102)
const C2 = bitsOf(3 * 2 ** 102 + 3 * 2 ** 51)

/** Columns of 64-bit integers: `words` minus `bias` (modulo 2^64), lane by lane. */
export type Wide = { readonly words: readonly V128[]; readonly bias: readonly bigint[] }

/** The constants of a product, in locals. */
export type Splitting = { readonly c1: Local<'v128'>; readonly c2: Local<'v128'> }

export function splitting(f: FunctionBuilder, splat: Splat): Splitting {
  return { c1: f.local('v128', splat(C1)), c2: f.local('v128', splat(C2)) }
}

export function multiply(f: FunctionBuilder, constants: Splitting, a: Addr, b: Addr): Wide {
  const right = limbs(f, b)
  const columns = new Columns(f, constants)
  for (let i = 0; i < LIMBS; i++) {
    const left = f.local('v128', limb(a, i))
    for (let j = 0; j < LIMBS; j++) columns.addProduct(i + j, left, right[j]!)
  }
  return columns.folded()
}

/** a_i·a_j for i < j counts twice: one factor is doubled. */
export function square(f: FunctionBuilder, constants: Splitting, a: Addr): Wide {
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
export function integers(f: FunctionBuilder, splat: Splat, a: Addr): Wide {
  const words = limbs(f, a).map((word) => f.local('v128', f64x2.add(word, splat(INTEGER))))
  return { words, bias: words.map(() => INTEGER) }
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
