/**
 * Batches of blinded elements, padded so that their size says little. Blinded elements are uniform
 * whatever they hide, so a random element is a perfect decoy.
 */

import { type Bytes, concat, type RandomBytes } from '../encoding/index.ts'
import { countOf, type Group, UNIFORM_BYTES } from '../group/index.ts'
import { MAX_BATCH } from './dleq.ts'
import { fail } from './errors.ts'

export const SMALLEST_BATCH = 64

/**
 * The size that a batch of `count` elements is padded to: 64, then four steps an octave (80, 96,
 * 112, 128, 160, ...), then the most that a proof covers. Above 64 at most a fourth is padding, and
 * all sizes together show one of 41 values.
 * @throws ProtocolError `BAD_COUNT`, `BATCH_TOO_LARGE`
 */
export function paddedBatch(count: number): number {
  if (!Number.isInteger(count) || count < 0) fail('BAD_COUNT')
  if (count > MAX_BATCH) fail('BATCH_TOO_LARGE')
  if (count <= SMALLEST_BATCH) return SMALLEST_BATCH
  const step = 2 ** (Math.floor(Math.log2(count - 1)) - 2)
  return Math.min(MAX_BATCH, Math.ceil(count / step) * step)
}

/** Elements that hide nothing and look like the others. */
export function randomBlinded(group: Group, count: number, random: RandomBytes): Bytes {
  return group.fromUniform(random(count * UNIFORM_BYTES))
}

/** The batch with random elements behind it, up to its padded size. */
export function padBlinded(group: Group, blinded: Bytes, random: RandomBytes): Bytes {
  const count = countOf(blinded)
  return concat(blinded, randomBlinded(group, paddedBatch(count) - count, random))
}
