/**
 * Own entries against those of one member, by transaction. As the asker: each holder whose answer was
 * used has entered the evaluation. As the holder: the asker's intent still stands in its log. Of an
 * intersection that came to its end: so does the other side's intent, of the same agreement. What the
 * member shows counts by its inclusion proof, not by its word; what it does not show is a finding.
 */

import {
  differences,
  type EventOf,
  type LeafFields,
  lateness,
  parseEvent,
  parseOrigin,
  parseReceipt,
  psiDifferences,
  quarterOf,
  timeOf,
  verifyParsed,
} from '@drempel/protocol/log'
import type { Comparison, Discrepancy } from '../../store/index.ts'
import { logKey, openerOf } from '../checkpoints.ts'
import type { NodeContext } from '../context.ts'
import { fail } from '../errors.ts'
import { parseBody } from '../parse.ts'
import { createJudge, type JudgeHead } from './heads.ts'
import { MAX_ANSWER, MAX_SHARED, sharedAnswer } from './messages.ts'

/** Younger entries may have another side under way. */
const SETTLED_MS = 15 * 60_000
/** How far from its quarter an entry may be. */
const EDGE_MS = 15 * 60_000
const READ = 256

type Found = Omit<Discrepancy, 'member' | 'txid' | 'at'>

/** An own entry whose other side the member must have. */
type Own =
  | { readonly txid: string; readonly result: EventOf<'query.result'> }
  | { readonly txid: string; readonly evaluated: EventOf<'oprf.evaluated'> }
  | { readonly txid: string; readonly intersected: true }

export type Compared = {
  readonly reached: Pick<Comparison, 'origin' | 'index'>
  /** Entries whose other side the member must have. */
  readonly compared: number
  /** False when there is more: the day was too busy for one run. */
  readonly whole: boolean
  readonly discrepancies: readonly Discrepancy[]
}

/**
 * @param most transactions
 * @param settled entries after this time wait for another run
 * @throws ProtocolError of peers; `BAD_REQUEST`, `LOG_ROLLED_BACK` and of receipts, culprit = member
 */
export async function compareWith(
  ctx: NodeContext,
  member: string,
  from: Pick<Comparison, 'origin' | 'index'>,
  most: number,
  settled = ctx.clock() - SETTLED_MS,
): Promise<Compared> {
  const { own, reached, whole } = await ownEntries(ctx, member, from, most, settled)
  const discrepancies: Discrepancy[] = []
  const judge = createJudge(ctx, member)
  for (let at = 0; at < own.length; at += MAX_SHARED) {
    const some = own.slice(at, at + MAX_SHARED)
    const theirs = await theirEntries(ctx, member, judge, some)
    for (const [i, entry] of some.entries()) {
      const { txid } = entry
      for (const found of await findings(ctx, entry, theirs[i]!)) {
        discrepancies.push({ ...found, member, txid, at: ctx.clock() })
      }
    }
  }
  return { reached, compared: own.length, whole, discrepancies }
}

async function findings(
  ctx: NodeContext,
  own: Own,
  theirs: readonly LeafFields[],
): Promise<readonly Found[]> {
  const of = <Type extends LeafFields['type']>(type: Type) =>
    theirs.find((event): event is EventOf<Type> => event.type === type)
  const nothing = { fields: [], minutes: null }
  if ('intersected' in own) {
    const ours = await ownIntent(ctx, own.txid, 'psi.intent')
    const shown = of('psi.intent')
    if (ours === undefined) return []
    if (shown === undefined) return [{ kind: 'one-sided', ...nothing }]
    const named = shown.parties.includes(ctx.self) ? [] : ['parties']
    const fields = [...psiDifferences(ours, shown), ...named]
    return fields.length === 0 ? [] : [{ kind: 'mismatch', fields, minutes: null }]
  }
  const [intent, evaluated] =
    'result' in own
      ? [await ownIntent(ctx, own.txid, 'query.intent'), of('oprf.evaluated')]
      : [of('query.intent'), own.evaluated]
  // Without the own intent there is nothing to compare with: that is this node's own damage.
  if ('result' in own && intent === undefined) return []
  if (intent === undefined || evaluated === undefined) return [{ kind: 'one-sided', ...nothing }]
  const fields = differences(intent, evaluated)
  const late = lateness({
    intent: timeOf(intent.time),
    evaluated: timeOf(evaluated.time),
    result: 'result' in own ? timeOf(own.result.time) : null,
  })
  return [
    ...(fields.length === 0 ? [] : [{ kind: 'mismatch', fields, minutes: null } as const]),
    ...(late === null ? [] : [{ ...nothing, kind: 'late', minutes: late.minutes } as const]),
  ]
}

