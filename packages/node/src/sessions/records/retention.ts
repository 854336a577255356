/**
 * What time ends without anybody's doing: keys of periods when the longest term of the convenant is
 * over, the index of a purpose's queries when that purpose's is, flags that expired. Two people can end
 * a period earlier (shred.ts); nobody can have it kept longer than the convenant says.
 *
 * A key can't be brought back, and a clock can be wrong. So its end is told in the node's output first,
 * and comes a day later by the same clock.
 */

import { parseOrigin, quarterOf } from '@drempel/protocol/log'
import type { NodeContext } from '../context.ts'
import { DAY_MS, endOf, retentionTerms } from './terms.ts'

const HOUR_MS = 3_600_000
const NOTICE_MS = DAY_MS
/** An expired flag may still be in the round that is under way. */
const SETTLED_MS = DAY_MS
const FLAGS = 1_000
const STATE = 'retention'

type State = {
  /** When it was first seen, of each period, that its term is over. */
  readonly noticed: Readonly<Record<string, number>>
  /** A period whose key is being erased: a crash must not leave that without its entry. */
  readonly begun: string | null
}

/** To be called often; looks once an hour. */
export function createRetention(ctx: NodeContext): () => Promise<void> {
  let last = Number.NEGATIVE_INFINITY
  return async () => {
    const now = ctx.clock()
    if (Math.abs(now - last) < HOUR_MS) return
    await forgetExpiredFlags(ctx)
    await endPeriods(ctx)
    last = now
  }
}

async function endPeriods(ctx: NodeContext): Promise<void> {
  const terms = await retentionTerms(ctx)
  const now = ctx.clock()
  const isOver = (period: string, days: number) => endOf(period) + days * DAY_MS <= now
  const origin = await ctx.audit.origin()
  if (origin === null || terms.size === 0) return
  const live = [parseOrigin(origin).quarter, quarterOf(now)].sort()[0]!
  for (const { period, purpose } of await ctx.indexKeys.list()) {
    const days = terms.get(purpose)
    if (period < live && days !== undefined && isOver(period, days)) {
      await ctx.indexKeys.erase(period, purpose)
    }
  }
  const { noticed, begun } = await readState(ctx)
  if (begun !== null) await erase(ctx, noticed, begun)
  const longest = Math.max(...terms.values())
  const over = (await ctx.periodKeys.list()).filter(
    (period) => period < live && isOver(period, longest),
  )
  const seen: Record<string, number> = {}
  for (const period of over) {
    // A clock that went back since gives a new day.
    const before = noticed[period] ?? Number.POSITIVE_INFINITY
    seen[period] = Math.min(before, now)
    if (seen[period] !== before) ctx.log('warn', 'log.retention-ends', { period })
  }
  await writeState(ctx, { noticed: seen, begun: null })
  for (const period of over) if (now - seen[period]! >= NOTICE_MS) await erase(ctx, seen, period)
}

/** Erased first, entered after, as by two people. */
async function erase(ctx: NodeContext, noticed: State['noticed'], period: string): Promise<void> {
  await writeState(ctx, { noticed, begun: period })
  await ctx.periodKeys.erase(period)
  await ctx.audit.append({ type: 'shred', shredded: period, reason: 'RETENTION_ENDED' }, null)
  await writeState(ctx, { noticed, begun: null })
  ctx.log('info', 'log.shredded', { reason: 'RETENTION_ENDED' })
}

/** The counts of a quarter are kept until that quarter's summary has surely been made. */
async function forgetExpiredFlags({ store, clock, pause }: NodeContext): Promise<void> {
  const now = clock()
  while ((await store.flags.forgetExpired(now - SETTLED_MS, FLAGS)) === FLAGS) await pause()
  await store.flags.forgetCounts(now - 366 * DAY_MS)
}

async function readState({ store }: NodeContext): Promise<State> {
  const text = await store.meta.get(STATE)
  return text === null ? { noticed: {}, begun: null } : (JSON.parse(text) as State)
}

function writeState({ store }: NodeContext, state: State): Promise<void> {
  return store.meta.set(STATE, JSON.stringify(state))
}
