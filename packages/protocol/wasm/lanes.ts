/** Four 32-bit words side by side, and squares of four by four. */

import { type FunctionBuilder, i32const, i32x4, type Local, type V128, v128 } from './assembler.ts'

export type Vector = Local<'v128'>
export type Four = readonly [V128, V128, V128, V128]

/** Four of the eight words of a (0 to 3) and b (4 to 7). */
function words(a: V128, b: V128, chosen: readonly number[]): V128 {
  return v128.shuffle(
    a,
    b,
    chosen.flatMap((word) => [0, 1, 2, 3].map((byte) => 4 * word + byte)),
  )
}

/** Word j of row i becomes word i of row j. @param spare four locals that nothing else holds */
export function turned(f: FunctionBuilder, [a, b, c, d]: Four, spare: readonly Vector[]): Four {
  const [abLow, abHigh, cdLow, cdHigh] = spare as [Vector, Vector, Vector, Vector]
  f.set(abLow, words(a, b, [0, 4, 1, 5]))
  f.set(abHigh, words(a, b, [2, 6, 3, 7]))
  f.set(cdLow, words(c, d, [0, 4, 1, 5]))
  f.set(cdHigh, words(c, d, [2, 6, 3, 7]))
  return [
    words(abLow, cdLow, [0, 1, 4, 5]),
    words(abLow, cdLow, [2, 3, 6, 7]),
    words(abHigh, cdHigh, [0, 1, 4, 5]),
    words(abHigh, cdHigh, [2, 3, 6, 7]),
  ]
}

/** Whole bytes by a shuffle, else two shifts. */
export function rotatedRight(f: FunctionBuilder, target: Vector, value: V128, bits: number): void {
  f.set(target, value)
  if (bits % 8 === 0) {
    const byte = bits / 8
    const lanes = Array.from({ length: 16 }, (_, i) => (i & ~3) + ((i + byte) & 3))
    f.set(target, v128.shuffle(target, target, lanes))
    return
  }
  const right = i32x4.shrU(target, i32const(bits))
  f.set(target, v128.or(right, i32x4.shl(target, i32const(32 - bits))))
}
