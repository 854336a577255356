/** The rules that a sweep stands for, in its order, each once; those that only count apart. */

import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { type Audience, type CountRule, MOST_REPORTS, type Rule } from './model.ts'
import type { Experiment } from './schema.ts'

export function rulesOf({ rules, partners }: Experiment): Rule[] {
  const found = new Map<string, Rule>()
  for (const sweep of rules) {
    const { output } = sweep
    if (output === 'aggregates') continue
    const consumers = partners.flatMap(({ id }, i) =>
      sweep.consumers === 'all' || sweep.consumers.includes(id) ? [i] : [],
    )
    const only =
      consumers.length === partners.length ? undefined : { only: among(consumers, partners) }
    for (const kind of sweep.kinds)
      for (const t of sweep.t ?? [])
        for (const sectors of sweep.sectors)
          for (const reports of sweep.reports)
            for (const listAgeDays of sweep.listAgeDays) {
              const rule = { kind, t, sectors, reports, listAgeDays, output, consumers, ...only }
              // More sectors than partners, or more reports than can count, is met by nothing.
              if (t > partners.length || sectors > t) continue
              if (reports > MOST_REPORTS * partners.length) continue
              const id = idOf(rule, only === undefined ? [] : consumers.map((i) => partners[i]!.id))
              found.set(id, { id, ...rule })
            }
  }
  return [...found.values()]
}

/** The rules that only count. */
export function countRulesOf({ rules, partners }: Experiment): CountRule[] {
  const found = new Map<string, CountRule>()
  for (const { kinds, listAgeDays: ages, output, aggregates = DEFAULTS } of rules) {
    if (output !== 'aggregates') continue
    const upTo = Math.min(aggregates.upTo ?? partners.length, partners.length)
    for (const kind of kinds)
      for (const show of aggregates.show)
        for (const minCell of aggregates.minCell)
          for (const from of show === 'overlaps' ? [2 as const] : aggregates.from)
            for (const listAgeDays of ages) {
              const rule = { kind, show, minCell, from, upTo, listAgeDays }
              const id = [
                ...[kind, 'counts', show, `c${minCell}`],
                ...(from === 1 ? ['alone'] : []),
                ...(listAgeDays > 0 ? [`d${listAgeDays}`] : []),
              ].join('-')
              found.set(id, { id, ...rule })
            }
  }
  return [...found.values()]
}

const DEFAULTS: NonNullable<Experiment['rules'][number]['aggregates']> = {
  show: ['both'],
  minCell: [10],
  from: [2],
}

/** Of all rules, in their order. */
export function kindsOf({ rules }: Pick<Experiment, 'rules'>): IdentifierKind[] {
  return [...new Set(rules.flatMap(({ kinds }) => kinds))]
}

function idOf(
  { kind, t, sectors, reports, listAgeDays, output }: Omit<Rule, 'id'>,
  only: readonly string[],
): string {
  return [
    kind,
    `t${t}`,
    ...(sectors > 1 ? [`s${sectors}`] : []),
    ...(reports > 0 ? [`r${reports}`] : []),
    ...(listAgeDays > 0 ? [`d${listAgeDays}`] : []),
    ...(output === 'owners' ? ['owners'] : []),
    ...(only.length > 0 ? ['for', ...only] : []),
  ].join('-')
}

/** Some partners, as whole sectors where they are just that. */
function among(consumers: readonly number[], partners: Experiment['partners']): Audience {
  const told = (i: number) => consumers.includes(i)
  const sectors = [...new Set(consumers.map((i) => partners[i]!.sector))]
  const whole = partners.every(({ sector }, i) => told(i) === sectors.includes(sector))
  return whole ? { sectors } : { names: consumers.map((i) => partners[i]!.name) }
}
