/**
 * What the node knows about an identifier, for the person whose it is (AVG art. 15): its own flag,
 * whether that is over a threshold in the lists that it holds, what it asked, with the answers, and in
 * which intersections it learned that another member has it too; all with receipts of the log's entries.
 * What another member learned of one stays with that member. No other node is asked, and none hears of it.
 */

import { hex, isProtocolError, type Json } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { type EventOf, parseEvent, timeOf } from '@drempel/protocol/log'
import type { AskedPosition, FlagRecord } from '../../store/index.ts'
import type { NodeContext } from '../context.ts'
import { mayHold, rulesOf } from '../federation.ts'
import { ownersResult } from '../owners.ts'
import { tagOnList } from '../round/lists.ts'
import { activeTags } from '../tagging.ts'
import { findAsked } from './asked.ts'
import type { ProvedEntry } from './cases.ts'

export type Disclosure = {
  readonly flag: FlagRecord | null
  readonly lists: readonly {
    readonly rule: string
    readonly listTime: number
    readonly over: boolean
  }[]
  readonly queries: readonly DisclosedQuery[]
  readonly intersections: readonly DisclosedIntersection[]
  readonly periods: readonly string[]
}

export type DisclosedQuery = {
  readonly txid: string
  readonly time: number
  readonly purpose: string
  readonly rule: string
  readonly protocol: 'check' | 'screen'
  readonly status: EventOf<'query.result'>['status'] | 'open'
  /** Null where no answer was given, or its record was erased. */
  readonly over: boolean | null
  readonly entries: readonly ProvedEntry[]
}

/** One that it came out of, at this node. */
export type DisclosedIntersection = Pick<
  DisclosedQuery,
  'txid' | 'time' | 'purpose' | 'entries'
> & {
  readonly peer: string
  readonly protocol: EventOf<'psi.intent'>['protocol']
}

/** What a confidential node discloses. It looks nothing up, so that not even the time it takes tells. */
export const NOTHING: Disclosure = {
  flag: null,
  lists: [],
  queries: [],
  intersections: [],
  periods: [],
}

export async function disclose(
  ctx: NodeContext,
  kind: IdentifierKind,
  value: string,
): Promise<Disclosure> {
  const flag = await ctx.store.flags.get(kind, ctx.vault.blindIndex(kind, value))
  const { found, periods } = await findAsked(ctx, kind, value)
  const queries: DisclosedQuery[] = []
  const intersections: DisclosedIntersection[] = []
  for (const position of found) {
    const query = await disclosedQuery(ctx, position)
    if (query !== null) queries.push(query)
    const intersection = await disclosedIntersection(ctx, position.txid)
    if (intersection !== null) intersections.push(intersection)
    await ctx.pause()
  }
  return {
    flag,
    lists: flag === null ? [] : await listsOver(ctx, kind, flag),
    queries: queries.sort(inTime),
    intersections: intersections.sort(inTime),
    periods,
  }
}

/** By the tag that the node has of its own flag: no query. A flag that was never in a round has none. */
async function listsOver(
  ctx: NodeContext,
  kind: IdentifierKind,
  { id, index }: FlagRecord,
): Promise<Disclosure['lists']> {
  const lists: Disclosure['lists'][number][] = []
  for (const rule of rulesOf(ctx.inForce().convenant, kind)) {
    if (rule.output === 'owners') {
      const result = await ownersResult(ctx, kind, rule.id)
      if (result === null) continue
      const listTime = Date.parse(result.createdAt)
      lists.push({ rule: rule.id, listTime, over: result.over.has(hex(index)) })
      continue
    }
    const list = await ctx.store.lists.current(kind, rule.id)
    if (list === null || !mayHold(ctx, ctx.self, rule.id)) continue
    const [own] = await activeTags(ctx, kind, list.epoch, { afterId: id - 1, limit: 1 })
    if (own === undefined || hex(own.index) !== hex(index)) continue
    lists.push({ rule: rule.id, listTime: list.createdAt, over: tagOnList(list, own.tag) })
  }
  return lists
}

/** Null for a row whose query never got as far as an entry. */
async function disclosedQuery(
  ctx: NodeContext,
  { txid, item }: AskedPosition,
): Promise<DisclosedQuery | null> {
  const positions = (await ctx.audit.find(txid)).filter(({ type }) => type.startsWith('query.'))
  let asked: EventOf<'query.intent'> | undefined
  let status: DisclosedQuery['status'] = 'open'
  let over: boolean | null = null
  const entries: ProvedEntry[] = []
  for (const { origin, index, type } of positions) {
    const event = parseEvent(await ctx.audit.leaf(origin, index))
    if (event.type === 'query.intent') asked = event
    if (event.type === 'query.refused') {
      // Behind an answer: too few witnesses signed in time, and it was not told.
      status = 'refused'
      over = null
    }
    if (event.type === 'query.result') {
      status = event.status
      if (status === 'answered') over = answerAt(await recordOf(ctx, origin, index), item)
    }
    entries.push({ type, origin, index, receipt: await ctx.audit.receipt(origin, index) })
  }
  if (asked === undefined) return null
  const { purpose, rule, protocol, time } = asked
  const of = { purpose: purpose ?? '', rule: rule ?? '', protocol: protocol as 'check' | 'screen' }
  return { txid, time: timeOf(time), ...of, status, over, entries }
}

/** Null for what is no intersection, or gave nothing. */
async function disclosedIntersection(
  ctx: NodeContext,
  txid: string,
): Promise<DisclosedIntersection | null> {
  const positions = (await ctx.audit.find(txid)).filter(({ type }) => type.startsWith('psi.'))
  let intent: EventOf<'psi.intent'> | undefined
  let answered = false
  const entries: ProvedEntry[] = []
  for (const { origin, index, type } of positions) {
    const event = parseEvent(await ctx.audit.leaf(origin, index))
    if (event.type === 'psi.intent') intent = event
    if (event.type === 'psi.result') answered = event.status === 'answered'
    entries.push({ type, origin, index, receipt: await ctx.audit.receipt(origin, index) })
  }
  if (intent === undefined || !answered) return null
  const { purpose, parties, protocol, time } = intent
  return { txid, time: timeOf(time), purpose, peer: parties[0]!, protocol, entries }
}

type Timed = { readonly time: number; readonly txid: string }

function inTime(a: Timed, b: Timed): number {
  return a.time - b.time || (a.txid < b.txid ? -1 : 1)
}

async function recordOf(ctx: NodeContext, origin: string, index: number): Promise<Json> {
  try {
    return await ctx.audit.openRecord(origin, index)
  } catch (error) {
    if (isProtocolError(error, 'RECORD_ERASED')) return null
    throw error
  }
}

function answerAt(record: Json, item: number): boolean | null {
  const { over } = (record ?? {}) as { readonly over?: string }
  return over === undefined ? null : over[item] === '1'
}
