/**
 * A check: one identifier, or a file of them, asked of the threshold list in force. The order is the
 * guarantee: permission, then the intent in the log, then the key holders, then the answer in the
 * log, then the answer. The key holders learn who asks and how many; nobody learns what or the answer.
 */

import { purposeOf, quotaDay, REFUSALS, type RefusalCode } from '@drempel/protocol/convenant'
import { hex, isProtocolError, type Json } from '@drempel/protocol/encoding'
import { type IdentifierKind, oprfInput } from '@drempel/protocol/identifiers'
import { paddedBatch, tagOf } from '@drempel/protocol/oprf'
import type { Appended } from '../audit/index.ts'
import type { ThresholdListRecord } from '../store/index.ts'
import { behind } from './behind.ts'
import type { NodeContext } from './context.ts'
import { fail, failure } from './errors.ts'
import { permit } from './federation.ts'
import { canonical } from './flags.ts'
import { journalRefusal, journalResult, type Question } from './journal.ts'
import { evaluateInputs } from './oprf/asker.ts'
import { tagOnList } from './round/lists.ts'
import { rememberAsked, watchAnswers } from './subject/index.ts'
import { beforeAnswer } from './witness/queries.ts'

export type CheckQuestion = {
  readonly kind: IdentifierKind
  readonly purpose: string
  readonly rule: string
  readonly values: readonly string[]
  readonly protocol: 'check' | 'screen'
  /** Sealed in the log: which operator asked, and the case. */
  readonly operator: string
  readonly case?: string | undefined
  /** Where the purpose asks four eyes. */
  readonly approval?: Approval
}

/** Who stands behind a question, as the convenant counts them, and how the log is bound to it. */
export type Approval = {
  readonly approvers: readonly string[]
  readonly commit: string
  /** Opens `commit`; sealed. */
  readonly record: Json
}

export type CheckAnswer = {
  readonly txid: string
  /** One entry a value: over the threshold or not, or the code for which it was not asked. */
  readonly results: readonly ({ readonly over: boolean } | { readonly rejected: string })[]
  readonly list: ThresholdListRecord
  readonly listAgeSeconds: number
  readonly stale: boolean
  readonly entry: Appended
}

/**
 * @throws ProtocolError `REFUSED` (`at` = the convenant's code; logged), `NO_LIST`, `QUORUM_LOST`,
 *   an identifier code for a check whose value does not parse, `LOG_UNAVAILABLE`, `NOT_WITNESSED`
 */
export async function check(ctx: NodeContext, asked: CheckQuestion): Promise<CheckAnswer> {
  const { kind, purpose, rule, protocol } = asked
  const parsed = asked.values.map((value) => read(ctx, asked, value))
  const good = parsed.flatMap((entry) => ('value' in entry ? [entry.value] : []))
  const { operator, approval } = asked
  const record = {
    ...{ operator, case: asked.case ?? null, count: good.length },
    ...(approval === undefined ? {} : { approval: approval.record }),
  }
  const question = {
    ...{ kind, purpose, rule, protocol, count: sentCount(ctx, asked, good.length) },
    ...(approval === undefined ? {} : { approvalCommit: approval.commit }),
  }
  const { list, stale, reserve } = await permitted(ctx, question, record, approval?.approvers ?? [])
  if (good.length === 0) fail('BAD_REQUEST', { at: 'values', hint: 'no value could be read' })

  const evaluated = await evaluateInputs(ctx, {
    protocol,
    kind,
    epoch: list.epoch,
    purpose,
    rule,
    inputs: good.map((value) => oprfInput(kind, value)),
    count: question.count,
    ...(approval === undefined ? {} : { approvalCommit: approval.commit }),
    record,
    reserve: (txid) => Promise.all([reserve(), rememberAsked(ctx, asked, txid, good)]),
  })
  behind(ctx, 'watch', ctx.watch.questions.observe(kind, purpose, good))
  const { txid } = evaluated.question
  const tags = evaluated.outputs.map(tagOf)
  const over = tags.map((tag) => tagOnList(list, tag))
  const { holders, peerCheckpoints } = evaluated
  const details = { round: list.round, peerCheckpoints }
  // The result is sealed: a key holder knows the txid, and for one identifier `some` is the answer.
  // One character each, so that the record's size does not tell how many were over.
  const sealed = {
    ...record,
    over: marksOf(over),
    // Without it they are of all that was sent, one for one.
    ...(good.length === parsed.length ? {} : { asked: marksOf(parsed.map((v) => 'value' in v)) }),
  }
  let next = 0
  const outputOf = parsed.map((value) => ('value' in value ? next++ : null))
  const kept = outputOf.map((at) => (at !== null && over[at] ? tags[at]! : null))
  const [entry] = await Promise.all([
    journalResult(ctx, evaluated.question, holders, 'answered', details, sealed),
    watchAnswers(ctx, { ...record, txid, purpose, list, tags: kept }),
  ])
  await beforeAnswer(ctx, evaluated.question, entry, record)
  return {
    txid,
    results: parsed.map((value, i) => ('value' in value ? { over: over[outputOf[i]!]! } : value)),
    list,
    listAgeSeconds: Math.max(0, Math.floor((ctx.clock() - list.createdAt) / 1000)),
    stale,
    entry,
  }
}

