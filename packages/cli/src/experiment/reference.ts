/**
 * What a rule finds, computed in the clear. With the meaning that the protocol's rules have: at least
 * t partners from at least s sectors; with reports, the sum of the partners' counts, each saturating
 * at three. t is 2 or more, so that no one partner meets a rule alone.
 */

import { type Item, type Material, MOST_REPORTS, type Rule } from './model.ts'

/** What of a rule decides whether it is met; t = 1 is pooling, which no convenant allows. */
export type Threshold = Pick<Rule, 't' | 'sectors' | 'reports' | 'listAgeDays'> & {
  /** Where a partner's count saturates; as the protocol's does unless given. */
  readonly most?: number
}

/** Everything on one heap: whatever anybody flagged. Victims are repeated ones from two reports on. */
export const POOLING: Readonly<Record<Material['sought'], Threshold>> = {
  offenders: { t: 1, sectors: 1, reports: 1, listAgeDays: 0 },
  victims: { t: 1, sectors: 1, reports: 2, listAgeDays: 0 },
}

/** Per partner, how many reports count. */
export type Counts = readonly number[]

/** @param sectorOf a small number for each partner's sector */
export function isMet(rule: Threshold, counts: Counts, sectorOf: readonly number[]): boolean {
  let partners = 0
  let reports = 0
  let sectors = 0
  for (const [partner, count] of counts.entries()) {
    if (count === 0) continue
    partners++
    reports += Math.min(count, rule.most ?? MOST_REPORTS)
    sectors |= 1 << sectorOf[partner]!
  }
  return partners >= rule.t && reports >= rule.reports && bits(sectors) >= rule.sectors
}

/**
 * The counts at each round that heard something new; the last round is on the last day. Between two flags only expire, so that a
 * rule that was not met does not become met.
 */
export function* states(
  item: Item,
  { listAgeDays }: Pick<Threshold, 'listAgeDays'>,
  { partners, lastDay }: Pick<Material, 'partners' | 'lastDay'>,
  everyDays: number,
): Generator<{ readonly day: number; readonly counts: Counts }> {
  const { reports } = item
  const counts = partners.map(() => 0)
  let from = 0
  for (let until = 0; until < reports.length; ) {
    if (reports[until]!.day > lastDay) return
    const day = Math.min(lastDay, Math.ceil(reports[until]!.day / everyDays) * everyDays)
    while (until < reports.length && reports[until]!.day <= day) {
      counts[reports[until]!.partner]!++
      until++
    }
    if (listAgeDays > 0) {
      while (from < until && reports[from]!.day <= day - listAgeDays) {
        counts[reports[from]!.partner]!--
        from++
      }
    }
    yield { day, counts }
  }
}

/** The day of the first round in which the rule was met; null: in none. */
export function firstMet(
  item: Item,
  rule: Threshold,
  material: Material,
  sectorOf: readonly number[],
  everyDays: number,
): number | null {
  for (const { day, counts } of states(item, rule, material, everyDays)) {
    if (isMet(rule, counts, sectorOf)) return day
  }
  return null
}

/** The counts of the flags that are in force on the last day. */
export function finalCounts(
  { reports }: Item,
  { listAgeDays }: Pick<Threshold, 'listAgeDays'>,
  { partners, lastDay }: Pick<Material, 'partners' | 'lastDay'>,
): number[] {
  const counts = partners.map(() => 0)
  for (const { day, partner } of reports) {
    if (day <= lastDay && (listAgeDays === 0 || day > lastDay - listAgeDays)) counts[partner]!++
  }
  return counts
}

/** A small number for each partner's sector. */
export function sectorNumbers({ partners }: Pick<Material, 'partners'>): number[] {
  const names = [...new Set(partners.map(({ sector }) => sector))]
  return partners.map(({ sector }) => names.indexOf(sector))
}

export function bits(mask: number): number {
  let count = 0
  for (let left = mask; left !== 0; left &= left - 1) count++
  return count
}
