/**
 * Rounds at live nodes. What was begun is written down before and after a node is asked to begin it, so
 * that an experiment that was broken off follows its rounds where they are, and none is run twice: a
 * release of counts is one a period.
 */

import {
  type Round,
  round as roundSchema,
  rounds as roundsSchema,
  startRequest,
  status as statusSchema,
} from '@drempel/protocol/api'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { z } from 'zod'
import { poll } from '../../client/poll.ts'
import { fail } from '../../output/errors.ts'
import { NodeProblem, refusalIn } from '../../output/explain.ts'
import type { LiveFederation, LiveMember } from './members.ts'
import type { LiveRule } from './rules.ts'

const sent = z.record(z.string(), z.number().nullable())

/** By kind. Without `round`: a node was about to be asked. */
const begun = z.strictObject({
  /** Rounds of the kind that the node knew of before. */
  before: z.array(z.string()),
  round: z.string().optional(),
  sentBefore: sent,
  sentAfter: sent.optional(),
})
export const progressSchema = z.strictObject({
  digest: z.string(),
  convenant: z.string(),
  rounds: z.record(z.string(), begun),
})
export type LiveProgress = z.infer<typeof progressSchema>

export type LiveRound = {
  readonly round: Round
  /** By partner; null where the node was not asked, or was started anew in between. */
  readonly bytesSent: Readonly<Record<string, number | null>>
}

export type RoundOptions = {
  readonly clock: () => number
  /** Durable when it returns. */
  readonly save: (progress: LiveProgress) => Promise<void>
  readonly onProgress: (kind: IdentifierKind, round: Round) => void
}

const DAY_MS = 86_400_000

/** @throws ProtocolError `RELEASE_WAITS`, `ROUND_FAILED` */
export async function liveRound(
  federation: LiveFederation,
  kind: IdentifierKind,
  rules: readonly LiveRule[],
  progress: LiveProgress,
  { clock, save, onProgress }: RoundOptions,
): Promise<{ readonly done: LiveRound; readonly progress: LiveProgress }> {
  const { members, leader } = federation
  let now = progress
  const note = async (entry: z.infer<typeof begun> | undefined) => {
    const { [kind]: _, ...others } = now.rounds
    now = { ...now, rounds: entry === undefined ? others : { ...others, [kind]: entry } }
    await save(now)
  }
  let entry = now.rounds[kind]
  let round = await known(leader, kind, entry)
  if (round === undefined) {
    const before = (await roundsOf(leader, kind)).map(({ round }) => round)
    entry = { before, sentBefore: await sentBy(members) }
    await note(entry)
    try {
      round = await leader.client.send('POST', 'rounds', [startRequest, { kind }], roundSchema)
    } catch (error) {
      // Without an answer the round may have begun all the same.
      if (error instanceof NodeProblem) await note(undefined)
      if (refusalIn(error) === 'RELEASE_TOO_SOON') await tooSoon(leader, kind, rules)
      throw error
    }
  }
  entry = { ...entry!, round: round.round }
  await note(entry)
  round = await follow(leader, round, clock, (next) => onProgress(kind, next))
  if (round.state === 'failed') {
    await note(undefined)
    const { reason, culprit } = round
    if (reason === 'RELEASE_TOO_SOON') await tooSoon(leader, kind, rules)
    const why = { ...(culprit ? { culprit } : {}), ...(reason ? { hint: reason } : {}) }
    fail('ROUND_FAILED', { at: kind, ...why })
  }
  const sentAfter = entry.sentAfter ?? (await sentBy(members))
  await note({ ...entry, sentAfter })
  return { done: { round, bytesSent: between(entry.sentBefore, sentAfter) }, progress: now }
}

/** The round that was begun before, if its node knows of it. */
async function known(
  leader: LiveMember,
  kind: IdentifierKind,
  entry: z.infer<typeof begun> | undefined,
): Promise<Round | undefined> {
  if (entry === undefined) return undefined
  if (entry.round !== undefined) return leader.client.get(`rounds/${entry.round}`, roundSchema)
  return (await roundsOf(leader, kind)).find(({ round, coordinator }) => {
    return coordinator === leader.id && !entry.before.includes(round)
  })
}

async function roundsOf({ client }: LiveMember, kind: IdentifierKind): Promise<Round[]> {
  const { rounds } = await client.get('rounds', roundsSchema)
  return rounds.filter((round) => round.kind === kind)
}

async function follow(
  { client }: LiveMember,
  begun: Round,
  clock: () => number,
  onRound: (round: Round) => void,
): Promise<Round> {
  const next = poll(clock, begun, () => client.get(`rounds/${begun.round}`, roundSchema))
  for (let round = begun; ; round = await next()) {
    onRound(round)
    if (round.state === 'published' || round.state === 'failed') return round
  }
}

/** When the period of the last release ends, as far as the node's last rounds tell. */
async function tooSoon(
  leader: LiveMember,
  kind: IdentifierKind,
  rules: readonly LiveRule[],
): Promise<never> {
  const days = Math.max(...rules.map(({ aggregates }) => aggregates?.everyDays ?? 0))
  // A round that failed as too soon opened nothing.
  const last = (await roundsOf(leader, kind))
    .filter(({ reason }) => reason !== 'RELEASE_TOO_SOON')
    .map(({ updatedAt }) => Date.parse(updatedAt))
    .sort((a, b) => b - a)[0]
  if (last === undefined) return fail('RELEASE_WAITS', { at: kind })
  const next = new Date(last + days * DAY_MS).toISOString().slice(0, 16).replace('T', ' ')
  return fail('RELEASE_WAITS', { at: kind, hint: `${next} UTC` })
}

async function sentBy(members: readonly LiveMember[]): Promise<Record<string, number | null>> {
  const totals = members.map(async ({ id, client }): Promise<[string, number | null]> => {
    const { traffic } = await client.get('status', statusSchema)
    return [id, traffic?.sent ?? null]
  })
  return Object.fromEntries(await Promise.all(totals))
}

function between(
  before: Readonly<Record<string, number | null>>,
  after: Readonly<Record<string, number | null>>,
): Record<string, number | null> {
  return Object.fromEntries(
    Object.entries(after).map(([id, now]) => {
      const then = before[id] ?? null
      return [id, now === null || then === null || now < then ? null : now - then]
    }),
  )
}
