/**
 * What time ends without anybody's doing: the records of a purpose's day, with their index, when that
 * purpose's term is over (days.ts), what is left of a period when the longest term of the convenant is,
 * flags that expired. Two people can end a period earlier (shred.ts); nobody can have it kept longer
 * than the convenant says.
 *
 * A key can't be brought back, and a clock can be wrong. So the end of a period is told in the node's
 * output first, and comes a day later by the same clock.
 */

import { type LeafFields, parseOrigin, quarterOf } from '@drempel/protocol/log'
import { watchExpiry, watchWithdrawn } from '../alerts/index.ts'
import { forgetExpiredValues } from '../approvals.ts'
import type { NodeContext } from '../context.ts'
import { codeOf } from '../errors.ts'
import { allInTurn } from '../inturn.ts'
import { forgetErased } from '../subject/index.ts'
import { isWritten } from '../written.ts'
import { type Cause, endDays, stuckDays, uncountedQuarters } from './days.ts'
import { DAY_MS, endOf, retentionTerms } from './terms.ts'

const HOUR_MS = 3_600_000
const NOTICE_MS = DAY_MS
/** An expired flag may still be in the round that is under way. */
const SETTLED_MS = DAY_MS
const FLAGS = 1_000
const STATE = 'retention'
/** Until when flags that expired were looked at. */
const WATCHED = 'expired-until'

type State = {
  /** When it was first seen, of each period, that its term is over. */
  readonly noticed: Readonly<Record<string, number>>
  /** Periods whose keys are being erased: a crash must not leave that without its entry. */
  readonly begun: readonly string[]
}

/** To be called often; looks once an hour. */
export function createRetention(ctx: NodeContext): () => Promise<void> {
  let last = Number.NEGATIVE_INFINITY
  let started = true
  return async () => {
    const now = ctx.clock()
    if (Math.abs(now - last) < HOUR_MS) return
    // What failed is told, and all is tried again at the next call.
    await allInTurn([
      async () => {
        await endFlags(ctx, started)
        started = false
      },
      () => forgetExpiredValues(ctx),
      () => byTerms(ctx, (terms) => endDays(ctx, terms)),
      () => byTerms(ctx, (terms) => endPeriods(ctx, Math.max(...terms.values()))),
      () => forgetErased(ctx),
    ])
    last = now
  }
}

/** Read by each that goes by them: what can't be read keeps nothing that goes by none. */
async function byTerms(
  ctx: NodeContext,
  work: (terms: ReadonlyMap<string, number>) => Promise<void>,
): Promise<void> {
  const terms = await retentionTerms(ctx)
  if (terms.size > 0) await work(terms)
}

async function endPeriods(ctx: NodeContext, days: number): Promise<void> {
  const now = ctx.clock()
  const origin = await ctx.audit.origin()
  if (origin === null) return
  const live = [parseOrigin(origin).quarter, quarterOf(now)].sort()[0]!
  const { noticed, begun } = await readState(ctx)
  const over = (await ctx.periodKeys.list()).filter(
    (period) => period < live && endOf(period) + days * DAY_MS <= now,
  )
  const seen: Record<string, number> = {}
  for (const period of over) {
    // A clock that went back since gives a new day.
    const before = noticed[period] ?? Number.POSITIVE_INFINITY
    seen[period] = Math.min(before, now)
    if (seen[period] !== before) ctx.log('warn', 'log.retention-ends', { period })
  }
  // Records lie under the quarter's key too: it waits for the days that keep theirs.
  const uncounted = await uncountedQuarters(ctx)
  const due = over.filter((period) => now - seen[period]! >= NOTICE_MS && !uncounted.has(period))
  const left = new Set([...begun, ...due].sort())
  const keep = () => writeState(ctx, { noticed: seen, begun: [...left] })
  await keep()
  // One whose key can't be erased keeps no other from its end.
  const ends = [...left].map((period) => async () => {
    try {
      const since = noticed[period] ?? now - NOTICE_MS
      await erase(ctx, period, begun.includes(period) ? since : null)
    } catch (error) {
      ctx.log('error', 'log.not-ended', { period, code: codeOf(error) })
      throw error
    }
    left.delete(period)
    await keep()
  })
  await allInTurn(ends)
}

/**
 * Erased first, entered after, as by two people.
 * @param since of one that was begun before, and may have been entered
 */
async function erase(ctx: NodeContext, period: string, since: number | null): Promise<void> {
  await ctx.periodKeys.erase(period)
  const fits = (event: LeafFields) => event.type === 'shred' && event.shredded === period
  if (since !== null && (await isWritten(ctx, since, fits))) return
  await ctx.audit.append({ type: 'shred', shredded: period, reason: 'RETENTION_ENDED' }, null)
  ctx.log('info', 'log.shredded', { reason: 'RETENTION_ENDED' })
}

/**
 * The counts of a quarter are kept until that quarter's summary has surely been made.
 * @param started whether this process looks for the first time
 */
async function endFlags(ctx: NodeContext, started: boolean): Promise<void> {
  const { store, clock, pause } = ctx
  const now = clock()
  const watched = await store.meta.get(WATCHED)
  if (started && watched !== null) await watchWithdrawn(ctx, Number(watched))
  await watchExpiry(ctx, { after: Number(watched ?? 0), until: now })
  await store.meta.set(WATCHED, String(now))
  while ((await store.flags.forgetExpired(now - SETTLED_MS, FLAGS)) === FLAGS) await pause()
  await store.flags.forgetCounts(now - 366 * DAY_MS)
}

type Stuck = {
  readonly period: string
  readonly purpose?: string
  readonly day?: string
  readonly cause: Cause
}

/** Whose end was begun and is not done, and why. */
export async function stuckRecords(
  ctx: Pick<NodeContext, 'store' | 'periodKeys' | 'purposeKeys'>,
): Promise<readonly Stuck[]> {
  const { begun } = await readState(ctx)
  // A folder that can't be read is why nothing in it is erased.
  const periods = await ctx.periodKeys.list().catch(() => null)
  const days = await ctx.purposeKeys.list().catch(() => null)
  const kept = periods && days && new Set([...periods, ...days.map(({ period }) => period)])
  const causeOf = (period: string) => (kept === null || kept.has(period) ? 'key' : 'entry')
  return [
    ...begun.map((period) => ({ period, cause: causeOf(period) }) as const),
    ...(await stuckDays(ctx, days)),
  ]
}

async function readState({ store }: Pick<NodeContext, 'store'>): Promise<State> {
  const text = await store.meta.get(STATE)
  if (text === null) return { noticed: {}, begun: [] }
  const { noticed, begun } = JSON.parse(text)
  // An older release had one at a time, or null.
  return { noticed, begun: begun === null ? [] : [begun].flat() }
}

function writeState({ store }: NodeContext, state: State): Promise<void> {
  return store.meta.set(STATE, JSON.stringify(state))
}
