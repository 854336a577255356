/**
 * What an answer led to, told by who asked: whether a yes was right is what shows that a purpose is
 * proportionate. It stays at the asker's node, sealed, and may be given for any answer, so that a row
 * does not show a yes.
 *
 * What it comes to is told of a month when that takes no more: of one that moves after it was told, the
 * difference could be the feedback on one answer. So a month that was told is noted, and stays closed when
 * the clock is set back.
 */

import { fromUtf8, utf8 } from '@drempel/protocol/encoding'
import { parseEvent } from '@drempel/protocol/log'
import type { NodeContext } from '../context.ts'
import { fail } from '../errors.ts'
import { Turns } from '../turns.ts'

export const OUTCOMES = ['confirmed', 'refuted', 'none'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** That follow the month of an answer, in which somebody finds out what it led to. */
const MONTHS = 3

/** So that no outcome shows in the length of what is sealed. */
const LENGTH = Math.max(...OUTCOMES.map(({ length }) => length))

/** What is taken is there when a month closes, or is not taken. */
const turns = new Turns<object>()

/** From when a month's answers take no feedback. @param month `2026-11` */
export function feedbackEnds(month: string): number {
  const first = new Date(`${month}-01T00:00:00Z`)
  return first.setUTCMonth(first.getUTCMonth() + 1 + MONTHS)
}

/**
 * Whether a month's answers take no feedback any more, for good; durable before it says so, and so before
 * anybody is told what came of them.
 */
export function closeFeedback(ctx: NodeContext, month: string): Promise<boolean> {
  return turns.of(ctx.store.feedback, async () => {
    if (await isClosed(ctx, month)) return true
    if (ctx.clock() < feedbackEnds(month)) return false
    await ctx.store.meta.set(closedPlace(month), String(ctx.clock()))
    return true
  })
}

/**
 * @param item which of the query's identifiers as they were sent, from 0; those that were not asked count
 * @throws ProtocolError `UNKNOWN_RECEIPT`, `FEEDBACK_CLOSED`, `RECORD_ERASED`
 */
export async function giveFeedback(
  ctx: NodeContext,
  txid: string,
  item: number,
  outcome: Outcome,
): Promise<void> {
  const entry = (await ctx.audit.find(txid)).find(({ type }) => type === 'query.result')
  if (entry === undefined) return fail('UNKNOWN_RECEIPT')
  const { origin, index } = entry
  const [leaf] = await ctx.store.log.leaves(origin, index, index + 1)
  const month = parseEvent(leaf!).time.slice(0, 7)
  const text = utf8(outcome.padEnd(LENGTH))
  const sealed = ctx.vault.seal(placeOf(txid, item), text, ctx.random)
  await turns.of(ctx.store.feedback, async () => {
    const closed = ctx.clock() >= feedbackEnds(month) || (await isClosed(ctx, month))
    if (closed) fail('FEEDBACK_CLOSED', { at: month })
    const verdicts = await verdictsOf(ctx, origin, index)
    if (typeof verdicts[item] !== 'boolean') fail('UNKNOWN_RECEIPT', { at: 'item' })
    await ctx.store.feedback.put(txid, item, sealed)
  })
}

/** Outcomes by item. */
export async function feedbackOf(
  ctx: NodeContext,
  txid: string,
): Promise<ReadonlyMap<number, Outcome>> {
  const rows = await ctx.store.feedback.get(txid)
  return new Map(
    rows.map(({ item, sealed }) => {
      const text = fromUtf8(ctx.vault.open(placeOf(txid, item), sealed)).trim()
      return [item, OUTCOMES.find((outcome) => outcome === text) ?? 'none'] as const
    }),
  )
}

/**
 * Over or not, one for each identifier of an answered query as it was sent, null for what was not asked;
 * none for one that was not answered. The record of an older release lacks which were not asked: there
 * only those that were have a place.
 * @throws ProtocolError `RECORD_ERASED`
 */
export async function verdictsOf(
  ctx: NodeContext,
  origin: string,
  index: number,
): Promise<readonly (boolean | null)[]> {
  const record = await ctx.audit.openRecord(origin, index)
  const { over, asked } = (record ?? {}) as { readonly over?: string; readonly asked?: string }
  if (over === undefined) return []
  const verdicts = [...over].map((mark) => mark === '1')
  if (asked === undefined) return verdicts
  let next = 0
  return [...asked].map((mark) => (mark === '1' ? verdicts[next++]! : null))
}

async function isClosed({ store }: NodeContext, month: string): Promise<boolean> {
  return Boolean(await store.meta.get(closedPlace(month)))
}

function closedPlace(month: string): string {
  return `feedback-closed/${month}`
}

function placeOf(txid: string, item: number): string {
  return `feedback/${txid}/${item}`
}
