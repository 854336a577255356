/**
 * How often questions were answered yes, for who supervises: by purpose and kind, in classes, over at
 * least twenty queries, of whole months that have ended. Months do not overlap, so two figures never
 * differ by a query; a purpose with fewer stays silent. What came of the answers is told once no more
 * feedback on them is taken.
 *
 * A purpose's term can be shorter than a month. So a day's answers are added to the sealed sums of its
 * month before their records end; what is kept of them is those sums.
 */

import { base64, fromBase64, isProtocolError, jcs, parseJcs } from '@drempel/protocol/encoding'
import { quarterOf } from '@drempel/protocol/log'
import type { PurposeDay } from '../../config/types.ts'
import type { NodeContext } from '../context.ts'
import { fail } from '../errors.ts'
import { type Answer, answersOf, dayOf } from './answers.ts'
import { closeFeedback, feedbackOf, verdictsOf } from './feedback.ts'

/** Below this many queries nothing is said of a purpose. */
export const LEAST_QUERIES = 20
/** Upper ends of the classes of a share. */
const SHARES = [0.02, 0.1, 0.25, 0.5, 1] as const

export type ShareClass = { readonly above: number; readonly upTo: number }

export type ResultClass = {
  readonly purpose: string
  readonly kind: string
  /** Null where there are too few to say more. */
  readonly queries: number | null
  /** The share of identifiers that were over the threshold. */
  readonly over: ShareClass | null
  /** Of those, the share that was looked back on, and of these what was confirmed and what refuted; null while it can still come. */
  readonly feedback: ShareClass | null
  readonly confirmed: ShareClass | null
  readonly refuted: ShareClass | null
}

type Tally = {
  queries: number
  identifiers: number
  over: number
  told: number
  confirmed: number
  /** Null where sums of a day do not have it. */
  refuted: number | null
}

/** @param month `2026-11`; has ended @throws ProtocolError `PERIOD_IN_USE`, `RECORD_ERASED` */
export async function resultClasses(ctx: NodeContext, month: string): Promise<ResultClass[]> {
  const from = Date.parse(`${month}-01T00:00:00Z`)
  const until = new Date(from).setUTCMonth(new Date(from).getUTCMonth() + 1)
  if (!(until <= ctx.clock())) fail('PERIOD_IN_USE', { at: month })
  const closed = await closeFeedback(ctx, month)
  const { tallies, days } = await readSums(ctx, month)
  const inMonth = (day: string) => day.startsWith(`${month}-`)
  for await (const answer of answersOf(ctx, quarterOf(from), inMonth)) {
    if (!days.has(nameOf(answer))) await add(ctx, tallies, answer)
  }
  return [...tallies]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, tally]) => classOf(name, tally, closed))
}

/** A day that is kept from its end, and by what. */
export type Kept = { readonly of: PurposeDay; readonly error: unknown }

/**
 * Before the records of these days are ended. Days that were added before are not added again.
 * @returns days whose answers could not be counted; nothing of those was added
 */
export async function keepSums(
  ctx: NodeContext,
  ending: readonly PurposeDay[],
): Promise<readonly Kept[]> {
  const found = new Map<string, DaySums>()
  const failed = new Map<string, unknown>()
  const orFails = async (names: Iterable<string>, work: () => Promise<unknown>) => {
    await work().catch((error: unknown) => {
      for (const name of names) failed.set(name, error)
    })
  }
  for (const quarter of new Set(ending.map(({ period }) => period))) {
    const names = new Set(ending.flatMap((of) => (of.period === quarter ? [dayName(of)] : [])))
    await orFails(names, async () => {
      const days = new Set([...names].map((name) => name.slice(-10)))
      for await (const answer of answersOf(ctx, quarter, (day) => days.has(day))) {
        const name = nameOf(answer)
        if (!names.has(name) || failed.has(name)) continue
        const sums = found.get(name) ?? { month: dayOf(answer).slice(0, 7), tallies: new Map() }
        found.set(name, sums)
        await orFails([name], () => unlessUnreadable(() => add(ctx, sums.tallies, answer)))
      }
    })
  }
  for (const name of failed.keys()) found.delete(name)
  for (const month of new Set([...found.values()].map((sums) => sums.month))) {
    const added = [...found].filter(([, sums]) => sums.month === month)
    const names = added.map(([name]) => name)
    await orFails(names, () => addToMonth(ctx, month, new Map(added)))
  }
  return ending.flatMap((of) => {
    const name = dayName(of)
    return failed.has(name) ? [{ of, error: failed.get(name) }] : []
  })
}

type DaySums = { readonly month: string; readonly tallies: Map<string, Tally> }

