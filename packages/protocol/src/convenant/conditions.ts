/**
 * What a rule may ask beside a number of holders, and when such a rule would tell who they are: if it
 * can only be met with a sector of one member, whoever hears that it is met knows that member flagged.
 */

import { type ConvenantProblem, problem } from './problem.ts'
import type { Convenant, Rule } from './schema.ts'
import { memberOf } from './shares.ts'

/** Reports that one flag counts for at most. */
export const MOST_REPORTS = 3

/** What must hold between a rule's conditions, its threshold and the members. */
export function* conditionProblems(
  c: Convenant,
  rule: Rule,
  path: string,
): Generator<ConvenantProblem> {
  const { minSectors, reports, t } = rule
  const bad = (field: string, hint: string) => problem('RULE_CONDITION', `${path}.${field}`, hint)
  if (minSectors !== undefined) {
    const members = c.members.map(({ id }) => id)
    if (minSectors > t) yield bad('minSectors', 'at most t: so many members have no more sectors')
    if (minSectors > sectorSizes(c, members).length)
      yield bad('minSectors', 'more than the members have')
    if (sectorAlone(c, rule, members))
      yield bad('minSectors', 'every sector is needed then, and one of them has one member')
  }
  if (reports !== undefined) {
    if (reports <= t) yield bad('reports', 'above t: a flag counts for one report at least')
    if (reports > MOST_REPORTS * c.members.length)
      yield bad('reports', 'more than all members together can have')
  }
}

/**
 * A list or an answer beside aggregates would have exact numbers of which the closed counts follow, and
 * so would a second rule of aggregates: hence alone for their kind.
 */
export function* aggregateProblems(
  c: Convenant,
  rule: Rule,
  path: string,
): Generator<ConvenantProblem> {
  const bad = (field: string, hint: string) => problem('RULE_AGGREGATES', `${path}${field}`, hint)
  if ((rule.output === 'aggregates') !== (rule.aggregates !== undefined))
    yield bad('.aggregates', 'what to show, for output aggregates and no other')
  if (rule.aggregates?.from !== undefined && rule.aggregates.show === 'overlaps')
    yield bad('.aggregates.from', 'of the histogram, which is not shown')
  if (rule.output !== 'aggregates') return
  if (c.rules.some(({ id, kind }) => id !== rule.id && kind === rule.kind))
    yield bad('', `must be the only rule of ${rule.kind}: others would tell what it leaves out`)
  if (rule.t !== 2 || rule.minSectors !== undefined || rule.reports !== undefined)
    yield bad('.t', 'counts what two members or more hold, without conditions')
}

/** Whether meeting the rule takes a sector that only one of `contributors` is of. */
export function sectorAlone(
  c: Convenant,
  { minSectors }: Rule,
  contributors: readonly string[],
): boolean {
  if (minSectors === undefined) return false
  const sizes = sectorSizes(c, contributors)
  return sizes.length === minSectors && sizes.includes(1)
}

/** Rules of one kind with equal words here have equal lists. */
export function thresholdOf({ t, minSectors, reports }: Rule): string {
  return JSON.stringify([t, minSectors ?? null, reports ?? null])
}

function sectorSizes(c: Convenant, contributors: readonly string[]): number[] {
  const sizes = new Map<string, number>()
  for (const id of contributors) {
    const sector = memberOf(c, id)?.sector
    if (sector !== undefined) sizes.set(sector, (sizes.get(sector) ?? 0) + 1)
  }
  return [...sizes.values()]
}
