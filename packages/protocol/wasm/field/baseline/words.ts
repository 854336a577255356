/**
 * An element group of the baseline build: 4 lanes of 20 signed limbs, limb k with weight 2^(13 k).
 * Word i of ten holds the limbs 2i and 2i + 1 of every lane as the low and high half of its 32
 * bits. The halves of a word are a and b in the names below.
 */

import {
  type FunctionBuilder,
  i32const,
  i32x4,
  type Local,
  load,
  type V128,
  v128,
} from '../../assembler.ts'
import type { Addr } from '../field.ts'

export const LIMB_BITS = 13
export const LIMBS = 20
export const WORDS = LIMBS / 2
/** 2^260 modulo p: what carries out of the highest limb comes back at the lowest. */
export const WRAP = 19 * 2 ** (LIMBS * LIMB_BITS - 255)

export function readWord(address: Addr, i: number): V128 {
  return load('v128', address.base, address.offset + 16 * i)
}

export function writeWord(f: FunctionBuilder, address: Addr, i: number, word: V128): void {
  f.store(address.base, word, address.offset + 16 * i)
}

/** A value that is used more than once. */
export function keep(f: FunctionBuilder, value: V128): Local<'v128'> {
  return f.local('v128', value)
}

/** The same 32 bits in every lane. */
export function splat(bits: number): V128 {
  return i32x4.splat(i32const(bits))
}

/** The same pair of 16-bit numbers in every lane. */
export function splatPair(low: number, high: number): V128 {
  return splat((high << 16) | (low & 0xffff))
}

/** The low halves of `low` and the high halves of `high`. */
export function mixHalves(low: V128, high: V128): V128 {
  return v128.shuffle(low, high, [0, 1, 18, 19, 4, 5, 22, 23, 8, 9, 26, 27, 12, 13, 30, 31])
}

export function swapHalves(word: Local<'v128'>): V128 {
  return v128.shuffle(word, word, [2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13])
}

/** Limb 2i as 32 bits with sign, and limb 2i + 1. */
export function lowLimb(word: V128): V128 {
  return i32x4.shrS(i32x4.shl(word, i32const(16)), i32const(16))
}

export function highLimb(word: V128): V128 {
  return i32x4.shrS(word, i32const(16))
}