/** Verified: of the member's log, and of the transaction that was asked for. */
async function theirEntries(
  ctx: NodeContext,
  member: string,
  judge: JudgeHead,
  own: readonly Own[],
): Promise<readonly (readonly LeafFields[])[]> {
  const txids = own.map(({ txid }) => txid)
  const body = await ctx.call(member, 'log/shared', { txids }, { maxResponse: MAX_ANSWER })
  const { entries } = parseBody(sharedAnswer, body, member)
  const shown: LeafFields[][] = []
  for (const [i, txid] of txids.entries()) {
    const events: LeafFields[] = []
    for (const text of entries[i] ?? []) events.push(await verified(ctx, member, judge, text))
    shown.push(events.filter((event) => 'txid' in event && event.txid === txid))
  }
  return shown
}

async function verified(
  ctx: NodeContext,
  member: string,
  judge: JudgeHead,
  text: string,
): Promise<LeafFields> {
  const receipt = parseReceipt(text)
  const { origin } = await judge(receipt.checkpoint)
  const event = parseEvent(verifyParsed(receipt, logKey(ctx, member, origin), openerOf(ctx)).leaf)
  // A log of another quarter is where nobody looks for it.
  const near = [timeOf(event.time) - EDGE_MS, timeOf(event.time) + EDGE_MS].map(quarterOf)
  const { quarter } = parseOrigin(origin)
  if (event.period === quarter && near.includes(quarter)) return event
  return fail('BAD_REQUEST', { culprit: member, at: 'period' })
}

async function ownIntent<Type extends 'query.intent' | 'psi.intent'>(
  ctx: NodeContext,
  txid: string,
  type: Type,
): Promise<EventOf<Type> | undefined> {
  const found = (await ctx.audit.find(txid)).find((entry) => entry.type === type)
  if (found === undefined) return undefined
  const event = parseEvent(await ctx.audit.leaf(found.origin, found.index))
  return event.type === type ? (event as EventOf<Type>) : undefined
}

async function ownEntries(
  ctx: NodeContext,
  member: string,
  from: Pick<Comparison, 'origin' | 'index'>,
  most: number,
  settled: number,
) {
  const own: Own[] = []
  let reached = from
  const origins = await ctx.audit.origins()
  const begin = Math.max(0, origins.indexOf(from.origin))
  for (const origin of origins.slice(begin)) {
    const size = await ctx.audit.size(origin)
    let index = origin === from.origin ? from.index : 0
    while (index < size) {
      const leaves = await ctx.store.log.leaves(origin, index, Math.min(size, index + READ))
      for (const leaf of leaves) {
        const event = parseEvent(leaf)
        if (timeOf(event.time) > settled) return { own, reached, whole: true }
        if (own.length >= most) return { own, reached, whole: false }
        const entry = concerning(event, member)
        if (entry !== undefined) own.push(entry)
        index++
        reached = { origin, index }
      }
      await ctx.pause()
    }
  }
  return { own, reached, whole: true }
}

function concerning(event: LeafFields, member: string): Own | undefined {
  if (event.type === 'query.result') {
    const used = event.status === 'answered' && event.parties.includes(member)
    return used ? { txid: event.txid, result: event } : undefined
  }
  if (event.type === 'psi.result') {
    const ended = event.status !== 'failed' && event.parties.includes(member)
    return ended ? { txid: event.txid, intersected: true } : undefined
  }
  if (event.type !== 'oprf.evaluated' || !event.parties.includes(member)) return undefined
  return { txid: event.txid, evaluated: event }
}
