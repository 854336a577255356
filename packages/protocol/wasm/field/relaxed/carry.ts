/** From columns to reduced limbs, and from reduced limbs to those of the canonical number. */

import { type FunctionBuilder, f64x2, i64x2, type Local, type V128, v128 } from '../../assembler.ts'
import type { Addr } from '../field.ts'
import { bitsOf, INTEGER, LIMBS, limbs, MASK, type Splat, shiftRight, times19 } from './limbs.ts'
import type { Wide } from './product.ts'

/** The bits of a double between 2^52 and 2^53, but for the whole number that it adds to 2^52. */
const UNSIGNED = bitsOf(2 ** 52)

export type Carrying = {
  readonly splat: Splat
  readonly mask: Local<'v128'>
  readonly unsigned: Local<'v128'>
  readonly offset: Local<'v128'>
  readonly offset19: Local<'v128'>
}

export function carrying(f: FunctionBuilder, splat: Splat): Carrying {
  const offset = (carries: number) => splat(bitsOf(2 ** 52 + 2 ** 50 + carries * 2 ** 11))
  return {
    splat,
    mask: f.local('v128', splat(MASK)),
    unsigned: f.local('v128', splat(UNSIGNED)),
    offset: f.local('v128', offset(1)),
    offset19: f.local('v128', offset(19)),
  }
}

/**
 * The sum, and one parallel carry. A column t with |t| < 2^61 is made positive by 2^62 (a logical
 * shift is one instruction, an arithmetic one several) and rounded by 2^50: its low 51 bits less
 * 2^50 stay, a carry of at most 2^10 in magnitude goes up, 19 times from the top to the bottom.
 */
export function reduce(
  f: FunctionBuilder,
  { splat, mask, unsigned, offset, offset19 }: Carrying,
  out: Addr,
  wides: readonly Wide[],
  of: readonly number[],
): void {
  const shifted = Array.from({ length: LIMBS }, (_, k) =>
    f.local('v128', sum(splat, wides, of, k, 2n ** 62n + 2n ** 50n)),
  )
  const carries = shifted.map((word) => f.local('v128', shiftRight(word, 51)))
  shifted.forEach((word, k) => {
    const carried = k === 0 ? times19(carries[LIMBS - 1]!) : carries[k - 1]!
    const double = v128.or(i64x2.add(v128.and(word, mask), carried), unsigned)
    f.store(out.base, f64x2.sub(double, k === 0 ? offset19 : offset), out.offset + 16 * k)
  })
}

/** Column k of a sum of coefficient times columns, and `more`; what is biased in them goes out. */
function sum(
  splat: Splat,
  wides: readonly Wide[],
  of: readonly number[],
  k: number,
  more: bigint,
): V128 {
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
 * Limbs of the number 0 <= x < p. A reduced element is below 2^254 + 2^220 in magnitude: with p
 * added limb by limb, every limb is positive and the number below 2·p. It is p or more when, with
 * 19 added, it reaches 2^255.
 */
export function canonical(f: FunctionBuilder, splat: Splat, a: Addr): V128[] {
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
