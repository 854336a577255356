/**
 * Between 32 bytes, little-endian, and the limbs of the baseline build; and the canonical form
 * 0 <= x < p, on which zero, sign and bytes rest. Limbs here are one in a word, not negative.
 */

import {
  type FunctionBuilder,
  i32const,
  i32x4,
  type Local,
  type V128,
  v128,
} from '../../assembler.ts'
import { type Addr, after } from '../field.ts'
import { carryAndWrite, ROUNDING } from './carry.ts'
import { highLimb, keep, LIMB_BITS, LIMBS, lowLimb, readWord, splat, WRAP } from './words.ts'

const TOP = LIMBS - 1
/** The highest limb of a canonical number ends at bit 255. */
const TOP_BITS = 255 - TOP * LIMB_BITS
const WORDS_32 = 8

export function writeFromBytes(f: FunctionBuilder, out: Addr, from: Addr, stride: number): void {
  const limbs = readLimbs(f, from, stride)
  const rounding = keep(f, splat(ROUNDING))
  const column = (k: number) =>
    i32x4.add(k === TOP ? v128.and(limbs[k]!, splat(2 ** TOP_BITS - 1)) : limbs[k]!, rounding)
  carryAndWrite(f, [{ out, column }])
}

/** All 256 bits are a number below p: adding 19 leaves nothing from bit 255 on. */
export function canonicalBytes(f: FunctionBuilder, from: Addr, stride: number): Local<'v128'> {
  return keep(f, i32x4.eq(above(f, readLimbs(f, from, stride), splat(19)), splat(0)))
}

export function writeBytes(f: FunctionBuilder, to: Addr, a: Addr): void {
  const words: V128[] = []
  canonicalLimbs(f, a).forEach((limb, k) => {
    const bit = k * LIMB_BITS
    const word = Math.floor(bit / 32)
    const put = (at: number, value: V128) => {
      words[at] = words[at] === undefined ? value : v128.or(words[at], value)
    }
    put(word, i32x4.shl(limb, i32const(bit % 32)))
    const rest = 32 - (bit % 32)
    if (rest < LIMB_BITS && k < TOP) put(word + 1, i32x4.shrU(limb, i32const(rest)))
  })
  words.forEach((value, i) => {
    const word = keep(f, value)
    for (let lane = 0; lane < 4; lane++) {
      f.storeLane32(to.base, word, lane, to.offset + 32 * lane + 4 * i)
    }
  })
}

/**
 * x + 2^5 p is positive and below 2^261; what is above bit 255 of it, t, comes back as 19 t, which
 * leaves a number below p + 2^10. Then p is taken off once if that number plus 19 reaches 2^255.
 */
export function canonicalLimbs(f: FunctionBuilder, a: Addr): Local<'v128'>[] {
  const limbs = Array.from({ length: LIMBS }, (_, k) => {
    const word = readWord(a, k >> 1)
    const limb = k % 2 === 0 ? lowLimb(word) : highLimb(word)
    if (k === 0) return keep(f, i32x4.sub(limb, splat(WRAP)))
    return keep(f, k === TOP ? i32x4.add(limb, splat(2 ** LIMB_BITS)) : limb)
  })
  const t = normalize(f, limbs)
  f.set(limbs[0]!, i32x4.add(limbs[0]!, times19(t)))
  const reaches = above(f, limbs, splat(19))
  f.set(limbs[0]!, i32x4.add(limbs[0]!, times19(reaches)))
  normalize(f, limbs)
  return limbs
}

function times19(value: V128): V128 {
  return i32x4.mul(value, splat(19))
}

/** Carries all limbs, each to its own bits, and gives what is above bit 255. */
function normalize(f: FunctionBuilder, limbs: readonly Local<'v128'>[]): Local<'v128'> {
  const carry = f.local('v128', splat(0))
  limbs.forEach((limb, k) => {
    const bits = k === TOP ? TOP_BITS : LIMB_BITS
    f.set(limb, i32x4.add(limb, carry))
    f.set(carry, i32x4.shrS(limb, i32const(bits)))
    f.set(limb, v128.and(limb, splat(2 ** bits - 1)))
  })
  return carry
}

/** What is above bit 255 when `small` is added; the limbs stay as they are. */
function above(f: FunctionBuilder, limbs: readonly V128[], small: V128): Local<'v128'> {
  const carry = f.local('v128', small)
  limbs.forEach((limb, k) => {
    f.set(carry, i32x4.shrS(i32x4.add(limb, carry), i32const(k === TOP ? TOP_BITS : LIMB_BITS)))
  })
  return carry
}

/** 256 bits as 20 limbs; the highest has 9 bits. */
function readLimbs(f: FunctionBuilder, from: Addr, stride: number): Local<'v128'>[] {
  const words = Array.from({ length: WORDS_32 }, (_, i) => {
    let word: V128 = splat(0)
    for (let lane = 0; lane < 4; lane++) {
      const { base, offset } = after(from, lane * stride + 4 * i)
      word = v128.loadLane32(base, word, lane, offset)
    }
    return keep(f, word)
  })
  return Array.from({ length: LIMBS }, (_, k) => {
    const bit = k * LIMB_BITS
    const i = Math.floor(bit / 32)
    const low = i32x4.shrU(words[i]!, i32const(bit % 32))
    if ((bit % 32) + LIMB_BITS <= 32 || i === WORDS_32 - 1) return keep(f, masked(low))
    return keep(f, masked(v128.or(low, i32x4.shl(words[i + 1]!, i32const(32 - (bit % 32))))))
  })
}

function masked(value: V128): V128 {
  return v128.and(value, splat(2 ** LIMB_BITS - 1))
}
