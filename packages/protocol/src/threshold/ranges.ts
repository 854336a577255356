/**
 * What is known of rows before they are compared. Validation bounds every entry of every list, so a
 * row of a side lies in a public range of cells, the values of x's leading bits. A comparator is left
 * out where the ranges stand in order already, and where they surely stand the wrong way round; leading
 * bits that are equal in all of both ranges are neither compared nor swapped. What is known follows from
 * public sizes alone, and what is left out would change nothing.
 */

import { ONES, refine, type Side } from './columns.ts'

/** Working rows, each in cells `lower` up to and including `upper`; all ones lie in a cell behind all others. */
export type Ranges = {
  readonly bits: number
  readonly lower: Int32Array
  readonly upper: Int32Array
}

/** @param source of each working row: a left row r as r, a right row r as left.rows + r, or ONES */
export function rangesOf(left: Side, right: Side, source: Int32Array): Ranges {
  const bits = Math.max(left.bits, right.bits)
  const sides = [cellsOf(refine(left, bits)), cellsOf(refine(right, bits))] as const
  const at = (which: 0 | 1) =>
    source.map((row) => {
      if (row === ONES) return 1 << bits
      return row < left.rows ? sides[0][which][row]! : sides[1][which][row - left.rows]!
    })
  return { bits, lower: at(0), upper: at(1) }
}

/** Whether `low` may be above `high`; no row of ones is above another. */
export function inDoubt({ bits, lower, upper }: Ranges, low: number, high: number): boolean {
  return upper[low]! >= lower[high]! && lower[high]! < 1 << bits
}

/** Whether `low` is surely above `high`. */
export function isReversed({ lower, upper }: Ranges, low: number, high: number): boolean {
  return lower[low]! > upper[high]!
}

/** How many leading bits are surely equal in both rows. */
export function commonBits({ bits, lower, upper }: Ranges, low: number, high: number): number {
  const first = Math.min(lower[low]!, lower[high]!)
  const last = Math.max(upper[low]!, upper[high]!)
  if (last === 1 << bits) return 0
  return bits - 32 + Math.clz32(first ^ last)
}

/** After the smaller went to `low`. */
export function order({ lower, upper }: Ranges, low: number, high: number): void {
  const [below, above] = [lower[low]!, upper[low]!]
  lower[low] = Math.min(below, lower[high]!)
  lower[high] = Math.max(below, lower[high]!)
  upper[low] = Math.min(above, upper[high]!)
  upper[high] = Math.max(above, upper[high]!)
}

/**
 * Row i is surely below cell g where i < least(g), and surely above it where i >= most(g); both grow
 * with g.
 */
function cellsOf({ rows, least, most }: Side): readonly [Int32Array, Int32Array] {
  const steps = least.length
  const lower = new Int32Array(rows)
  const upper = new Int32Array(rows)
  let first = 0
  let last = 0
  for (let i = 0; i < rows; i++) {
    while (most[first]! <= i) first++
    while (last + 1 < steps && least[last + 1]! <= i) last++
    lower[i] = first
    upper[i] = last
  }
  return [lower, upper]
}
