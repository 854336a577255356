/** An experiment's rules as terms of a convenant; not all may stand in one. */

import type { RuleChoice } from '@drempel/protocol/convenant'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import type { CountRule, Material, Rule } from './model.ts'

/** Rules that go into one convenant, and into which rounds. */
export type Terms = {
  readonly choices: readonly RuleChoice[]
  readonly rounds: readonly RoundRules[]
}

export type RoundRules = {
  readonly kind: IdentifierKind
  readonly listAgeDays: number
  readonly rules: readonly Rule[]
  /** Alone of its kind in a convenant, and then there are no others in the round. */
  readonly counted: CountRule | undefined
}

type Partners = Pick<Material, 'partners'>

/**
 * The rules that name identifiers in one convenant; those that count in as many more as there are of a
 * kind, since each is the only one of its kind and a second release has to wait.
 */
export function termsOf(
  rules: readonly Rule[],
  counted: readonly CountRule[],
  material: Partners,
): Terms[] {
  const choices = new Map(rules.map((rule) => [protocolId(rule), choiceOf(rule, material)!]))
  const named: Terms = { choices: [...choices.values()], rounds: groupsOf(rules) }
  const turns: CountRule[][] = []
  for (const rule of counted) {
    const turn = turns.find((others) => others.every(({ kind }) => kind !== rule.kind))
    if (turn === undefined) turns.push([rule])
    else turn.push(rule)
  }
  const counting = turns.map((turn): Terms => {
    const rounds = turn.map((rule) => {
      return { kind: rule.kind, listAgeDays: rule.listAgeDays, rules: [], counted: rule }
    })
    return { choices: turn.map(countChoice), rounds }
  })
  return [...(rules.length > 0 ? [named] : []), ...counting]
}

/** A rule as a convenant says it; undefined when none may. Age is a matter of what is imported. */
export function choiceOf(rule: Rule, { partners }: Partners): RuleChoice | undefined {
  const { kind, t, sectors, reports, output } = rule
  if (partners.length < Math.max(3, t + 1)) return undefined
  if (sectors > 1 && tellsWho(sectors, partners)) return undefined
  return {
    ...{ kind, t, output },
    ...(sectors > 1 ? { minSectors: sectors } : {}),
    // Up to t every flag counts for a report anyway.
    ...(reports > t ? { reports } : {}),
  }
}

function countChoice({ kind, show, minCell, from, upTo }: CountRule): RuleChoice {
  const first = from === 1 ? { from } : {}
  return {
    ...{ kind, t: 2, output: 'aggregates' },
    aggregates: { show, minCell, upTo, everyDays: 1, ...first },
  }
}

/** As a drafted convenant names it. */
export function protocolId({ kind, t, sectors, reports, output }: Rule): string {
  return [
    ...[kind, `t${t}`],
    ...(sectors > 1 ? [`s${sectors}`] : []),
    ...(reports > t ? [`r${reports}`] : []),
    ...(output === 'owners' ? ['owners'] : []),
  ].join('-')
}

/** Too few sectors, or all are needed and one has a single partner: who hears the result knows who. */
function tellsWho(needed: number, partners: Material['partners']): boolean {
  const sizes = new Map<string, number>()
  for (const { sector } of partners) sizes.set(sector, (sizes.get(sector) ?? 0) + 1)
  return needed > sizes.size || (needed === sizes.size && [...sizes.values()].includes(1))
}

/** Longest age first: lists then only shrink, since what was withdrawn may not come back. */
function groupsOf(rules: readonly Rule[]): RoundRules[] {
  const groups = new Map<string, { kind: IdentifierKind; listAgeDays: number; rules: Rule[] }>()
  for (const rule of rules) {
    const { kind, listAgeDays } = rule
    const group = groups.get(`${kind} ${listAgeDays}`) ?? { kind, listAgeDays, rules: [] }
    groups.set(`${kind} ${listAgeDays}`, group)
    group.rules.push(rule)
  }
  const age = (days: number) => (days === 0 ? Number.POSITIVE_INFINITY : days)
  return [...groups.values()]
    .map((group) => ({ ...group, counted: undefined }))
    .sort((a, b) => {
      const [x, y] = [age(a.listAgeDays), age(b.listAgeDays)]
      return x === y ? 0 : y > x ? 1 : -1
    })
}
