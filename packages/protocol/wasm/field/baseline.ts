/**
 * The field modulo 2^255 - 19 for WebAssembly SIMD as every engine has it: 4 lanes, 20 signed limbs
 * of 13 bits in pairs of 16, products by `i32x4.dot_i16x8_s`.
 *
 * Bounds, proven by the bounds checker: limbs of a reduced element are at most REDUCED in
 * magnitude; a loose one's are at most twice that. Columns of a combination stay below 2^31.
 */

import { type FunctionBuilder, i16x8, i32x4, type V128, v128 } from '../assembler.ts'
import { canonicalBytes, canonicalLimbs, writeBytes, writeFromBytes } from './baseline/bytes.ts'
import { carryAndWrite, ROUNDING } from './baseline/carry.ts'
import { FOLD_BIAS, multiplyColumns, squareColumns } from './baseline/product.ts'
import {
  highLimb,
  keep,
  LIMB_BITS,
  LIMBS,
  lowLimb,
  readWord,
  splat,
  WORDS,
  writeWord,
} from './baseline/words.ts'
import { type FieldBuild, P, type Term } from './field.ts'

/** Limbs are rounded to 2^12 in magnitude; limb 2 takes a last carry of at most 3. */
export const REDUCED = 2 ** (LIMB_BITS - 1) + 3

export const baselineField: FieldBuild = {
  name: 'baseline',
  lanes: 4,
  words: WORDS,
  squaresLoose: true,
  inline: false,

  constant(value) {
    const words = new Int16Array(WORDS * 8)
    let rest = ((value % P) + P) % P
    for (let k = 0; k < LIMBS; k++) {
      const limb = BigInt.asIntN(LIMB_BITS, rest)
      rest = (rest - limb) >> BigInt(LIMB_BITS)
      for (let lane = 0; lane < 4; lane++) words[(k >> 1) * 8 + lane * 2 + (k % 2)] = Number(limb)
    }
    return new Uint8Array(words.buffer)
  },

  combine(f, terms, outputs) {
    const columns = terms.map((term) => termColumns(f, term))
    carryAndWrite(
      f,
      outputs.map(({ out, of }) => {
        const products = terms.reduce(
          (sum, { b }, i) => sum + (b === undefined ? 0 : (of[i] ?? 0)),
          0,
        )
        // Column 39 is empty, so that nothing was flipped where it folds to.
        const start = keep(f, splat(ROUNDING + products * FOLD_BIAS))
        const last = splat(ROUNDING)
        return {
          out,
          column: (k) =>
            of.reduce(
              (sum, coefficient, i) => addTimes(sum, coefficient, columns[i]!(k)),
              k === LIMBS - 1 ? last : start,
            ),
        }
      }),
    )
  },

  add: (f, out, a, b) =>
    eachWord((i) => writeWord(f, out, i, i16x8.add(readWord(a, i), readWord(b, i)))),
  sub: (f, out, a, b) =>
    eachWord((i) => writeWord(f, out, i, i16x8.sub(readWord(a, i), readWord(b, i)))),

  // -x is (x xor -1) - (-1).
  negateIf(f, out, a, mask) {
    const all = keep(f, mask)
    eachWord((i) => writeWord(f, out, i, i16x8.sub(v128.xor(readWord(a, i), all), all)))
  },

  isZero(f, a) {
    const bits = canonicalLimbs(f, a).reduce<V128>((all, limb) => v128.or(all, limb), splat(0))
    return keep(f, i32x4.eq(bits, splat(0)))
  },
  isNegative(f, a) {
    const lowest = v128.and(canonicalLimbs(f, a)[0]!, splat(1))
    return keep(f, i32x4.neg(lowest))
  },

  fromBytes: writeFromBytes,
  isCanonical: canonicalBytes,
  toBytes: writeBytes,

  fromLanes: ([first, ...others]) =>
    others.reduce<V128>(
      (word, value, i) => i32x4.replaceLane(word, i + 1, value),
      i32x4.splat(first!),
    ),
  toLanes: (word) => [0, 1, 2, 3].map((lane) => i32x4.extractLane(word, lane)),
  equalLanes: i32x4.eq,
}

function eachWord(body: (i: number) => void): void {
  for (let i = 0; i < WORDS; i++) body(i)
}

function termColumns(f: FunctionBuilder, { a, b }: Term): (k: number) => V128 {
  if (b === undefined) {
    const words = Array.from({ length: WORDS }, (_, i) => keep(f, readWord(a, i)))
    return (k) => (k % 2 === 0 ? lowLimb : highLimb)(words[k >> 1]!)
  }
  const columns = a === b ? squareColumns(f, a) : multiplyColumns(f, a, b)
  return (k) => columns[k]!
}

function addTimes(sum: V128, coefficient: number, value: V128): V128 {
  let result = sum
  for (let i = Math.abs(coefficient); i > 0; i--) {
    result = (coefficient < 0 ? i32x4.sub : i32x4.add)(result, value)
  }
  return result
}
