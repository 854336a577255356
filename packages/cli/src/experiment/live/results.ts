/** What live nodes may show, gathered: counts and sizes, and of no identifier. */

import { type Aggregates, ownResponse, status as statusSchema } from '@drempel/protocol/api'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { digestOf } from '../results.ts'
import type { Experiment } from '../schema.ts'
import type { LiveFederation } from './members.ts'
import type { LiveRound } from './rounds.ts'
import type { LiveRule } from './rules.ts'

export type LiveResults = {
  readonly format: 'drempel-experiment-live/1'
  /** Without its data: where nodes and tokens are is nobody's but the researcher's. */
  readonly experiment: Pick<Experiment, 'id' | 'title' | 'question' | 'seed' | 'partners'>
  readonly digest: string
  readonly convenant: { readonly id: string; readonly version: number; readonly digest: string }
  readonly kinds: readonly LiveKind[]
}

export type LiveKind = {
  readonly kind: IdentifierKind
  readonly rules: readonly {
    readonly id: string
    readonly t: number
    readonly minSectors: number
    readonly reports: number
    readonly output: LiveRule['output']
    readonly minCell: number | null
    /** Over the threshold; null where each partner hears of its own alone. */
    readonly size: number | null
  }[]
  /** Of the rule that counts, if there is one. */
  readonly counts: Aggregates | null
  readonly partners: readonly LivePartner[]
  readonly round: string
  readonly createdAt: string
  readonly seconds: number
  readonly contributors: readonly string[]
  readonly leftOut: readonly { readonly member: string; readonly reason: string }[]
}

export type LivePartner = {
  readonly partner: string
  /** Whether its own node was. */
  readonly asked: boolean
  /** Its active flags; null where it was not asked, and where rules only count (see liveKind). */
  readonly flags: number | null
  /** By rule: how many of these are over. */
  readonly over: Readonly<Record<string, number | null>>
  readonly bytesSent: number | null
}

/**
 * Beside counts no list's exact size is told: a list of 95 with 100 in common with another, in tens, is in
 * that other as a whole, and from there a closed count can follow.
 */
export async function liveKind(
  experiment: Experiment,
  { members }: LiveFederation,
  kind: IdentifierKind,
  rules: readonly LiveRule[],
  { round, bytesSent }: LiveRound,
): Promise<LiveKind> {
  const { lists = [], contributors = [], leftOut = [], createdAt, updatedAt } = round
  const onlyCounts = rules.every(({ output }) => output === 'aggregates')
  const partners = experiment.partners.map(async ({ id }): Promise<LivePartner> => {
    const member = members.find((one) => one.id === id)
    if (member === undefined)
      return { partner: id, asked: false, flags: null, over: {}, bytesSent: null }
    const status = await member.client.get('status', statusSchema)
    const over = rules
      .filter(({ output }) => output !== 'aggregates')
      .map(async ({ id: rule }): Promise<[string, number]> => {
        const own = await member.client.get('own', ownResponse, { query: { kind, rule } })
        return [rule, own.over]
      })
    return {
      partner: id,
      asked: true,
      flags: onlyCounts ? null : (status.flags.find((one) => one.kind === kind)?.active ?? 0),
      over: Object.fromEntries(await Promise.all(over)),
      bytesSent: bytesSent[id] ?? null,
    }
  })
  return {
    kind,
    rules: rules.map(({ id, t, minSectors = 1, reports = 0, output, aggregates }) => ({
      ...{ id, t, minSectors, reports, output, minCell: aggregates?.minCell ?? null },
      size: output === 'list' ? (lists.find(({ rule }) => rule === id)?.size ?? null) : null,
    })),
    counts: lists.flatMap(({ aggregates }) => aggregates ?? [])[0] ?? null,
    partners: await Promise.all(partners),
    round: round.round,
    createdAt,
    seconds: (Date.parse(updatedAt) - Date.parse(createdAt)) / 1000,
    contributors,
    leftOut,
  }
}

export function liveResults(
  experiment: Experiment,
  { signed, digest }: LiveFederation,
  kinds: readonly LiveKind[],
): LiveResults {
  const { id, version } = signed.convenant
  const { title, question, seed, partners } = experiment
  const told = { id: experiment.id, title, question, seed, partners }
  return {
    ...{ format: 'drempel-experiment-live/1', experiment: told, digest: digestOf(experiment) },
    ...{ convenant: { id, version, digest }, kinds },
  }
}
