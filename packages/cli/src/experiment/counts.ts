/**
 * What a rule that only counts tells, computed in the clear: how many identifiers are held by so many
 * partners, and by each pair. Cells below the limit stay closed and the others are rounded to tens; a
 * histogram from one partner on, or with overlaps beside it, is open as a whole or not at all, since its
 * closed classes would follow from the rest.
 */

import { itemsOf } from './items.ts'
import type { CountRule, Material } from './model.ts'
import { finalCounts } from './reference.ts'

type Cells<Count> = {
  /** Of `from` partners, one more, ..., `upTo` or more. */
  readonly histogram: readonly Count[]
  readonly overlaps: readonly {
    readonly partners: readonly [number, number]
    readonly count: Count
  }[]
}

export type CountFinding = {
  readonly rule: CountRule
  readonly exact: Cells<number>
  /** Null: closed. */
  readonly shown: Cells<number | null>
  /** At most so much does anyone learn from it, in bits. */
  readonly bits: number
}

const ROUNDED_TO = 10

export function countFinding(rule: CountRule, material: Material): CountFinding {
  const exact = exactCells(rule, material)
  const shown = shownCells(rule, exact)
  const largest = Math.max(0, ...cellsOf(exact))
  return { rule, exact, shown, bits: cellsOf(exact).length * Math.log2(outcomes(rule, largest)) }
}

/** What nodes would open of these counts. */
export function shownCells(
  { show, minCell, from }: Pick<CountRule, 'show' | 'minCell' | 'from'>,
  exact: Cells<number>,
): Cells<number | null> {
  const opened = (count: number) =>
    count < minCell ? null : ROUNDED_TO * Math.floor((count + ROUNDED_TO / 2) / ROUNDED_TO)
  const overlaps = exact.overlaps.map(({ partners, count }) => ({ partners, count: opened(count) }))
  const whole = show === 'both' || from === 1
  const closed = whole && cellsOf(exact).some((count) => count < minCell)
  return { histogram: exact.histogram.map((count) => (closed ? null : opened(count))), overlaps }
}

export function cellsOf<Count>({ histogram, overlaps }: Cells<Count>): readonly Count[] {
  return [...histogram, ...overlaps.map(({ count }) => count)]
}

function exactCells(rule: CountRule, material: Material): Cells<number> {
  const { show, from, upTo } = rule
  const { partners } = material
  const classes = Array.from({ length: upTo - from + 1 }, () => 0)
  const both = partners.map(() => partners.map(() => 0))
  for (const { item } of itemsOf(material, rule.kind)) {
    const holders = finalCounts(item, rule, material).flatMap((count, i) => (count > 0 ? [i] : []))
    if (holders.length >= from) classes[Math.min(holders.length, upTo) - from]!++
    for (const [i, a] of holders.entries()) for (const b of holders.slice(i + 1)) both[a]![b]!++
  }
  const pairs = partners.flatMap((_, a) =>
    partners.slice(a + 1).map((_, i) => [a, a + 1 + i] as const),
  )
  return {
    histogram: show === 'overlaps' ? [] : classes,
    overlaps:
      show === 'histogram'
        ? []
        : pairs.map(([a, b]) => ({ partners: [a, b], count: both[a]![b]! })),
  }
}

/** Of one cell: closed, or a ten from the limit up to the largest there is. */
function outcomes({ minCell }: CountRule, largest: number): number {
  const ten = (count: number) => Math.floor((count + ROUNDED_TO / 2) / ROUNDED_TO)
  return largest < minCell ? 1 : 2 + ten(largest) - ten(minCell)
}