function marksOf(list: readonly boolean[]): string {
  return list.map((mark) => (mark ? '1' : '0')).join('')
}

/** A check sends one element; a screen is padded to its bucket, as far as the purpose's batch goes. */
function sentCount(ctx: NodeContext, { protocol, purpose }: CheckQuestion, good: number): number {
  if (protocol === 'check') return 1
  const most = purposeOf(ctx.inForce().convenant, purpose)?.maxBatch ?? good
  return Math.max(1, good, Math.min(paddedBatch(good), most))
}

function read(
  ctx: NodeContext,
  { kind, protocol }: CheckQuestion,
  value: string,
): { readonly value: string } | { readonly rejected: string } {
  try {
    return { value: canonical(ctx, kind, value) }
  } catch (error) {
    if (!isProtocolError(error) || protocol === 'check') throw error
    return { rejected: error.code }
  }
}

/** Permission, quota and a list to look in; a refusal is logged before it is told. */
async function permitted(
  ctx: NodeContext,
  question: Omit<Question, 'txid'> & { readonly purpose: string; readonly rule: string },
  record: Json,
  approvers: readonly string[],
): Promise<{
  readonly list: ThresholdListRecord
  readonly stale: boolean
  /** Counts the query. */
  readonly reserve: () => Promise<unknown>
}> {
  const { kind, purpose, rule, protocol, count, approvalCommit } = question
  const day = quotaDay(ctx.clock())
  const counter = { scope: `queried/${purpose}`, key: day }
  try {
    const used = await ctx.store.usage.used(counter.scope, counter.key)
    const type = protocol === 'screen' ? 'screen' : 'check'
    permit(
      ctx,
      { type, asker: ctx.self, purpose, kind, rule, count, approvers },
      { queried: { day, count: used } },
    )
    const list = await ctx.store.lists.current(kind, rule)
    if (list === null) fail('NO_LIST', { at: rule, hint: 'no round has published this list yet' })
    const { stale } = answerable(ctx, question, list)
    const spent = { ...counter, amount: count, limit: Number.MAX_SAFE_INTEGER }
    return { list, stale, reserve: async () => (await ctx.store.usage.claim(spent)).durable }
  } catch (error) {
    if (!isProtocolError(error, 'REFUSED')) throw error
    const code = error.at as RefusalCode
    const txid = hex(ctx.random(16))
    const known = ctx.inForce().convenant
    await journalRefusal(
      ctx,
      {
        txid,
        kind,
        protocol,
        count,
        ...(approvalCommit === undefined ? {} : { approvalCommit }),
        // Names that the convenant does not have are the asker's own text: they stay out of the leaf.
        ...(known.purposes.some(({ id }) => id === purpose) ? { purpose } : {}),
        ...(known.rules.some(({ id }) => id === rule) ? { rule } : {}),
      },
      code,
      record,
    )
    throw failure('REFUSED', { at: code, hint: REFUSALS[code].en })
  }
}

function answerable(
  ctx: NodeContext,
  { purpose, rule }: { readonly purpose: string; readonly rule: string },
  { createdAt }: ThresholdListRecord,
) {
  return permit(ctx, { type: 'answer', asker: ctx.self, purpose, rule, publishedAt: createdAt })
}