async function addToMonth(
  ctx: NodeContext,
  month: string,
  added: ReadonlyMap<string, DaySums>,
): Promise<void> {
  const sums = await unlessUnreadable(() => readSums(ctx, month))
  if (sums === undefined) return
  for (const [day, { tallies }] of added) {
    if (sums.days.has(day)) continue
    for (const [name, tally] of tallies) plus(tallyOf(sums.tallies, name), tally)
    sums.days.add(day)
  }
  await writeSums(ctx, month, sums)
}

const UNREADABLE = ['RECORD_ERASED', 'RECORD_DAMAGED', 'SEALED_DAMAGED']

/** What can't be read is not counted, and keeps nothing from its end. */
async function unlessUnreadable<Value>(work: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await work()
  } catch (error) {
    if (isProtocolError(error) && UNREADABLE.includes(error.code)) return undefined
    throw error
  }
}

async function add(
  ctx: NodeContext,
  tallies: Map<string, Tally>,
  { event, origin, index }: Answer,
): Promise<void> {
  const verdicts = await verdictsOf(ctx, origin, index)
  const told = await feedbackOf(ctx, event.txid)
  const tally = tallyOf(tallies, `${event.purpose} ${event.kind}`)
  tally.queries++
  tally.identifiers += verdicts.filter((over) => over !== null).length
  for (const [item, over] of verdicts.entries()) {
    if (!over) continue
    tally.over++
    const outcome = told.get(item)
    if (outcome !== undefined) tally.told++
    if (outcome === 'confirmed') tally.confirmed++
    if (outcome === 'refuted' && tally.refuted !== null) tally.refuted++
  }
}

function tallyOf(tallies: Map<string, Tally>, name: string): Tally {
  const none = { queries: 0, identifiers: 0, over: 0, told: 0, confirmed: 0, refuted: 0 }
  const tally = tallies.get(name) ?? none
  tallies.set(name, tally)
  return tally
}

function plus(sum: Tally, { queries, identifiers, over, told, confirmed, refuted }: Tally): void {
  sum.queries += queries
  sum.identifiers += identifiers
  sum.over += over
  sum.told += told
  sum.confirmed += confirmed
  sum.refuted = sum.refuted === null || refuted === null ? null : sum.refuted + refuted
}

const dayName = ({ purpose, day }: PurposeDay) => `${purpose} ${day}`
const nameOf = (answer: Answer) => `${answer.event.purpose} ${dayOf(answer)}`

type Sums = { readonly tallies: Map<string, Tally>; readonly days: Set<string> }

async function readSums({ store, vault }: NodeContext, month: string): Promise<Sums> {
  const text = await store.meta.get(placeOf(month))
  if (text === null) return { tallies: new Map(), days: new Set() }
  const opened = parseJcs(vault.open(placeOf(month), fromBase64(text)))
  const { tallies, days } = opened as unknown as SumsText
  const whole = tallies.map(([name, tally]) => [name, { refuted: null, ...tally }] as const)
  return { tallies: new Map(whole), days: new Set(days) }
}

/** An older release did not add up what was refuted. */
type SumsText = {
  readonly tallies: [string, Omit<Tally, 'refuted'> & Partial<Tally>][]
  readonly days: string[]
}

async function writeSums(ctx: NodeContext, month: string, { tallies, days }: Sums): Promise<void> {
  const text: SumsText = { tallies: [...tallies], days: [...days] }
  const sealed = ctx.vault.seal(placeOf(month), jcs(text), ctx.random)
  await ctx.store.meta.set(placeOf(month), base64(sealed))
}

const placeOf = (month: string) => `classes/${month}`

function classOf(name: string, tally: Tally, closed: boolean): ResultClass {
  const [purpose = '', kind = ''] = name.split(' ')
  const { queries, identifiers, over, told, confirmed, refuted } = tally
  const unsaid = { over: null, feedback: null, confirmed: null, refuted: null }
  if (queries < LEAST_QUERIES) return { purpose, kind, queries: null, ...unsaid }
  const known = closed && told >= LEAST_QUERIES
  return {
    ...{ purpose, kind, queries },
    over: shareOf(over, identifiers),
    feedback: !closed || over < LEAST_QUERIES ? null : shareOf(told, over),
    confirmed: known ? shareOf(confirmed, told) : null,
    refuted: known && refuted !== null ? shareOf(refuted, told) : null,
  }
}

function shareOf(part: number, whole: number): ShareClass {
  const share = part / whole
  const at = SHARES.findIndex((upTo) => share <= upTo)
  return { above: at === 0 ? 0 : SHARES[at - 1]!, upTo: SHARES[at]! }
}
