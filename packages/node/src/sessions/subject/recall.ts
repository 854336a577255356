/**
 * Recall: an answer `over` that a new list no longer bears out is told to this partner's own staff.
 * While the purpose's retention runs the asker keeps the tag of each such answer, sealed, and looks it
 * up in every new list of the same key epoch. Nobody else is asked or told. Under a new key the tag
 * says nothing, so answers of an older epoch end here.
 *
 * Every answered query leaves one row of the same size whatever its answers, and every review of a
 * list one entry in the log whatever comes of it.
 */

import { purposeOf } from '@drempel/protocol/convenant'
import {
  ByteReader,
  type Bytes,
  ByteWriter,
  fromUtf8,
  isProtocolError,
  jcs,
  parseJcs,
} from '@drempel/protocol/encoding'
import type { RecallRecord, ThresholdListRecord, WatchedAnswer } from '../../store/index.ts'
import type { NodeContext } from '../context.ts'
import { mayHold } from '../federation.ts'
import { tagOnList } from '../round/lists.ts'
import { journalReviewed } from './journal.ts'

const TAG = 16
const PAGE = 64
const MAX_TEXT = 4_096
const DAY = 86_400_000
/** In the place of a tag: not asked, not over, or recalled. */
const NONE = new Uint8Array(TAG)

export type AnsweredQuestion = {
  readonly txid: string
  readonly purpose: string
  readonly list: ThresholdListRecord
  readonly operator: string
  readonly case: string | null
  /** One for each value as it was sent; null for what was not asked, or is not over. */
  readonly tags: readonly (Bytes | null)[]
}

/** Which answer no longer holds; told to the operators, kept sealed. */
export type Recalled = {
  readonly txid: string
  readonly item: number
  readonly askedAt: number
  readonly kind: string
  readonly purpose: string
  readonly rule: string
  readonly case: string | null
  readonly operator: string
}

/** Lists that were reviewed, by rule: a list is looked at again only for answers of a list before it. */
const reviewed = new WeakMap<NodeContext, Map<string, string>>()

/** With the entry of an answer, and as durable as that. */
export async function watchAnswers(ctx: NodeContext, answered: AnsweredQuestion): Promise<void> {
  const { txid, purpose, list, operator, case: reference, tags } = answered
  const days = purposeOf(ctx.inForce().convenant, purpose)?.retentionDays ?? 0
  if (days === 0) return
  const askedAt = ctx.clock()
  const text = { askedAt, purpose, operator, case: reference }
  const { kind, rule, epoch, round } = list
  const sealed = seal(ctx, txid, text, tags)
  const until = askedAt + days * DAY
  await ctx.store.recalls.watch({ txid, kind, rule, epoch, round, until, sealed })
  // The list may have been replaced, and its successor reviewed, while the holders were asked.
  const done = reviewed.get(ctx)
  if (done?.get(nameOf(list)) !== round) done?.delete(nameOf(list))
}

/** Looks given answers up in the lists in force, as far as they were not; exactly one recall for each. */
export async function reviewAnswers(ctx: NodeContext): Promise<void> {
  await ctx.store.recalls.forgetBefore(ctx.clock())
  const done = reviewed.get(ctx) ?? new Map<string, string>()
  reviewed.set(ctx, done)
  for (const { kind, rule, round } of await ctx.store.lists.inForce()) {
    const name = nameOf({ kind, rule })
    // Without the keys of a list every tag would be missing from it.
    if (done.get(name) === round || !mayHold(ctx, ctx.self, rule)) continue
    done.set(name, round)
    try {
      await reviewRule(ctx, kind, rule)
    } catch (error) {
      done.delete(name)
      throw error
    }
  }
}

export async function listRecalls(
  ctx: NodeContext,
  open: boolean,
): Promise<readonly (Recalled & Pick<RecallRecord, 'number' | 'raisedAt' | 'closedAt'>)[]> {
  const rows = await ctx.store.recalls.list({ open, limit: 1_000 })
  return rows.map(({ number, raisedAt, closedAt, sealed }) => ({
    ...(JSON.parse(fromUtf8(ctx.vault.open('recall', sealed))) as Recalled),
    ...{ number, raisedAt, closedAt },
  }))
}

async function reviewRule(ctx: NodeContext, kind: string, rule: string): Promise<void> {
  const list = await ctx.store.lists.current(kind, rule)
  if (list === null) return
  const { round } = list
  let raised = 0
  let entered = false
  for (let afterTxid = ''; ; ) {
    const page = await ctx.store.recalls.due({ kind, rule, round }, { afterTxid, limit: PAGE })
    const last = page.at(-1)
    if (last === undefined) break
    if (!entered) await journalReviewed(ctx, list)
    entered = true
    // Together, for one fsync a page.
    const counts = await Promise.all(page.map((answer) => reviewAnswer(ctx, list, answer)))
    raised += counts.reduce((sum, count) => sum + count, 0)
    afterTxid = last.txid
    await ctx.pause()
  }
  if (raised > 0) ctx.log('warn', 'recall.raised', { kind, round })
}

/** @returns how many recalls it raised */
async function reviewAnswer(
  ctx: NodeContext,
  list: ThresholdListRecord,
  answer: WatchedAnswer,
): Promise<number> {
  const { txid, kind, rule } = answer
  if (answer.epoch !== list.epoch) {
    await ctx.store.recalls.settle(answer, list.round, null, [])
    return 0
  }
  const opened = unseal(ctx, answer)
  if (opened === null) {
    ctx.log('error', 'recall.unreadable', { kind })
    await ctx.store.recalls.settle(answer, list.round, null, [])
    return 0
  }
  const { text, tags } = opened
  const gone = (tag: Bytes | null) => tag !== null && !tagOnList(list, tag)
  const recalls = tags.flatMap((tag, item) => {
    if (!gone(tag)) return []
    const recalled: Recalled = { ...text, txid, item, kind, rule }
    return [ctx.vault.seal('recall', jcs(recalled), ctx.random)]
  })
  const kept = tags.map((tag) => (gone(tag) ? null : tag))
  const left = seal(ctx, txid, text, kept)
  const settled = await ctx.store.recalls.settle(answer, list.round, left, recalls)
  return settled ? recalls.length : 0
}

type Text = Pick<Recalled, 'askedAt' | 'purpose' | 'operator' | 'case'>

function seal(ctx: NodeContext, txid: string, text: Text, tags: readonly (Bytes | null)[]): Bytes {
  const writer = new ByteWriter().block(jcs(text))
  for (const tag of tags) writer.bytes(tag ?? NONE)
  return ctx.vault.seal(placeOf(txid), writer.finish(), ctx.random)
}

/** Null for a row that was damaged: the others are looked up all the same. */
function unseal(ctx: NodeContext, { txid, sealed }: WatchedAnswer) {
  let opened: Bytes
  try {
    opened = ctx.vault.open(placeOf(txid), sealed)
  } catch (error) {
    if (isProtocolError(error, 'SEALED_DAMAGED')) return null
    throw error
  }
  const reader = new ByteReader(opened)
  const text = parseJcs(reader.block(MAX_TEXT)) as Text
  const tags: (Bytes | null)[] = []
  while (reader.remaining > 0) {
    const tag = reader.bytes(TAG)
    tags.push(tag.some((byte) => byte !== 0) ? tag : null)
  }
  return { text, tags }
}

function placeOf(txid: string): string {
  return `answers/${txid}`
}

function nameOf({ kind, rule }: { readonly kind: string; readonly rule: string }): string {
  return `${kind} ${rule}`
}
