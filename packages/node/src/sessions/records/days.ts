/**
 * The end of a purpose's records, day by day: what was entered for it on one day, and the index of what
 * was asked on that day, end together at the purpose's own term, within the quarter too. By then the
 * node has seen for a day that the term ends: a clock that jumps ahead erases nothing at once.
 */

import type { LeafFields } from '@drempel/protocol/log'
import { purposeDayName } from '../../config/index.ts'
import type { PurposeDay } from '../../config/types.ts'
import type { NodeContext } from '../context.ts'
import { codeOf } from '../errors.ts'
import { type Kept, keepSums } from '../outcomes/index.ts'
import { isWritten } from '../written.ts'
import { DAY_MS } from './terms.ts'

/** Seen a day before its end, it ends on time: what looks, looks once an hour. */
const SEEN_BEFORE_MS = DAY_MS + 3_600_000
const STATE = 'retention-days'

type State = {
  /** When a key's end was first seen coming, by its name. */
  readonly noticed: Readonly<Record<string, number>>
  /** Keys that are being erased: a crash must not leave that without its entry. */
  readonly begun: readonly PurposeDay[]
  /** Days that are over, and of which the answers could not be counted. */
  readonly held: readonly PurposeDay[]
}

/** @param terms days by purpose; a purpose that is in none keeps its records as long as any */
export async function endDays(ctx: NodeContext, terms: ReadonlyMap<string, number>): Promise<void> {
  const now = ctx.clock()
  const longest = Math.max(...terms.values())
  const { noticed, begun, held } = await readState(ctx)
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
  await writeState(ctx, { noticed: seen, begun, held })
  const known = new Map(
    begun.map(purposeDayName).map((name) => [name, noticed[name] ?? now - SEEN_BEFORE_MS] as const),
  )
  const fresh = over.filter((of) => !known.has(purposeDayName(of)))
  const unsummed = fresh.length === 0 ? [] : await keepSums(ctx, fresh)
  const days = [...begun, ...fresh.filter((one) => unsummed.every(({ of }) => of !== one))]
  if (days.length + unsummed.length + held.length > 0) {
    await erase(ctx, seen, days, unsummed, known)
  }
}

/** Quarters with days whose answers are still to be counted: what is left of one outlives them. */
export async function uncountedQuarters({
  store,
  purposeKeys,
}: Pick<NodeContext, 'store' | 'purposeKeys'>): Promise<ReadonlySet<string>> {
  const counted = new Set((await readState({ store })).begun.map(purposeDayName))
  const left = (await purposeKeys.list()).filter((of) => !counted.has(purposeDayName(of)))
  return new Set(left.map(({ period }) => period))
}

/** Why what is past its term has not ended: its key is there still, its end is not entered, its answers are not counted. */
export type Cause = 'key' | 'entry' | 'answers'

/** Of days that are over. @param kept keys that are there still; null where that can't be seen */
export async function stuckDays(
  ctx: Pick<NodeContext, 'store'>,
  kept: readonly PurposeDay[] | null,
): Promise<readonly (PurposeDay & { readonly cause: Cause })[]> {
  const { begun, held } = await readState(ctx)
  const names = kept && new Set(kept.map(purposeDayName))
  const isKept = (of: PurposeDay) => names === null || names.has(purposeDayName(of))
  return [
    ...begun.map((of) => ({ ...of, cause: isKept(of) ? ('key' as const) : ('entry' as const) })),
    ...held.map((of) => ({ ...of, cause: 'answers' as const })),
  ]
}

/**
 * Erased first, entered after: an entry must not attest what a crash prevented. A day that can't end keeps
 * no other from its end; what came after it for its own purpose is entered when it is gone too.
 * @param before since when, of those that were begun before and may have been entered
 */
async function erase(
  ctx: NodeContext,
  noticed: State['noticed'],
  days: readonly PurposeDay[],
  unsummed: readonly Kept[],
  before: ReadonlyMap<string, number>,
): Promise<void> {
  const held = unsummed.map(({ of }) => of)
  await writeState(ctx, { noticed, begun: days, held })
  const kept = [...unsummed]
  const keeping = (of: PurposeDay) => (error: unknown) => void kept.push({ of, error })
  const waits = (one: PurposeDay) =>
    kept.some(
      ({ of }) => of.purpose === one.purpose && of.period === one.period && of.day <= one.day,
    )
  for (const of of days) await eraseDay(ctx, of).catch(keeping(of))
  for (const last of lastOfEach(days.filter((one) => !waits(one)))) {
    // Without it all days of the purpose wait.
    const since = before.get(purposeDayName(last))
    await enterEnd(ctx, last, since).catch(keeping({ ...last, day: '' }))
  }
  await writeState(ctx, { noticed, begun: days.filter(waits), held })
  for (const { period, purpose } of lastOfEach(kept.map(({ of }) => of))) {
    const { error } = kept.find(({ of }) => of.purpose === purpose && of.period === period)!
    ctx.log('error', 'log.not-ended', { period, purpose, code: codeOf(error) })
  }
  if (kept.length > 0) throw kept[0]!.error
}

async function eraseDay({ store, purposeKeys }: NodeContext, of: PurposeDay): Promise<void> {
  // Days of an older release have no note of their key yet.
  await store.log.addDay(purposeDayName(of))
  await purposeKeys.erase(of)
}

async function enterEnd(
  ctx: NodeContext,
  { period, purpose, day }: PurposeDay,
  since: number | undefined,
): Promise<void> {
  const event = { type: 'records.ended', shredded: period, purpose, through: day } as const
  const fits = (one: LeafFields) =>
    one.type === event.type &&
    [one.shredded, one.purpose, one.through].join() === [period, purpose, day].join()
  if (since !== undefined && (await isWritten(ctx, since, fits))) return
  await ctx.audit.append(event, null)
  ctx.log('info', 'log.records-ended', { period })
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

async function readState({ store }: Pick<NodeContext, 'store'>): Promise<State> {
  const text = await store.meta.get(STATE)
  // An older release held none.
  return { noticed: {}, begun: [], held: [], ...(text === null ? {} : JSON.parse(text)) }
}

function writeState({ store }: NodeContext, state: State): Promise<void> {
  return store.meta.set(STATE, JSON.stringify(state))
}
