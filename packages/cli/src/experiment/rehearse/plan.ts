/**
 * Who flags what in a rehearsal, and so what every rule of the convenant must find. From the
 * convenant and a word alone: partners that never exchanged a byte make the same plan.
 */

import { type Convenant, convenantDigest, rehearsalDigest } from '@drempel/protocol/convenant'
import { hex, isProtocolError } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { fail } from '../../output/errors.ts'
import { seededDraws } from '../draws.ts'
import { madeUpIdentifier } from '../identifiers.ts'
import { isMet } from '../reference.ts'

type Rule = Convenant['rules'][number]
type Purpose = Convenant['purposes'][number]

/** By member, how many reports it has of the identifier. */
export type Flagged = { readonly value: string; readonly reports: ReadonlyMap<string, number> }

export type KindPlan = {
  readonly kind: IdentifierKind
  readonly flagged: readonly Flagged[]
  /** One that nobody flags. */
  readonly unknown: string
  /** One flag whose withdrawal brings its identifier below the rule's threshold; null where there is no such. */
  readonly withdrawal: {
    readonly value: string
    readonly member: string
    readonly rule: string
  } | null
}

export type Plan = {
  /** Of the convenant's rehearsal, as the nodes know it. */
  readonly digest: string
  readonly kinds: readonly KindPlan[]
}

/** As many sets of holders as partners, up to this many for each size of a set. */
const MOST_STARTS = 8
const MOST_REPORTS = 3

export function planOf(convenant: Convenant, word: string): Plan {
  const digest = hex(rehearsalDigest(convenantDigest(convenant), word))
  return { digest, kinds: convenant.kinds.map(({ kind }) => kindPlan(convenant, digest, kind)) }
}

function kindPlan(convenant: Convenant, digest: string, kind: IdentifierKind): KindPlan {
  const members = activeMembers(convenant)
  const draws = seededDraws(Number.parseInt(digest.slice(0, 12), 16), kind)
  const first = draws.below(members.length)
  let next = draws.below(100)
  const identifier = () => {
    try {
      return madeUpIdentifier(kind, next++)
    } catch (error) {
      if (!isProtocolError(error)) throw error
      return fail('REHEARSAL_TOO_LARGE', { at: kind })
    }
  }
  const counts = () => 1 + draws.below(MOST_REPORTS)
  const flagged: Flagged[] = []
  const starts = Math.min(members.length, MOST_STARTS)
  for (const size of sizesOf(convenant, kind, members.length)) {
    for (let start = 0; start < starts; start++) {
      const holders = Array.from(
        { length: size },
        (_, i) => members[(first + start + i) % members.length]!,
      )
      flagged.push({
        value: identifier(),
        reports: new Map(holders.map((member) => [member, counts()])),
      })
    }
  }
  // A list below the convenant's least size stays out, also when a flag is withdrawn.
  const least = leastList(convenant, kind)
  for (const member of members) {
    const own = flagged.filter(({ reports }) => reports.has(member)).length
    for (let i = own; i <= least; i++) {
      flagged.push({ value: identifier(), reports: new Map([[member, counts()]]) })
    }
  }
  return {
    ...{ kind, flagged, unknown: identifier() },
    withdrawal: withdrawalOf(convenant, kind, flagged),
  }
}

/** Of a round, and of intersections. */
function leastList({ kinds, intersections = [] }: Convenant, kind: IdentifierKind): number {
  const bounds = intersections
    .filter((terms) => terms.kinds[0] === kind)
    .flatMap(({ sizes }) => [sizes.proposer.least, sizes.partner.least])
  return Math.max(kinds.find((entry) => entry.kind === kind)!.minList, ...bounds)
}

/** Around every threshold; every size where there are few partners. */
function sizesOf(convenant: Convenant, kind: string, members: number): number[] {
  const near = rulesOf(convenant, kind).flatMap(({ t }) => [t - 1, t, t + 1])
  const few = Array.from({ length: Math.min(members, 5) }, (_, i) => i + 1)
  return [...new Set([...few, ...near, members])]
    .filter((size) => size >= 1 && size <= members)
    .sort((a, b) => a - b)
}

