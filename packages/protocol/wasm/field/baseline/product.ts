/**
 * Products and squares of the baseline build as 20 columns of 32 bits, column k with weight
 * 2^(13 k), not yet carried.
 *
 * With P_i = (a_2i, a_2i+1), one `dot_i16x8_s` adds two products of one column, if the other
 * factor's limbs are paired the other way round:
 *
 *   P_i · (b_2j, b_2j-1)    belongs to column 2(i + j)        "straddling", j = 0 to 10
 *   P_i · (b_2j+1, b_2j)    belongs to column 2(i + j) + 1    "swapped", j = 0 to 9
 *
 * Columns from 20 on are folded without a carry first. A column c = 2^16 h + l, with h and l its
 * halves, is worth WRAP · l twenty columns lower and 8 WRAP · h one above that, since
 * 2^16 = 8 · 2^13; so (l of one column, h of the one below) · (WRAP, 8 WRAP) is one dot a column.
 * The dot reads l as signed: flipping its highest bit makes l - 2^15 of the unsigned l, and
 * FOLD_BIAS = WRAP · 2^15 is what a product's columns 0 to 18 then lack. Whoever carries the
 * columns adds a constant anyway and puts that in.
 */

import { type FunctionBuilder, i16x8, i32x4, type Local, type V128, v128 } from '../../assembler.ts'
import type { Addr } from '../field.ts'
import {
  keep,
  LIMBS,
  mixHalves,
  readWord,
  splat,
  splatPair,
  swapHalves,
  WORDS,
  WRAP,
} from './words.ts'

export const FOLD_BIAS = WRAP * 2 ** 15

type Columns = readonly Local<'v128'>[]

export function multiplyColumns(f: FunctionBuilder, a: Addr, b: Addr): Columns {
  const { swapped, straddling } = reversedPairs(f, b)
  return foldedColumns(f, (sums, column) => {
    for (let i = 0; i < WORDS; i++) {
      const pair = keep(f, readWord(a, i))
      for (const k of column) {
        const other = (k % 2 === 0 ? straddling : swapped)[Math.floor(k / 2) - i]
        if (other !== undefined) sums.add(k, i32x4.dotI16(pair, other))
      }
    }
  })
}

/**
 * Products of different limbs come twice. With i < j, 2 P_i · straddling_j counts a_2i a_2j and
 * a_2i+1 a_2j-1 twice, as it should; when j = i + 1 the second is a square and counts once. What
 * is left are the squares of even limbs, and a_2i a_2i+1 twice, which is P_i · swapped_i.
 */
export function squareColumns(f: FunctionBuilder, a: Addr): Columns {
  const { swapped, straddling } = reversedPairs(f, a)
  const zero = splat(0)
  const pairs = Array.from({ length: WORDS }, (_, i) => keep(f, readWord(a, i)))
  const twice = pairs.map((pair) => keep(f, i16x8.add(pair, pair)))
  const twiceLow = pairs.map((pair, i) => keep(f, mixHalves(twice[i]!, pair)))
  return foldedColumns(f, (sums, column) => {
    for (let i = 0; i < WORDS; i++) {
      for (const k of column) {
        const even = k % 2 === 0
        const j = Math.floor(k / 2) - i
        const other = (even ? straddling : swapped)[j]
        if (other === undefined || j < i) continue
        if (j > i) sums.add(k, i32x4.dotI16(even && j === i + 1 ? twiceLow[i]! : twice[i]!, other))
        else sums.add(k, i32x4.dotI16(pairs[i]!, even ? mixHalves(pairs[i]!, zero) : other))
      }
    }
  })
}

function reversedPairs(f: FunctionBuilder, b: Addr) {
  const pairs = Array.from({ length: WORDS }, (_, j) => keep(f, readWord(b, j)))
  const zero = splat(0)
  return {
    swapped: pairs.map((pair) => keep(f, swapHalves(pair))),
    straddling: Array.from({ length: WORDS + 1 }, (_, j) =>
      keep(f, mixHalves(pairs[j] ?? zero, pairs[j - 1] ?? zero)),
    ),
  }
}

/** Columns at once: more would not fit in sixteen registers with their factors. */
const BLOCK = 5

/** Runs `products` for a few columns and those 20 above them at a time, and folds. */
function foldedColumns(
  f: FunctionBuilder,
  products: (sums: Sums, columns: readonly number[]) => void,
): Columns {
  const flip = keep(f, splat(0x8000))
  const wrap = keep(f, splatPair(WRAP, 8 * WRAP))
  const zero = splat(0)
  const columns: Local<'v128'>[] = []
  let below: V128 = zero
  for (let first = 0; first < LIMBS; first += BLOCK) {
    const low = Array.from({ length: BLOCK }, (_, i) => first + i)
    const sums = new Sums(f)
    products(sums, [...low, ...low.map((k) => k + LIMBS)])
    for (const k of low) {
      const high = sums.of(k + LIMBS)
      // Column 39 is empty: no low half there, nothing to flip.
      const halves =
        high === undefined ? mixHalves(zero, below) : v128.xor(mixHalves(high, below), flip)
      columns.push(keep(f, i32x4.add(sums.of(k)!, i32x4.dotI16(halves, wrap))))
      below = high ?? zero
    }
  }
  return columns
}

class Sums {
  readonly #f: FunctionBuilder
  readonly #sums = new Map<number, Local<'v128'>>()

  constructor(f: FunctionBuilder) {
    this.#f = f
  }

  add(column: number, value: V128): void {
    const sum = this.#sums.get(column)
    if (sum === undefined) this.#sums.set(column, keep(this.#f, value))
    else this.#f.set(sum, i32x4.add(sum, value))
  }

  of(column: number): Local<'v128'> | undefined {
    return this.#sums.get(column)
  }
}
