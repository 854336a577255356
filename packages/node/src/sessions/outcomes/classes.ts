/**
 * How often questions were answered yes, for who supervises: by purpose and kind, in classes, over at
 * least twenty queries, of whole months that have ended. Months do not overlap, so two figures never
 * differ by a query; a purpose with fewer stays silent.
 */

import { type EventOf, parseEvent, parseOrigin, timeOf } from '@drempel/protocol/log'
import type { NodeContext } from '../context.ts'
import { fail } from '../errors.ts'
import { feedbackOf, verdictsOf } from './feedback.ts'

/** Below this many queries nothing is said of a purpose. */
export const LEAST_QUERIES = 20
/** Upper ends of the classes of a share. */
const SHARES = [0.02, 0.1, 0.25, 0.5, 1] as const
const PAGE = 64

export type ShareClass = { readonly above: number; readonly upTo: number }

export type ResultClass = {
  readonly purpose: string
  readonly kind: string
  /** Null where there are too few to say more. */
  readonly queries: number | null
  /** The share of identifiers that were over the threshold. */
  readonly over: ShareClass | null
  /** Of those, the share that was looked back on, and of these the share that was confirmed. */
  readonly feedback: ShareClass | null
  readonly confirmed: ShareClass | null
}

type Tally = {
  queries: number
  identifiers: number
  over: number
  told: number
  confirmed: number
}

/** @param month `2026-11`; has ended @throws ProtocolError `PERIOD_IN_USE`, `RECORD_ERASED` */
export async function resultClasses(ctx: NodeContext, month: string): Promise<ResultClass[]> {
  const from = Date.parse(`${month}-01T00:00:00Z`)
  const until = new Date(from).setUTCMonth(new Date(from).getUTCMonth() + 1)
  if (!(until <= ctx.clock())) fail('PERIOD_IN_USE', { at: month })
  const tallies = new Map<string, Tally>()
  for await (const { event, origin, index } of resultsIn(ctx, month, from, until)) {
    const name = `${event.purpose} ${event.kind}`
    const tally = tallies.get(name) ?? {
      queries: 0,
      identifiers: 0,
      over: 0,
      told: 0,
      confirmed: 0,
    }
    tallies.set(name, tally)
    tally.queries++
    const verdicts = await verdictsOf(ctx, origin, index)
    tally.identifiers += verdicts.length
    const told = await feedbackOf(ctx, event.txid)
    for (const [item, over] of verdicts.entries()) {
      if (!over) continue
      tally.over++
      const outcome = told.get(item)
      if (outcome !== undefined) tally.told++
      if (outcome === 'confirmed') tally.confirmed++
    }
  }
  return [...tallies]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, tally]) => classOf(name, tally))
}

async function* resultsIn(ctx: NodeContext, month: string, from: number, until: number) {
  const quarter = `${month.slice(0, 4)}Q${Math.ceil(Number(month.slice(5)) / 3)}`
  for (const origin of await ctx.audit.origins()) {
    if (parseOrigin(origin).quarter !== quarter) continue
    const size = (await ctx.audit.head(origin))?.size ?? 0
    for (let at = 0; at < size; at += PAGE) {
      await ctx.pause()
      const leaves = await ctx.store.log.leaves(origin, at, Math.min(size, at + PAGE))
      for (const [i, leaf] of leaves.entries()) {
        const event = parseEvent(leaf)
        const time = timeOf(event.time)
        if (!isAnswer(event) || time < from || time >= until) continue
        yield { event, origin, index: at + i }
      }
    }
  }
}

function isAnswer(event: { readonly type: string }): event is EventOf<'query.result'> {
  if (event.type !== 'query.result') return false
  const { status, protocol } = event as EventOf<'query.result'>
  return status === 'answered' && protocol !== 'tag'
}

function classOf(name: string, tally: Tally): ResultClass {
  const [purpose = '', kind = ''] = name.split(' ')
  const { queries, identifiers, over, told, confirmed } = tally
  if (queries < LEAST_QUERIES) {
    return { purpose, kind, queries: null, over: null, feedback: null, confirmed: null }
  }
  return {
    ...{ purpose, kind, queries },
    over: shareOf(over, identifiers),
    feedback: over < LEAST_QUERIES ? null : shareOf(told, over),
    confirmed: told < LEAST_QUERIES ? null : shareOf(confirmed, told),
  }
}

function shareOf(part: number, whole: number): ShareClass {
  const share = part / whole
  const at = SHARES.findIndex((upTo) => share <= upTo)
  return { above: at === 0 ? 0 : SHARES[at - 1]!, upTo: SHARES[at]! }
}
