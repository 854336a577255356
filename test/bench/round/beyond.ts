/** Rules that ask for more than a number of holders, and what meets them, counted in the clear. */

import type { Aggregates, RoundRule } from '@drempel/protocol/threshold'
import { countInTheClear, synthetic, type Workload } from './workloads.ts'

export type Beyond = 'sectors' | 'reports' | 'aggregates'

const COUNTED = { show: 'both', minCell: 10 } as const

/** Partners take turns at three sectors, and at one to three reports of all they flagged. */
export const sectorOf = (partner: number) => ['bank', 'platform', 'telecom'][partner % 3]!
export const reportsOf = (partner: number) => 1 + (partner % 3)

/** At least t lists, of two sectors or with one report more than lists; or counts from two lists on. */
export function beyondCount(sizes: readonly number[], t: number, label: Beyond): Workload {
  const made = synthetic(sizes, t, {})
  const rules: Record<Beyond, RoundRule> = {
    sectors: { id: label, t, output: 'list', minSectors: 2 },
    reports: { id: label, t, output: 'list', reports: t + 1 },
    aggregates: { id: label, t: 2, output: 'aggregates', aggregates: COUNTED },
  }
  return { ...made, rounds: [{ rules: [rules[label]], goals: {}, label }] }
}

/** Whether a value meets the rule. */
export function meetingIn(
  lists: readonly (readonly string[])[],
  { t, minSectors = 1, reports = 1 }: RoundRule,
): (value: string) => boolean {
  const counts = countInTheClear(lists)
  if (minSectors === 1 && reports === 1) return (value) => counts.get(value)! >= t
  const sectors = new Map<string, Set<string>>()
  const reported = new Map<string, number>()
  for (const [partner, list] of lists.entries()) {
    for (const value of list) {
      // Whatever else, a value of too few lists does not meet it.
      if (counts.get(value)! < t) continue
      sectors.set(value, (sectors.get(value) ?? new Set()).add(sectorOf(partner)))
      reported.set(value, (reported.get(value) ?? 0) + reportsOf(partner))
    }
  }
  return (value) =>
    (sectors.get(value)?.size ?? 0) >= minSectors && (reported.get(value) ?? 0) >= reports
}

/** What two lists or more have, by how many have it and by pairs of lists. */
export function aggregatesIn(lists: readonly (readonly string[])[]): Aggregates {
  const holders = new Map<string, number[]>()
  for (const [partner, list] of lists.entries())
    for (const value of list) holders.set(value, [...(holders.get(value) ?? []), partner])
  const histogram = Array.from({ length: lists.length - 1 }, () => 0)
  const pairs = lists.flatMap((_, a) => lists.slice(a + 1).map((_, i) => [a, a + 1 + i] as const))
  const shared = new Map<string, number>()
  for (const by of holders.values()) {
    if (by.length >= 2) histogram[by.length - 2]!++
    for (const a of by) {
      for (const b of by) if (a < b) shared.set(`${a} ${b}`, (shared.get(`${a} ${b}`) ?? 0) + 1)
    }
  }
  const shown = (count: number) =>
    count < COUNTED.minCell ? null : 10 * Math.floor((count + 5) / 10)
  const overlaps = pairs.map((partners) => {
    return { partners, count: shown(shared.get(partners.join(' ')) ?? 0) }
  })
  const open = [...histogram.map(shown), ...overlaps.map(({ count }) => count)]
  const closed = open.includes(null)
  return { histogram: histogram.map((count) => (closed ? null : shown(count))), overlaps }
}
