/** Squares of 32 by 32 bits, turned in place (Hacker's Delight, section 7-3): bit i of row j changes with bit j of row i. */

import { type FunctionBuilder, i32const, i32x4, type Local, v128, v128const } from './assembler.ts'

export const SIDE = 32

/**
 * Four squares side by side, one in each word.
 * @param rows 32 of them
 * @param moved a local of the caller's, overwritten
 */
export function turnSquares(
  f: FunctionBuilder,
  rows: readonly Local<'v128'>[],
  moved: Local<'v128'>,
): void {
  for (let j = SIDE / 2, mask = 0x0000ffff; j > 0; j >>= 1, mask ^= mask << j) {
    for (let i = 0; i < SIDE; i++) {
      if ((i & j) !== 0) continue
      const [upper, lower] = [rows[i]!, rows[i + j]!]
      const differ = v128.xor(upper, i32x4.shrU(lower, i32const(j)))
      f.set(moved, v128.and(differ, everyWord(mask)))
      f.set(upper, v128.xor(upper, moved))
      f.set(lower, v128.xor(lower, i32x4.shl(moved, i32const(j))))
    }
  }
}

function everyWord(word: number) {
  const one = BigInt(word >>> 0)
  const two = (one << 32n) | one
  return v128const(two, two)
}
