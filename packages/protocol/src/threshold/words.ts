/** Numbers of WORDS 32-bit words, most significant first, side by side in one array. */

import { WORDS } from './keys.ts'

export function compareAt(a: Uint32Array, i: number, b: Uint32Array, j: number): number {
  for (let k = 0; k < WORDS; k++) {
    const difference = a[i + k]! - b[j + k]!
    if (difference !== 0) return difference
  }
  return 0
}

/** a += b, modulo 2^(32·WORDS). */
export function addAt(a: Uint32Array, i: number, b: Uint32Array, j: number): void {
  let carry = 0
  for (let k = WORDS - 1; k >= 0; k--) {
    const sum = a[i + k]! + b[j + k]! + carry
    a[i + k] = sum
    carry = sum > 0xffffffff ? 1 : 0
  }
}

/** floor(a·times) of a as a fraction of 1; times below 2^20, so that doubles are exact. */
export function scaleAt(a: Uint32Array, i: number, times: number): number {
  let carry = 0
  for (let k = WORDS - 1; k >= 0; k--) {
    carry = Math.floor((a[i + k]! * times + carry) / 2 ** 32)
  }
  return carry
}

export function writeAt(a: Uint32Array, i: number, number: bigint): void {
  let rest = number
  for (let k = WORDS - 1; k >= 0; k--) {
    a[i + k] = Number(rest & 0xffffffffn)
    rest >>= 32n
  }
}

export function readAt(a: Uint32Array, i: number): bigint {
  let number = 0n
  for (let k = 0; k < WORDS; k++) number = (number << 32n) | BigInt(a[i + k]!)
  return number
}
