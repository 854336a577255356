/**
 * What one compute node sends to another in a round, before there is one: every AND is a bit. Follows
 * from public sizes and the rules, as the messages do; for nodes near each other, since over slow links
 * comparisons take more bits and fewer messages (blocks.ts).
 */

import { blocksFor } from './blocks.ts'
import { boundBits } from './bounds.ts'
import { type Group, groupsOf, PLANE_BYTES } from './group.ts'
import { mergeNetwork } from './network.ts'
import type { RoundPlan } from './plan.ts'
import { labelsFor, type RoundRule } from './rules.ts'
import { pairsOf, type Schedule, scheduleOf } from './schedule.ts'

const NEAR_MS = 0.2
/** Of a row that is shuffled, in both messages together. */
const SHUFFLED_BYTES = 24.2

/**
 * Bytes that each of the three compute nodes sends, to a few percent.
 * @param sectors of every partner of the plan, where a rule asks for some
 */
export function computeBytes(
  plan: RoundPlan,
  rules: readonly RoundRule[],
  sectors?: readonly string[],
): number {
  const everyone = plan.partners.map((_, partner) => partner)
  const schedule = scheduleOf(mergeNetwork(plan, everyone))
  const labels = plan.reportBits + labelsFor(plan, rules, everyone, sectors).bits
  const owners = rules.filter(({ output }) => output === 'owners').length
  const swapped = plan.width + labels + owners
  const row = rowAnds(plan, rules, sectors)
  let ands = 0
  for (const group of groupsOf(plan, PLANE_BYTES)) {
    const lanes = 32 * group.words
    ands +=
      lanes * (mergeAnds(plan, schedule, group, swapped) + checkAnds(plan, group) + plan.rows * row)
  }
  const listed = rules.filter(({ output }) => output === 'list').map(({ t }) => t)
  const opened = listed.length === 0 ? 0 : (plan.bins * plan.rows) / Math.min(...listed)
  return Math.round(ands / 8 + SHUFFLED_BYTES * opened)
}

/** In one lane. */
function mergeAnds(plan: RoundPlan, { steps }: Schedule, group: Group, swapped: number): number {
  return steps.reduce((total, runs) => {
    const pairs = pairsOf(runs)
    return total + pairs * (compareAnds(plan.orderBits, pairs, group) + swapped)
  }, 0)
}

/** Of one pair, when so many are compared together. */
function compareAnds(orderBits: number, pairs: number, { words }: Group): number {
  const blocks = blocksFor(orderBits, pairs * words, NEAR_MS)
  const height = Math.ceil(orderBits / blocks)
  const count = Math.ceil(orderBits / height)
  let combined = 0
  for (let distance = 1; distance < count; distance *= 2) {
    for (let high = 0; high + distance < count; high += 2 * distance)
      combined += high + 2 * distance < count ? 2 : 1
  }
  return orderBits + (count - 1) * height + combined
}

/** Of what lists are checked for, in one lane. */
function checkAnds(plan: RoundPlan, group: Group): number {
  const bounds = plan.partners.reduce((sum, { factor, slots }) => {
    return sum + 2 * slots * boundBits(factor * plan.base)
  }, 0)
  return bounds + plan.rows * (compareAnds(plan.width, plan.rows, group) + 1)
}

/** Of the scan, a row: equality, and what each rule asks of a run, its doublings counted. */
function rowAnds(
  plan: RoundPlan,
  rules: readonly RoundRule[],
  sectors: readonly string[] | undefined,
): number {
  const partners = plan.partners.length
  const levels = Math.ceil(Math.log2(partners))
  let ands = plan.width
  for (const { t, minSectors, reports, aggregates } of rules) {
    if (aggregates !== undefined) {
      const { show, from, upTo = partners } = aggregates
      if (show !== 'overlaps') ands += 4 * (Math.min(upTo, partners) - 1) + (from === 1 ? 3 : 0)
      if (show !== 'histogram') ands += partners * (1 + levels + (3 * (partners - 1)) / 2)
      continue
    }
    ands += 2 * Math.ceil(Math.log2(t))
    if (minSectors !== undefined) ands += (2 * new Set(sectors).size + 1) * levels + 8
    if (reports !== undefined) ands += 9 * Math.min(levels, Math.ceil(Math.log2(reports)))
  }
  return ands
}
