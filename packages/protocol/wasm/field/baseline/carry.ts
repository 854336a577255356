/**
 * From columns of 32 bits to limbs of 13 bits: carries of the baseline build.
 *
 * A column c gives its limb the signed rest of c modulo 2^13 and the next column (c + 2^12) >> 13.
 * The rounding 2^12 is part of the constant that `columns` start from; it stays in the column until
 * the limbs are packed, where it is taken off both halves at once.
 */

import {
  type FunctionBuilder,
  i16x8,
  i32const,
  i32x4,
  type Local,
  type V128,
  v128,
} from '../../assembler.ts'
import type { Addr } from '../field.ts'
import { keep, LIMB_BITS, LIMBS, mixHalves, splat, splatPair, WRAP, writeWord } from './words.ts'

/** What every column must contain, so that carries round. */
export const ROUNDING = 2 ** (LIMB_BITS - 1)

/** Columns with ROUNDING in them, to be carried and written. */
export type Carried = { readonly out: Addr; readonly column: (k: number) => V128 }

/** Where chains of carries begin. */
const STARTS = [0, LIMBS / 2] as const

/**
 * Two chains of half the length, and those of several outputs, run side by side: each step of one
 * waits for the step before it.
 */
export function carryAndWrite(f: FunctionBuilder, outputs: readonly Carried[]): void {
  const mask = keep(f, splatPair(2 ** LIMB_BITS - 1, 2 ** LIMB_BITS - 1))
  const rounding = keep(f, splatPair(ROUNDING, ROUNDING))
  const low = keep(f, splat(2 ** LIMB_BITS - 1))
  const wrap = keep(f, splat(WRAP))
  const chains = outputs.flatMap(({ out, column }) => {
    const sums: Local<'v128'>[] = []
    return STARTS.map((start) => ({ out, column, start, sums }))
  })
  for (let step = 0; step < LIMBS / STARTS.length; step++) {
    for (const { out, column, start, sums } of chains) {
      const k = start + step
      const carry = step === 0 ? undefined : carryOf(sums[k - 1]!)
      sums[k] = keep(f, carry === undefined ? column(k) : i32x4.add(column(k), carry))
      if (k % 2 === 1 && step > 3) {
        const pair = v128.and(packed(sums[k - 1]!, sums[k]), mask)
        writeWord(f, out, (k - 1) / 2, i16x8.sub(pair, rounding))
      }
    }
  }
  // What leaves a chain is below 2^18, and from the top comes back at the bottom below 2^28; two
  // more carries leave at most 3 at the third limb of the next chain.
  for (const { out, start, sums } of chains) {
    const [c0, c1, c2, c3] = sums.slice(start) as V128[] as [V128, V128, V128, V128]
    const carry =
      start === 0 ? i32x4.mul(carryOf(sums[LIMBS - 1]!), wrap) : carryOf(sums[start - 1]!)
    const r0 = keep(f, i32x4.add(v128.and(c0, low), carry))
    const r1 = keep(f, i32x4.add(v128.and(c1, low), carryOf(r0)))
    const r2 = i32x4.add(v128.and(c2, low), carryOf(r1))
    const first = v128.and(packed(r0, r1), mask)
    writeWord(f, out, start / 2, i16x8.sub(first, rounding))
    writeWord(f, out, start / 2 + 1, i16x8.sub(packed(r2, v128.and(c3, low)), rounding))
  }
}

function carryOf(column: V128): V128 {
  return i32x4.shrS(column, i32const(LIMB_BITS))
}

/** The low 16 bits of two columns as one word. */
function packed(even: V128, odd: V128): V128 {
  return mixHalves(even, i32x4.shl(odd, i32const(16)))
}
