/**
 * Signed digits of secret scalars, as masks. A digit's sign and value take part in arithmetic only:
 * they decide no branch and no address.
 */

import {
  type FunctionBuilder,
  type I32,
  i32,
  i32const,
  type Local,
  load,
  load8s,
  type V128,
  v128,
  v128const,
} from '../assembler.ts'
import type { Addr } from '../field/field.ts'
import type { Machine } from './machine.ts'

/** In radix 16 a scalar has 64 digits, -8 to 8. */
export const DIGITS = 64
export const ENTRIES = 8

/** The digits of all lanes at one position. */
export type Digit = { readonly magnitude: V128; readonly negative: V128 }

/** Lane i reads its signed byte at `digits` + i · stride. */
export function loadDigit(machine: Machine, f: FunctionBuilder, digits: I32, stride: I32): Digit {
  const address = f.local('i32', digits)
  const magnitudes: I32[] = []
  const negatives: I32[] = []
  for (let lane = 0; lane < machine.field.lanes; lane++) {
    if (lane > 0) f.set(address, i32.add(address, stride))
    const digit = f.local('i32', load8s(address))
    const negative = f.local('i32', i32.shrS(digit, i32const(31)))
    negatives.push(negative)
    magnitudes.push(i32.sub(i32.xor(digit, negative), negative))
  }
  const { fromLanes } = machine.field
  return {
    magnitude: f.local('v128', fromLanes(magnitudes)),
    negative: f.local('v128', fromLanes(negatives)),
  }
}

/** Masks for magnitude 0 to 8. */
export function digitMasks(machine: Machine, f: FunctionBuilder, magnitude: V128): Local<'v128'>[] {
  return Array.from({ length: ENTRIES + 1 }, (_, value) =>
    f.local('v128', machine.field.equalLanes(magnitude, machine.laneConstant(value))),
  )
}

export const EVERY_LANE = v128const(2n ** 64n - 1n, 2n ** 64n - 1n)

/** -(x, y) = (-x, y): the sum and the difference change places, T changes its sign. */
export function negateCached(
  machine: Machine,
  f: FunctionBuilder,
  { plus, minus, t2d }: { plus: Addr; minus: Addr; t2d: Addr },
  mask: V128,
): void {
  for (let word = 0; word < machine.elementBytes; word += 16) {
    const sum = f.local('v128', load('v128', plus.base, plus.offset + word))
    const difference = f.local('v128', load('v128', minus.base, minus.offset + word))
    const change = f.local('v128', v128.and(v128.xor(sum, difference), mask))
    f.store(plus.base, v128.xor(sum, change), plus.offset + word)
    f.store(minus.base, v128.xor(difference, change), minus.offset + word)
  }
  machine.field.negateIf(f, t2d, t2d, mask)
}
