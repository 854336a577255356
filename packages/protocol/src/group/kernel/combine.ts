/**
 * Sums of rows times public weights, one weight a row, the same for a whole batch. A weight is
 * taken as the integer nearest to zero, so that what it costs follows the longest of them: Lagrange
 * coefficients of many quorums are small integers (3, -3 and 1 for holders 1, 2 and 3).
 */

import type { Bytes } from '../../encoding/index.ts'
import { countOf, itemAt } from '../flat.ts'
import { bitLength, nearestToZero, type SignedInteger } from '../integer.ts'
import { DIGITS, nonAdjacentForm, writeSignedDigits } from './digits.ts'
import type { KernelMemory } from './memory.ts'

/** Beyond, tables of eight multiples of each element pay for themselves. */
const SHORT_BITS = 80

/** @param rows points, a row of `groups` behind the other @returns points of the sums */
export function combineRows(
  memory: KernelMemory,
  weights: Bytes,
  rows: number,
  groups: number,
): number {
  const integers = Array.from({ length: countOf(weights) }, (_, i) =>
    nearestToZero(itemAt(weights, i)),
  )
  const longest = Math.max(...integers.map(({ magnitude }) => bitLength(magnitude)))
  return longest <= SHORT_BITS
    ? byAdditions(memory, integers, rows, groups)
    : byTables(memory, integers, rows, groups)
}

/** Binary digits of all weights from the highest down, one doubling for all rows between two. */
function byAdditions(
  memory: KernelMemory,
  weights: readonly SignedInteger[],
  rows: number,
  groups: number,
): number {
  const { call } = memory
  const sum = memory.takePoints(groups)
  const forms = weights.map(nonAdjacentForm)
  const highest = Math.max(...forms.map((form) => form.length)) - 1
  call.subtract(sum, rows, rows, groups)
  for (let bit = highest; bit >= 0; bit--) {
    if (bit < highest) call.add(sum, sum, sum, groups)
    forms.forEach((form, i) => {
      const row = rows + i * groups * memory.pointBytes
      if (form[bit] === 1) call.add(sum, sum, row, groups)
      if (form[bit] === -1) call.subtract(sum, sum, row, groups)
    })
  }
  return sum
}

/** Straus's method. */
function byTables(
  memory: KernelMemory,
  weights: readonly SignedInteger[],
  rows: number,
  groups: number,
): number {
  const q = weights.length
  const sum = memory.takePoints(groups)
  const digits = memory.take(DIGITS * q)
  const used = weights.map((weight, i) =>
    writeSignedDigits(memory.bytes, digits + DIGITS * i, weight),
  )
  const scratch = memory.takePoints(8 * q)
  memory.call.straus(sum, rows, q, digits, Math.max(...used), groups, scratch)
  return sum
}
