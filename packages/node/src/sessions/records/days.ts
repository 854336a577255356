/**
 * The end of a purpose's records, day by day: what was entered for it on one day, and the index of what
 * was asked on that day, end together at the purpose's own term, within the quarter too. By then the
 * node has seen for a day that the term ends: a clock that jumps ahead erases nothing at once.
 */

import { purposeDayName } from '../../config/index.ts'
import type { PurposeDay } from '../../config/types.ts'
import type { NodeContext } from '../context.ts'
import { keepSums } from '../outcomes/index.ts'
import { DAY_MS } from './terms.ts'

/** Seen a day before its end, it ends on time: what looks, looks once an hour. */
const SEEN_BEFORE_MS = DAY_MS + 3_600_000
const STATE = 'retention-days'

type State = {
  /** When a key's end was first seen coming, by its name. */
  readonly noticed: Readonly<Record<string, number>>
  /** Keys that are being erased: a crash must not leave that without its entry. */
  readonly begun: readonly PurposeDay[]
}

/** @param terms days by purpose; a purpose that is in none keeps its records as long as any */
export async function endDays(ctx: NodeContext, terms: ReadonlyMap<string, number>): Promise<void> {
  const now = ctx.clock()
  const longest = Math.max(...terms.values())
  const { noticed, begun } = await readState(ctx)
  const seen: Record<string, number> = {}
  const over: PurposeDay[] = []
  for (const of of await ctx.purposeKeys.list()) {
    const end = endOfDay(of.day) + (terms.get(of.purpose) ?? longest) * DAY_MS
    if (end - SEEN_BEFORE_MS > now) continue
    const name = purposeDayName(of)
    // A clock that went back since gives a new day.
    const first = Math.min(noticed[name] ?? Number.POSITIVE_INFINITY, now)
    seen[name] = first
    if (end <= now && now - first >= DAY_MS) over.push(of)
  }
  await writeState(ctx, { noticed: seen, begun })
  if (over.length > 0) await keepSums(ctx, over)
  const known = new Set(begun.map(purposeDayName))
  const days = [...begun, ...over.filter((of) => !known.has(purposeDayName(of)))]
  if (days.length > 0) await erase(ctx, seen, days)
}

/**
 * Erased first, entered after: an entry must not attest what a crash prevented. A key that can't be erased
 * keeps those of other purposes from nothing; what came after it for its own is entered when it is gone.
 */
async function erase(
  ctx: NodeContext,
  noticed: State['noticed'],
  days: readonly PurposeDay[],
): Promise<void> {
  await writeState(ctx, { noticed, begun: days })
  const kept: { readonly of: PurposeDay; readonly error: unknown }[] = []
  for (const of of days) {
    // Days of an older release have no note of their key yet.
    await ctx.store.log.addDay(purposeDayName(of))
    await ctx.purposeKeys.erase(of).catch((error: unknown) => kept.push({ of, error }))
  }
  const waits = (one: PurposeDay) =>
    kept.some(
      ({ of }) => of.purpose === one.purpose && of.period === one.period && of.day <= one.day,
    )
  for (const { period, purpose, day } of lastOfEach(days.filter((one) => !waits(one)))) {
    const event = { type: 'records.ended', shredded: period, purpose, through: day } as const
    await ctx.audit.append(event, null)
    ctx.log('info', 'log.records-ended', { period })
  }
  await writeState(ctx, { noticed, begun: days.filter(waits) })
  if (kept.length > 0) throw kept[0]!.error
}

/** One entry for each purpose and quarter: days end in their order. */
function lastOfEach(days: readonly PurposeDay[]): readonly PurposeDay[] {
  const last = new Map<string, PurposeDay>()
  for (const of of days) {
    const name = `${of.period} ${of.purpose}`
    const known = last.get(name)
    if (known === undefined || known.day < of.day) last.set(name, of)
  }
  return [...last.values()]
}

function endOfDay(day: string): number {
  return Date.parse(day) + DAY_MS
}

async function readState({ store }: NodeContext): Promise<State> {
  const text = await store.meta.get(STATE)
  return text === null ? { noticed: {}, begun: [] } : (JSON.parse(text) as State)
}

function writeState({ store }: NodeContext, state: State): Promise<void> {
  return store.meta.set(STATE, JSON.stringify(state))
}
