/** The rules of a round: which make sense together, and what rows have to carry for them. */

import type { AggregateTerms } from './aggregates.ts'
import { type Conditions, hasConditions } from './conditions.ts'
import { fail } from './errors.ts'
import { type Labels, NO_LABELS, partnerLabels, sectorLabels } from './labels.ts'
import type { RoundPlan } from './plan.ts'
import { ROUNDED_TO } from './release.ts'

export type RoundRule = Conditions & {
  readonly id: string
  readonly t: number
  readonly output: 'list' | 'owners' | 'aggregates'
  /** With output `aggregates`, which is then the only rule of the round. */
  readonly aggregates?: AggregateTerms
}

/**
 * @param sectors of every partner of the plan
 * @throws ProtocolError `BAD_RULE`
 */
export function checkRules(
  plan: RoundPlan,
  rules: readonly RoundRule[],
  sectors: readonly string[] | undefined,
): void {
  const ids = new Set(rules.map((rule) => rule.id))
  if (rules.length === 0 || ids.size !== rules.length) fail('BAD_RULE')
  for (const rule of rules) {
    const { id, t, minSectors, reports } = rule
    const known = sectors?.length === plan.partners.length
    const fits =
      Number.isInteger(t) &&
      t >= 2 &&
      (reports === undefined ||
        (plan.reportBits === 2 && Number.isInteger(reports) && reports >= 1)) &&
      (minSectors === undefined || (known && Number.isInteger(minSectors) && minSectors >= 2)) &&
      aggregatesFit(plan, rule, rules)
    if (!fits) fail('BAD_RULE', { at: id })
  }
}

/** The terms of the round's one rule, where that opens counts. */
export function countedBy(rules: readonly RoundRule[]): AggregateTerms | undefined {
  return rules.find(({ aggregates }) => aggregates !== undefined)?.aggregates
}

/** What rows carry behind their keys. */
export function labelsFor(
  plan: RoundPlan,
  rules: readonly RoundRule[],
  included: readonly number[],
  sectors: readonly string[] | undefined,
): Labels {
  const terms = countedBy(rules)
  if (terms !== undefined && terms.show !== 'histogram') return partnerLabels(plan, included)
  const bySector = rules.some(({ minSectors }) => minSectors !== undefined)
  return bySector ? sectorLabels(plan, included, sectors!) : NO_LABELS
}

/** Another output beside aggregates would tell what they leave out. */
function aggregatesFit(plan: RoundPlan, rule: RoundRule, rules: readonly RoundRule[]): boolean {
  const { t, output, aggregates } = rule
  if (output !== 'aggregates') return aggregates === undefined
  if (aggregates === undefined || rules.length > 1 || hasConditions(rule) || t !== 2) return false
  const { show, minCell, from, upTo = 2 } = aggregates
  return (
    (from === undefined || (from === 1 && show !== 'overlaps' && plan.reportBits === 1)) &&
    Number.isSafeInteger(minCell) &&
    minCell >= ROUNDED_TO &&
    Number.isInteger(upTo) &&
    upTo >= 2
  )
}
