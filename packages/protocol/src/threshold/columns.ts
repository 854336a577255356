/**
 * How two sorted sides are laid out before they are merged, and why one layer then orders them.
 *
 * Cut into blocks of h rows, row r of a side falls in column r mod h. If every column holds its rows
 * in order, then the number of rows below any threshold falls from left to right by at most one for
 * each side, and the layers at distance h/2, h/4, ..., 1 of Batcher's odd-even merge finish the sort.
 *
 * Validation bounds every entry of every list, so each threshold y leaves only so many rows of a
 * side in doubt: `least(y)` rows are surely below it, `most(y)` may be. For a left row that leaves
 * a run of right rows that could stand before or after it; all others are ordered in advance. The
 * block is the least power of two for which no row has two doubtful rows in its own column. Then
 * every column is written down in its sure order, doubtful pairs next to each other, and one
 * compare-exchange for each such pair orders the column.
 */

import { slotBounds } from './bounds.ts'
import type { RoundPlan } from './plan.ts'

export type Columns = {
  readonly block: number
  /** Source of each working row: a left row r as r, a right row r as left.rows + r, or ONES. */
  readonly source: Int32Array
  /** Working rows p for which (p, p + block) is to be compared first. */
  readonly pairs: Uint8Array
}

export const ONES = -1

/**
 * Rows of a side that are surely, and that may be, below y for any y strictly inside step g of 2^bits;
 * the bounds of all its lists fall between steps.
 */
export type Side = {
  readonly rows: number
  readonly bits: number
  readonly least: Int32Array
  readonly most: Int32Array
}

/** For each row of one side the doubtful rows of the other: from `from` up to, not including, `to`. */
type Doubt = { readonly from: Int32Array; readonly to: Int32Array }

export function alignColumns(left: Side, right: Side): Columns {
  const bits = Math.max(left.bits, right.bits)
  const [l, r] = [refine(left, bits), refine(right, bits)]
  const leftDoubt = doubtOf(l, r)
  const rightDoubt = doubtOf(r, l)
  let block = 1
  while (!atMostOne(leftDoubt, block) || !atMostOne(rightDoubt, block)) block *= 2
  return writeColumns(l.rows, r.rows, leftDoubt, block)
}

/** One partner's list. */
export function sideOfList(plan: RoundPlan, partner: number): Side {
  const { bits, lower, upper } = slotBounds(plan, partner)
  const rows = lower.length
  const least = new Int32Array(1 << bits)
  const most = new Int32Array(1 << bits)
  let below = 0
  let maybe = 0
  for (let g = 0; g < 1 << bits; g++) {
    while (below < rows && upper[below]! >= 0 && upper[below]! < g) below++
    while (maybe < rows && lower[maybe]! <= g) maybe++
    least[g] = below
    most[g] = maybe
  }
  return { rows, bits, least, most }
}

/** Two sides after their merge. */
export function joinSides(left: Side, right: Side): Side {
  const bits = Math.max(left.bits, right.bits)
  const [l, r] = [refine(left, bits), refine(right, bits)]
  return {
    rows: l.rows + r.rows,
    bits,
    least: l.least.map((rows, g) => rows + r.least[g]!),
    most: l.most.map((rows, g) => rows + r.most[g]!),
  }
}

/** The same side in finer steps. */
export function refine(side: Side, bits: number): Side {
  const stretch = bits - side.bits
  if (stretch === 0) return side
  const steps = { length: 1 << bits }
  return {
    rows: side.rows,
    bits,
    least: Int32Array.from(steps, (_, g) => side.least[g >> stretch]!),
    most: Int32Array.from(steps, (_, g) => side.most[g >> stretch]!),
  }
}

/**
 * Row i of `of` can be above a threshold that row j of `against` is below when some g has
 * least(g) <= i and j < most'(g), the other way round when i < most(g) and least'(g) <= j; in doubt
 * when both can be. All four grow with g, so the last and the first such g decide.
 */
function doubtOf(of: Side, against: Side): Doubt {
  const steps = of.least.length
  const from = new Int32Array(of.rows)
  const to = new Int32Array(of.rows)
  let first = 0
  let last = 0
  for (let i = 0; i < of.rows; i++) {
    while (of.most[first]! <= i) first++
    while (last + 1 < steps && of.least[last + 1]! <= i) last++
    from[i] = against.least[first]!
    to[i] = against.most[last]!
  }
  return { from, to }
}

/** Whether no row i has two doubtful rows that are congruent to i modulo the block. */
function atMostOne(doubt: Doubt, block: number): boolean {
  for (let i = 0; i < doubt.from.length; i++) {
    const from = doubt.from[i]!
    // Block is a power of two, so & takes the remainder, also of a negative number.
    const second = from + ((i - from) & (block - 1)) + block
    if (second < doubt.to[i]!) return false
  }
  return true
}

function writeColumns(lefts: number, rights: number, doubt: Doubt, block: number): Columns {
  const height = Math.ceil(lefts / block) + Math.ceil(rights / block)
  const source = new Int32Array(height * block).fill(ONES)
  const pairs = new Uint8Array(height * block)
  for (let column = 0; column < block; column++) {
    let at = column
    let i = column
    let j = column
    while (i < lefts || j < rights) {
      const rightFirst = i >= lefts || (j < rights && j < doubt.from[i]!)
      if (rightFirst) {
        source[at] = lefts + j
        j += block
      } else {
        if (j < rights && j < doubt.to[i]!) pairs[at] = 1
        source[at] = i
        i += block
        if (pairs[at] === 1) {
          at += block
          source[at] = lefts + j
          j += block
        }
      }
      at += block
    }
  }
  return { block, source, pairs }
}
