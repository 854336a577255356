/**
 * Sums over batches with public scalars, as proofs need them: Straus's method for few elements, with
 * the batches side by side in lanes, and Pippenger's for many.
 */

import { type Bytes, concat } from '../../encoding/index.ts'
import { countOf, itemAt } from '../flat.ts'
import { ELEMENT_BYTES } from '../group.ts'
import type { KernelBatches } from './batches.ts'
import { sumByTables } from './combine.ts'
import { windowsOf, writePublicDigits } from './digits.ts'

/** Elements of a sum at once: the more, the fewer additions an element. */
export const SUM_SLICE = 2048
/** Up to here a table for each element is cheaper than buckets. */
export const FEW = 24

/** One element for each list, the sum over j of scalars[j] * list[j]. */
export function weightedSums(
  batches: KernelBatches,
  scalars: Bytes,
  lists: readonly Bytes[],
): Bytes {
  const { memory } = batches
  const count = countOf(scalars)
  if (count === 0 || lists.length === 0) return new Uint8Array(ELEMENT_BYTES * lists.length)
  return count <= FEW
    ? memory.run(() => fewSums(batches, scalars, lists))
    : concat(...lists.map((list) => memory.run(() => manySum(batches, scalars, list))))
}

/** Element j of every list is a row. */
function fewSums(batches: KernelBatches, scalars: Bytes, lists: readonly Bytes[]): Bytes {
  const { memory } = batches
  const groups = memory.groupsOf(lists.length)
  const count = countOf(scalars)
  const rows = memory.takePoints(groups * count)
  for (let j = 0; j < count; j++) {
    const row = concat(...lists.map((list) => itemAt(list, j)))
    const points = rows + j * groups * memory.pointBytes
    batches.decodeInto(points, row, 0, lists.length, 'allowed', { at: String(j) })
  }
  return batches.encode(sumByTables(memory, scalars, rows, groups), lists.length)
}

function manySum(batches: KernelBatches, scalars: Bytes, list: Bytes): Bytes {
  const { memory } = batches
  const count = countOf(scalars)
  const total = memory.takePoints(1)
  for (let from = 0; from < count; from += SUM_SLICE) {
    const to = Math.min(count, from + SUM_SLICE)
    memory.run(() => {
      const sum = from === 0 ? total : memory.takePoints(1)
      sumSlice(sum, batches, scalars, list, from, to)
      if (from > 0) memory.call.add(total, total, sum, 1)
    })
  }
  return batches.encode(total, 1)
}

/** Writes one group of points: the sum, in all lanes. */
function sumSlice(
  out: number,
  batches: KernelBatches,
  scalars: Bytes,
  list: Bytes,
  from: number,
  to: number,
): void {
  const { memory } = batches
  const groups = memory.groupsOf(to - from)
  const padded = groups * memory.lanes
  const points = batches.decode(list, from, to, 'allowed')
  const bits = bestRadix(groups)
  const windows = windowsOf(bits)
  // Lanes without an element keep digits of zero.
  const digits = memory.take(windows * padded)
  const slice = scalars.subarray(ELEMENT_BYTES * from, ELEMENT_BYTES * to)
  writePublicDigits(memory.bytes, digits, padded, slice, bits)
  const scratch = memory.takePoints(groups + 2 ** (bits - 1))
  memory.call.msm(out, points, groups, digits, bits, windows, scratch)
}

/** The bits of a digit with which Pippenger's sum takes the fewest additions. */
function bestRadix(groups: number): number {
  let best = 2
  for (let bits = 3; bits <= 8; bits++) {
    if (additions(bits, groups) < additions(best, groups)) best = bits
  }
  return best
}

/** For each window one into a bucket for each group, and two a bucket to weigh and sum them. */
function additions(bits: number, groups: number): number {
  return windowsOf(bits) * (groups + 2 ** bits)
}
