/**
 * Scalars as kernels read them: 64 signed digits in radix 16, -8 <= d_i <= 8, with
 * k = sum of d_i * 16^i, by the same steps for every scalar: no branch, no index and no division
 * depends on one.
 */

import type { Bytes } from '../bytes.ts'

export const DIGITS = 64

/** Of a number below 2^255, 32 bytes little-endian, or of its negative: 64 bytes at `at`. */
export function writeDigits(target: Bytes, at: number, scalar: Bytes, negative: boolean): void {
  // (d ^ -1) - -1 is -d; a product with -1 would make -0 of a zero, which engines treat apart.
  const flip = negative ? -1 : 0
  let carry = 0
  for (let j = 0; j < DIGITS / 2; j++) {
    const low = (scalar[j]! & 15) + carry
    carry = (low + 8) >> 4
    const high = (scalar[j]! >> 4) + carry
    target[at + 2 * j] = ((low - (carry << 4)) ^ flip) - flip
    carry = (high + 8) >> 4
    target[at + 2 * j + 1] = ((high - (carry << 4)) ^ flip) - flip
  }
}