/** Of a list that can be published twice: counts are opened once in their time. */
function withdrawalOf(
  convenant: Convenant,
  kind: IdentifierKind,
  flagged: readonly Flagged[],
): KindPlan['withdrawal'] {
  const rules = rulesOf(convenant, kind)
  const { withdrawnPerRound } = convenant.kinds.find((entry) => entry.kind === kind)!
  if (withdrawnPerRound === 0 || rules.some(({ aggregates }) => aggregates !== undefined))
    return null
  for (const rule of rules) {
    if (rule.output !== 'list') continue
    for (const { value, reports } of flagged) {
      if (!meets(convenant, rule, reports)) continue
      for (const member of reports.keys()) {
        const left = new Map([...reports].filter(([holder]) => holder !== member))
        if (!meets(convenant, rule, left)) return { value, member, rule: rule.id }
      }
    }
  }
  return null
}

/** What the rule must find; after the withdrawal the identifier that it was about is no longer there. */
export function expectedOver(
  convenant: Convenant,
  { flagged, withdrawal }: KindPlan,
  rule: Rule,
  withdrawn: boolean,
): ReadonlySet<string> {
  const over = flagged.filter(({ value, reports }) => {
    const gone = withdrawn && withdrawal?.value === value ? withdrawal.member : null
    return meets(convenant, rule, new Map([...reports].filter(([member]) => member !== gone)))
  })
  return new Set(over.map(({ value }) => value))
}

function meets(
  { members }: Convenant,
  { t, minSectors = 1, reports: least = 0 }: Rule,
  reports: ReadonlyMap<string, number>,
): boolean {
  const sectors = [...new Set(members.map(({ sector }) => sector))]
  const threshold = { t, sectors: minSectors, reports: least, listAgeDays: 0 }
  const counts = members.map(({ id }) => reports.get(id) ?? 0)
  return isMet(
    threshold,
    counts,
    members.map(({ sector }) => sectors.indexOf(sector)),
  )
}

export type Question = {
  readonly purpose: Purpose
  readonly kind: IdentifierKind
  readonly rule: string
  readonly yes: string
  readonly no: string
}

/**
 * What a member asks for each purpose and kind: one identifier that is over the threshold and one that is
 * below it, flagged by others where there is such a one. None where no rule can answer it.
 * @param withdrawn kinds of which the one flag is withdrawn already
 */
export function questionsOf(
  convenant: Convenant,
  plan: Plan,
  member: string,
  withdrawn: ReadonlySet<string>,
): Question[] {
  return convenant.purposes.flatMap((purpose) => {
    if (!purpose.askers.includes(member)) return []
    const answering = convenant.rules.filter(({ id, output, consumers }) => {
      const held = consumers === 'all' || consumers.includes(member)
      return purpose.rules.includes(id) && output === 'list' && held
    })
    const kinds = new Set<string>()
    return answering.flatMap((rule) => {
      if (kinds.has(rule.kind) || !purpose.kinds.includes(rule.kind)) return []
      const kind = plan.kinds.find((entry) => entry.kind === rule.kind)!
      const gone = withdrawn.has(rule.kind)
      const over = expectedOver(convenant, kind, rule, gone)
      // The one that will be withdrawn, so that its answer is recalled.
      const recalled = !gone && kind.withdrawal?.rule === rule.id
      const known = recalled ? kind.withdrawal!.value : [...over][0]
      if (known === undefined) return []
      const below = kind.flagged.filter(({ value }) => !over.has(value))
      const others = below.find(({ reports }) => !reports.has(member)) ?? below[0]
      const no = others?.value ?? kind.unknown
      kinds.add(rule.kind)
      return [{ purpose, kind: rule.kind, rule: rule.id, yes: known, no }]
    })
  })
}

export function activeMembers({ members, suspended }: Convenant): string[] {
  return members.flatMap(({ id }) => (suspended.includes(id) ? [] : [id])).sort()
}

export function rulesOf({ rules }: Convenant, kind: string): Rule[] {
  return rules.filter((rule) => rule.kind === kind)
}
