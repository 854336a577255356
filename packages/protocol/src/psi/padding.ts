/**
 * Sizes that are shown instead of true ones. A list is filled up to its padded size with dummies that
 * go through the same computation as items, so neither bytes nor time tell them apart.
 */

import { fail } from './errors.ts'

const SMALLEST = 64
const LARGEST = 2 ** 27

/**
 * 64, then four steps an octave (80, 96, 112, 128, 160, ...): above 64 at most a fourth is padding,
 * and all lists up to 2^27 items together show one of 85 sizes.
 * @throws ProtocolError `BAD_SIZE`
 */
export function paddedSize(count: number): number {
  if (!Number.isInteger(count) || count < 0 || count > LARGEST) fail('BAD_SIZE')
  if (count <= SMALLEST) return SMALLEST
  const step = 2 ** (Math.floor(Math.log2(count - 1)) - 2)
  return Math.ceil(count / step) * step
}
