/**
 * What one rule finds in a world: over the whole time and on the last day, of whom, how early, and
 * what it could prevent.
 */

import { Clusters } from './clusters.ts'
import { itemsOf, type Located } from './items.ts'
import {
  HOLDERS,
  type Holder,
  type Item,
  isSought,
  isWronged,
  type Material,
  type Rule,
} from './model.ts'
import type { ParameterValues } from './parameters.ts'
import {
  finalCounts,
  firstMet,
  isMet,
  POOLING,
  sectorNumbers,
  type Threshold,
} from './reference.ts'
import { type Proportion, proportion, type Quantiles, quantiles } from './statistics.ts'

export type HolderCounts = Readonly<Record<Holder | 'unknown', number>>

/** Of a rule, of pooling, or of a sector alone. */
export type Finding = {
  /** Identifiers over the threshold in some round. */
  readonly ever: number
  /** On the last day: what a round publishes then. */
  readonly final: number
  readonly holders: HolderCounts
  /** Of all that is sought: what offenders and mules used. Null where the truth is not known. */
  readonly detected: Proportion | null
  readonly campaigns: Proportion | null
  /** Holders who did nothing, of all that was found and whose holder is known. */
  readonly wrong: Proportion | null
  /** Days from the first flag anywhere to the round that found it. */
  readonly wait: Quantiles | null
  /** Victims and euros that measures would have saved, expected. */
  readonly saved: { readonly victims: number; readonly euro: number; readonly of: number } | null
}

export type RuleFinding = Finding & {
  readonly rule: Rule
  /** Per partner, what it learns on the last day. */
  readonly learns: readonly Learned[]
  /** Holders who did nothing, times the partners that are told of them. */
  readonly exposures: number
  /** Days that consumers knew it before they flagged it by themselves. */
  readonly lead: Quantiles | null
  /** Pairs of a consumer and an identifier over the threshold that it never flagged. */
  readonly newToConsumers: number
  /** Per partner: what it knows of what is sought, by itself and with the rule. */
  readonly knows: readonly { readonly alone: number; readonly together: number }[]
}

export type Learned = {
  /** Own flags in force. */
  readonly own: number
  readonly ownOver: number
  /** Over the threshold and not an own flag: what it may learn by asking. */
  readonly others: number
}

export function evaluateRule(rule: Rule, material: Material, values: ParameterValues): RuleFinding {
  const kindItems = itemsOf(material, rule.kind)
  const found = find(rule, kindItems, material, values)
  const over = kindItems.filter(({ at }) => found.days.has(at))
  const lead: number[] = []
  let newToConsumers = 0
  let exposures = 0
  for (const { item, at } of over) {
    const day = found.days.get(at)!
    const first = firstDays(item)
    let told = 0
    for (const partner of rule.consumers) {
      const own = first.get(partner)
      if (rule.output === 'list' || own !== undefined) told++
      if (rule.output === 'owners') continue
      if (own === undefined) newToConsumers++
      else if (own > day) lead.push(own - day)
    }
    if (isWronged(item.holder)) exposures += told
  }
  return {
    rule,
    ...found.finding,
    learns: learned(rule, kindItems, material),
    exposures,
    lead: material.dated ? quantiles(lead) : null,
    newToConsumers,
    knows: known(rule, kindItems, found.days, material),
  }
}

/**
 * As one rule of t = 1: what all partners, or those of a sector, have between them.
 * @param reports from how many reports on, all of them counted; as pooling unless given
 */
export function evaluatePool(
  kind: Rule['kind'],
  material: Material,
  values: ParameterValues,
  sector?: string,
  reports?: number,
): Finding {
  const pooling = POOLING[material.sought]
  const threshold = reports === undefined ? pooling : { ...pooling, reports, most: Infinity }
  const own = new Set(
    material.partners.flatMap((partner, i) =>
      sector === undefined || partner.sector === sector ? [i] : [],
    ),
  )
  const items = itemsOf(material, kind).map(({ item, at, first }) => ({
    ...{ at, first },
    item: { ...item, reports: item.reports.filter(({ partner }) => own.has(partner)) },
  }))
  return find(threshold, items, material, values).finding
}

/** How many that did nothing are among what was found. */
export function wronged({ holders }: Pick<Finding, 'holders'>): number {
  return HOLDERS.reduce((sum, name) => sum + (isWronged(name) ? holders[name] : 0), 0)
}

/** What counts as found: what was sought, or all where the truth is not known. */
export function yieldOf({ detected, ever }: Finding): number {
  return detected === null ? ever : detected.count
}

