/**
 * Sums over batches with public scalars, as proofs need them: Straus's method for few elements, with
 * the batches side by side in lanes, and Pippenger's for many.
 */

import { type Bytes, concat } from '../../encoding/index.ts'
import { type Elements, encodingsOf } from '../decoded.ts'
import { countOf, itemAt } from '../flat.ts'
import { ELEMENT_BYTES } from '../group.ts'
import type { KernelBatches } from './batches.ts'
import { sumByTables } from './combine.ts'
import { windowsOf, writePublicDigits } from './digits.ts'
import type { KernelMemory } from './memory.ts'

/** Elements of a sum at once: the more, the fewer additions an element. */
export const SUM_SLICE = 2048
/** Up to here a table for each element is cheaper than buckets. */
export const FEW = 24

/** One element for each list, the sum over j of scalars[j] * list[j]. */
export function weightedSums(
  batches: KernelBatches,
  scalars: Bytes,
  lists: readonly Elements[],
): Bytes {
  const { memory } = batches
  const count = countOf(scalars)
  if (count === 0 || lists.length === 0) return new Uint8Array(ELEMENT_BYTES * lists.length)
  return count <= FEW
    ? memory.run(() => fewSums(batches, scalars, lists))
    : memory.run(() => manySums(batches, scalars, lists))
}

/** Element j of every list is a row. */
function fewSums(batches: KernelBatches, scalars: Bytes, lists: readonly Elements[]): Bytes {
  const { memory } = batches
  const groups = memory.groupsOf(lists.length)
  const count = countOf(scalars)
  const rows = memory.takePoints(groups * count)
  for (let j = 0; j < count; j++) {
    const row = concat(...lists.map((list) => itemAt(encodingsOf(list), j)))
    const points = rows + j * groups * memory.pointBytes
    batches.decodeInto(points, row, 0, lists.length, 'allowed', { at: String(j) })
  }
  return batches.encode(sumByTables(memory, scalars, rows, groups), lists.length)
}

/** The digits of a slice of the scalars serve all lists. */
function manySums(batches: KernelBatches, scalars: Bytes, lists: readonly Elements[]): Bytes {
  const { memory } = batches
  const count = countOf(scalars)
  const totals = lists.map(() => memory.takePoints(1))
  for (let from = 0; from < count; from += SUM_SLICE) {
    const to = Math.min(count, from + SUM_SLICE)
    memory.run(() => {
      const digits = placeSumDigits(memory, scalars, from, to)
      lists.forEach((list, i) => {
        memory.run(() => {
          const sum = from === 0 ? totals[i]! : memory.takePoints(1)
          sumSlice(sum, batches, digits, list, from, to)
          if (from > 0) memory.call.add(totals[i]!, totals[i]!, sum, 1)
        })
      })
    })
  }
  return concat(...totals.map((total) => batches.encode(total, 1)))
}

type SumDigits = { readonly at: number; readonly bits: number }

/** Of scalars `from` to `to`; lanes without an element keep digits of zero. */
function placeSumDigits(memory: KernelMemory, scalars: Bytes, from: number, to: number): SumDigits {
  const groups = memory.groupsOf(to - from)
  const padded = groups * memory.lanes
  const bits = bestRadix(groups)
  const at = memory.take(windowsOf(bits) * padded)
  const slice = scalars.subarray(ELEMENT_BYTES * from, ELEMENT_BYTES * to)
  writePublicDigits(memory.bytes, at, padded, slice, bits)
  return { at, bits }
}

/** Writes one group of points: the sum, in all lanes. */
function sumSlice(
  out: number,
  batches: KernelBatches,
  { at, bits }: SumDigits,
  list: Elements,
  from: number,
  to: number,
): void {
  const { memory } = batches
  const groups = memory.groupsOf(to - from)
  const points = batches.decode(list, from, to, 'allowed')
  const scratch = memory.takePoints(groups + 2 ** (bits - 1))
  memory.call.msm(out, points, groups, at, bits, windowsOf(bits), scratch)
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
