/** What aggregates may show, by the words of the rule: counted in the clear. */

import type { AggregateTerms } from '@drempel/protocol/threshold'

export type Shown = {
  readonly histogram: readonly (number | null)[]
  readonly overlaps: readonly (number | null)[]
}

/** Exact cells: classes of `from`, `from` + 1, ..., and pairs in order. */
export function cellsOf(
  lists: readonly (readonly string[])[],
  upTo = lists.length,
  from = 2,
): { histogram: number[]; overlaps: number[] } {
  const top = Math.min(upTo, lists.length)
  const holders = new Map<string, number[]>()
  lists.forEach((list, i) => {
    for (const value of new Set(list)) holders.set(value, [...(holders.get(value) ?? []), i])
  })
  const histogram = Array.from({ length: top - from + 1 }, () => 0)
  const overlaps: number[] = []
  for (const by of holders.values()) {
    if (by.length >= from) histogram[Math.min(by.length, top) - from]!++
  }
  lists.forEach((_, a) => {
    for (let b = a + 1; b < lists.length; b++)
      overlaps.push([...holders.values()].filter((by) => by.includes(a) && by.includes(b)).length)
  })
  return { histogram, overlaps }
}

export function shownOf(
  cells: { readonly histogram: readonly number[]; readonly overlaps: readonly number[] },
  { show, minCell, from }: AggregateTerms,
): Shown {
  const each = (count: number) => (count < minCell ? null : 10 * Math.floor((count + 5) / 10))
  const histogram = show === 'overlaps' ? [] : cells.histogram.map(each)
  const overlaps = show === 'histogram' ? [] : cells.overlaps.map(each)
  const whole = show === 'both' || from === 1
  const closed = whole && [...histogram, ...overlaps].includes(null)
  return { histogram: closed ? histogram.map(() => null) : histogram, overlaps }
}
