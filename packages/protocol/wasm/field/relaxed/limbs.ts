/** Limbs of the relaxed build in memory, and what its files share. */

import {
  type FunctionBuilder,
  i32const,
  i64x2,
  type Local,
  load,
  type V128,
} from '../../assembler.ts'
import { type Addr, P } from '../field.ts'

export const LIMBS = 5
const BITS = 51n
export const MASK = 2n ** BITS - 1n

/** A constant in both lanes. */
export type Splat = (bits: bigint) => V128

/** Adding it to a double that is a whole number below 2^51 in magnitude leaves that in its bits. */
export const INTEGER = bitsOf(3 * 2 ** 51)

export function limb(a: Addr, i: number): V128 {
  return load('v128', a.base, a.offset + 16 * i)
}

export function limbs(f: FunctionBuilder, a: Addr): Local<'v128'>[] {
  return Array.from({ length: LIMBS }, (_, i) => f.local('v128', limb(a, i)))
}

export function limbwise(f: FunctionBuilder, out: Addr, value: (i: number) => V128): void {
  for (let i = 0; i < LIMBS; i++) f.store(out.base, value(i), out.offset + 16 * i)
}

export function times19(word: Local<'v128'>): V128 {
  const twice = i64x2.add(word, word)
  return i64x2.add(i64x2.add(i64x2.shl(word, i32const(4)), twice), word)
}

export function shiftRight(word: V128, bits: number): V128 {
  return i64x2.shrU(word, i32const(bits))
}

/** Limbs of the representative next to zero, each rounded to the nearest. */
export function constant(value: bigint): Uint8Array {
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

export function bitsOf(value: number): bigint {
  return new BigUint64Array(new Float64Array([value]).buffer)[0]!
}
