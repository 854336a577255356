/**
 * What each partner adds to what a rule finds: how much is lost without it, and its Shapley value
 * (Shapley 1953), the mean of what it adds over all orders in which partners could join; exact, so
 * for at most twelve partners. Shapley values add up to what all find together.
 */

import { itemsOf } from './items.ts'
import { isSought, type Material, MOST_REPORTS, type Rule } from './model.ts'
import type { ParameterValues } from './parameters.ts'
import { bits, sectorNumbers, states } from './reference.ts'

export type PartnerValue = {
  readonly partner: string
  /** Found by all, less found by all others. */
  readonly lostWithout: number
  /** Null with more than twelve partners. */
  readonly shapley: number | null
  readonly listed: number
}

const MOST_PARTNERS = 12

/** Counts what is sought; where the truth is not known, all. */
export function partnerValues(
  rule: Rule,
  material: Material,
  values: ParameterValues,
): PartnerValue[] {
  const patterns = patternsOf(rule, material, values)
  const worth = coalitionWorth(rule, patterns, sectorNumbers(material))
  const { partners } = material
  const everyone = 2 ** partners.length - 1
  const all = worth(everyone)
  const shapley =
    partners.length <= MOST_PARTNERS ? shapleyValues(partners.length, worth) : undefined
  const listed = partners.map(() => 0)
  for (const { item } of itemsOf(material, rule.kind)) {
    for (const partner of new Set(item.reports.map((report) => report.partner))) listed[partner]!++
  }
  return partners.map(({ id }, i) => ({
    partner: id,
    lostWithout: all - worth(everyone - 2 ** i),
    shapley: shapley?.[i] ?? null,
    listed: listed[i]!,
  }))
}

/** How many identifiers went through these states; a state is the partners' saturated counts. */
type Pattern = { readonly states: readonly (readonly number[])[]; items: number }

function patternsOf(
  rule: Rule,
  material: Material,
  { roundEveryDays }: ParameterValues,
): Pattern[] {
  const found = new Map<string, Pattern>()
  for (const { item } of itemsOf(material, rule.kind)) {
    if (material.truth && !isSought(item.holder)) continue
    const reached = new Map<string, number[]>()
    for (const { counts } of states(item, rule, material, roundEveryDays)) {
      const state = counts.map((count) => Math.min(count, rule.reports > 0 ? MOST_REPORTS : 1))
      // Flags that do not expire only add up: the last state says all.
      if (rule.listAgeDays === 0) reached.clear()
      reached.set(state.join(), state)
    }
    if (reached.size === 0) continue
    const key = [...reached.keys()].sort().join(';')
    const pattern = found.get(key)
    if (pattern === undefined) found.set(key, { states: [...reached.values()], items: 1 })
    else pattern.items++
  }
  return [...found.values()]
}

function coalitionWorth(
  rule: Rule,
  patterns: readonly Pattern[],
  sectorOf: readonly number[],
): (coalition: number) => number {
  const met = (state: readonly number[], coalition: number): boolean => {
    let [partners, reports, sectors] = [0, 0, 0]
    for (const [partner, count] of state.entries()) {
      if (count === 0 || (coalition / 2 ** partner) % 2 < 1) continue
      partners++
      reports += count
      sectors |= 1 << sectorOf[partner]!
    }
    return partners >= rule.t && reports >= rule.reports && bits(sectors) >= rule.sectors
  }
  const known = new Map<number, number>()
  return (coalition) => {
    const before = known.get(coalition)
    if (before !== undefined) return before
    let worth = 0
    for (const { states: reached, items } of patterns) {
      if (reached.some((state) => met(state, coalition))) worth += items
    }
    known.set(coalition, worth)
    return worth
  }
}

function shapleyValues(count: number, worth: (coalition: number) => number): number[] {
  const factorial = [1]
  for (let i = 1; i <= count; i++) factorial.push(factorial[i - 1]! * i)
  return Array.from({ length: count }, (_, partner) => {
    let sum = 0
    for (let others = 0; others < 1 << count; others++) {
      if (others & (1 << partner)) continue
      const size = bits(others)
      const weight = (factorial[size]! * factorial[count - size - 1]!) / factorial[count]!
      sum += weight * (worth(others | (1 << partner)) - worth(others))
    }
    return sum
  })
}
