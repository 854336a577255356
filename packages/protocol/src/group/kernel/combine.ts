/**
 * Sums of rows times public weights, one weight a row, the same for a whole batch. Lagrange
 * coefficients are fractions of small integers over one denominator, often over one: 3, -3 and 1 for
 * holders 1, 2 and 3. So numerators are added up in few steps, and at most one multiplication, by the
 * inverse of the denominator, remains for all rows together. Other weights take Straus's method.
 */

import type { Bytes } from '../../encoding/index.ts'
import { DIGITS } from '../../encoding/kernel/digits.ts'
import { countOf, itemAt } from '../flat.ts'
import { asFractions, quotient, type SignedInteger } from '../integer.ts'
import { nonAdjacentForm, writePublicDigits } from './digits.ts'
import type { KernelMemory } from './memory.ts'

/** Of the 64 digits that the kernel multiplies by. */
const RADIX_BITS = 4

/** @param rows points, a row of `groups` behind the other @returns points of the sums */
export function combineRows(
  memory: KernelMemory,
  weights: Bytes,
  rows: number,
  groups: number,
): number {
  const fractions = asFractions(
    Array.from({ length: countOf(weights) }, (_, i) => itemAt(weights, i)),
  )
  if (fractions === undefined) return sumByTables(memory, weights, rows, groups)
  const sum = sumByAdditions(memory, fractions.numerators, rows, groups)
  if (fractions.denominator > 1n) divide(memory, sum, fractions.denominator, groups)
  return sum
}

/** Binary digits of all weights from the highest down, one doubling for all rows between two. */
function sumByAdditions(
  memory: KernelMemory,
  weights: readonly SignedInteger[],
  rows: number,
  groups: number,
): number {
  const { call } = memory
  const sum = memory.takePoints(groups)
  const forms = weights.map(nonAdjacentForm)
  const highest = Math.max(...forms.map((form) => form.length)) - 1
  // Zero to begin with.
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

function divide(memory: KernelMemory, points: number, denominator: bigint, groups: number): void {
  const digits = memory.take(DIGITS)
  writePublicDigits(memory.bytes, digits, 1, quotient(1n, denominator), RADIX_BITS)
  memory.call.multiply(points, points, digits, groups, 0)
}

/** Straus's method, for weights of any size: a table for each row, doublings for all together. */
export function sumByTables(
  memory: KernelMemory,
  weights: Bytes,
  rows: number,
  groups: number,
): number {
  const q = countOf(weights)
  const sum = memory.takePoints(groups)
  const digits = memory.take(DIGITS * q)
  for (let i = 0; i < q; i++) {
    writePublicDigits(memory.bytes, digits + DIGITS * i, 1, itemAt(weights, i), RADIX_BITS)
  }
  const scratch = memory.takePoints(8 * q)
  memory.call.straus(sum, rows, q, digits, DIGITS, groups, scratch)
  return sum
}