/** Part of what pooling finds. Null when pooling finds nothing. */
export function yieldShare(finding: Finding, pooling: Finding): number | null {
  return yieldOf(pooling) === 0 ? null : yieldOf(finding) / yieldOf(pooling)
}

function find(
  threshold: Threshold,
  items: readonly Located[],
  material: Material,
  values: ParameterValues,
): { finding: Finding; days: ReadonlyMap<number, number> } {
  const sectorOf = sectorNumbers(material)
  const days = new Map<number, number>()
  const holders = { ...NOBODY }
  const campaigns = new Set<number>()
  const foundCampaigns = new Set<number>()
  const clusters = new Clusters()
  const waits: number[] = []
  let [final, used, detected] = [0, 0, 0]
  for (const { item, at, first } of items) {
    const sought = isSought(item.holder)
    if (sought) used++
    for (const campaign of item.campaigns) campaigns.add(campaign)
    const day = firstMet(item, threshold, material, sectorOf, values.roundEveryDays)
    if (sought) clusters.add(item, day !== null)
    if (isMet(threshold, finalCounts(item, threshold, material), sectorOf)) final++
    if (day === null) continue
    days.set(at, day)
    holders[item.holder ?? 'unknown']++
    if (sought) detected++
    for (const campaign of item.campaigns) foundCampaigns.add(campaign)
    waits.push(day - first)
  }
  const { truth, dated } = material
  return {
    days,
    finding: {
      ever: days.size,
      final,
      holders,
      detected: truth ? proportion(detected, used, clusters.effect()) : null,
      campaigns: campaigns.size === 0 ? null : proportion(foundCampaigns.size, campaigns.size),
      wrong: truth ? proportion(wronged({ holders }), days.size - holders.unknown) : null,
      wait: dated ? quantiles(waits) : null,
      saved: savedBy(days, material, values),
    },
  }
}

/**
 * A victim is spared, with the chance that measures work, when something that it met was over the
 * threshold long enough before. That fewer victims would also report less is left out.
 */
function savedBy(
  days: ReadonlyMap<number, number>,
  { victims }: Material,
  { actDays, effectiveness }: ParameterValues,
): Finding['saved'] {
  if (victims.length === 0) return null
  let [count, euro] = [0, 0]
  for (const victim of victims) {
    const warned = victim.items.some((at) => {
      const day = days.get(at)
      return day !== undefined && day + actDays < victim.day
    })
    if (!warned) continue
    count += effectiveness
    euro += effectiveness * victim.euro
  }
  return { victims: count, euro, of: victims.length }
}

function firstDays({ reports }: Item): ReadonlyMap<number, number> {
  const first = new Map<number, number>()
  for (const { day, partner } of reports) if (!first.has(partner)) first.set(partner, day)
  return first
}

function known(
  rule: Rule,
  items: readonly Located[],
  days: ReadonlyMap<number, number>,
  { partners, truth, sought }: Material,
): RuleFinding['knows'] {
  const least = POOLING[sought].reports
  const all = partners.map(() => ({ alone: 0, together: 0 }))
  for (const { item, at } of items) {
    if (truth && !isSought(item.holder)) continue
    const counts = partners.map(() => 0)
    for (const { partner } of item.reports) counts[partner]!++
    const [over, listed] = [days.has(at), rule.output === 'list']
    for (const [partner, count] of all.entries()) {
      const knew = counts[partner]! >= least
      const hears = rule.consumers.includes(partner) && (listed || counts[partner]! > 0)
      if (knew) count.alone++
      if (knew || (over && hears)) count.together++
    }
  }
  return all
}

function learned(rule: Rule, items: readonly Located[], material: Material): Learned[] {
  const sectorOf = sectorNumbers(material)
  const all = material.partners.map(() => ({ own: 0, ownOver: 0, others: 0 }))
  for (const { item } of items) {
    const counts = finalCounts(item, rule, material)
    const over = isMet(rule, counts, sectorOf)
    for (const [partner, mine] of all.entries()) {
      if (counts[partner]! > 0) mine.own++
      if (!over || !rule.consumers.includes(partner)) continue
      if (counts[partner]! > 0) mine.ownOver++
      else if (rule.output === 'list') mine.others++
    }
  }
  return all
}

const NOBODY = Object.fromEntries([...HOLDERS, 'unknown'].map((name) => [name, 0])) as {
  -readonly [K in keyof HolderCounts]: number
}
