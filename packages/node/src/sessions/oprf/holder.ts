/**
 * Key holder: evaluates only what provably stands in the asker's log, once a txid, within its share
 * of the quota, and after its own log entry is durable. Learns who asks, for what purpose, how many.
 */

import { holderShare, kindOf, quotaDay } from '@drempel/protocol/convenant'
import { type Bytes, concatAll, isProtocolError } from '@drempel/protocol/encoding'
import { type EventOf, verifyIntent } from '@drempel/protocol/log'
import type { Claim } from '../../store/index.ts'
import { behind } from '../behind.ts'
import { followLog, openerOf } from '../checkpoints.ts'
import type { NodeContext, PeerMethod } from '../context.ts'
import { codeOf, evidenceOf, fail } from '../errors.ts'
import { memberKey, permit } from '../federation.ts'
import {
  journalEvaluated,
  journalEvaluationRefused,
  type PeerCheckpoint,
  type Question,
} from '../journal.ts'
import { perMinute } from '../limit.ts'
import { assertHolder, withOwnShare } from './keyring.ts'
import {
  type AnswerTogether,
  decodeRequest,
  decodeTogether,
  type EvaluationAnswer,
  type EvaluationRequest,
  encodeAnswer,
  encodeAnswerTogether,
  MAX_EVALUATION,
  MAX_TOGETHER_BODY,
} from './messages.ts'

/** A member's refusals beyond this many are not entered: they would only fill the log. */
const REFUSALS_PER_MINUTE = 60
/** An intent older than this was not written for this request. */
const MAX_INTENT_AGE = 15 * 60_000

export function oprfMethods(ctx: NodeContext): readonly PeerMethod[] {
  const budget = perMinute(REFUSALS_PER_MINUTE, ctx.clock)
  return [
    {
      name: 'oprf/evaluate',
      maxBody: MAX_EVALUATION,
      overlap: true,
      async handle(from, body) {
        const request = decodeRequest(from, body)
        const enter = () => budget(from)
        const answer = await entered(ctx, from, [request], enter, () =>
          evaluate(ctx, from, request),
        )
        return encodeAnswer(answer)
      },
    },
    {
      name: 'oprf/checks',
      maxBody: MAX_TOGETHER_BODY,
      overlap: true,
      async handle(from, body) {
        const requests = decodeTogether(from, body)
        return encodeAnswerTogether(await evaluateTogether(ctx, from, requests, () => budget(from)))
      },
    },
  ]
}

/** A refusal stands in the holder's log with what showed it, for each request that it is about. */
export async function entered<Value>(
  ctx: NodeContext,
  asker: string,
  requests: readonly EvaluationRequest[],
  enter: () => boolean,
  work: () => Promise<Value>,
): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    if (isProtocolError(error)) {
      const told = requests.filter(enter)
      const [code, evidence] = [codeOf(error), evidenceOf(error)]
      await Promise.all(
        told.map(({ header: { txid } }) =>
          journalEvaluationRefused(ctx, asker, code, txid, evidence),
        ),
      )
    }
    throw error
  }
}

async function evaluate(
  ctx: NodeContext,
  asker: string,
  request: EvaluationRequest,
): Promise<EvaluationAnswer> {
  const { header, blinded } = request
  // What need not wait is not refused for what does.
  const release = header.protocol === 'tag' ? ctx.workers.hold(blinded.length) : () => {}
  try {
    await admit(ctx, asker, request)
    return await evaluated(ctx, header, blinded)
  } finally {
    release()
  }
}

/** Each check stands for itself until it is admitted; those that are have one evaluation and one proof. */
async function evaluateTogether(
  ctx: NodeContext,
  asker: string,
  requests: readonly EvaluationRequest[],
  enter: () => boolean,
): Promise<AnswerTogether> {
  const refused = await Promise.all(
    requests.map(async (request) => {
      try {
        await entered(ctx, asker, [request], enter, () => admit(ctx, asker, request))
        return null
      } catch (error) {
        if (!isProtocolError(error)) throw error
        return codeOf(error)
      }
    }),
  )
  const admitted = requests.filter((_, i) => refused[i] === null)
  if (admitted.length === 0) {
    const nothing = new Uint8Array()
    return { refused, evaluated: nothing, proof: nothing, checkpoint: await latest(ctx) }
  }
  const blinded = concatAll(admitted.map((request) => request.blinded))
  const work = () => evaluated(ctx, admitted[0]!.header, blinded)
  return { refused, ...(await entered(ctx, asker, admitted, enter, work)) }
}

async function evaluated(
  ctx: NodeContext,
  { kind, epoch, protocol }: EvaluationRequest['header'],
  blinded: Bytes,
): Promise<EvaluationAnswer> {
  const urgent = protocol !== 'tag'
  const lane = { elements: blinded.length / 32, urgent, held: !urgent }
  const answer = await withOwnShare(ctx, kind, epoch, (share) =>
    ctx.workers.run('evaluate', { share, blinded }, lane),
  )
  return { ...answer, checkpoint: await latest(ctx) }
}

async function latest(ctx: NodeContext): Promise<string> {
  return (await ctx.audit.checkpoint()) ?? ''
}

/** Everything before the evaluation; when it returns, the entry is durable. */
async function admit(ctx: NodeContext, asker: string, request: EvaluationRequest): Promise<void> {
  const { header, receipt, blinded } = request
  const { convenant, digest } = ctx.inForce()
  const { txid, kind, protocol, purpose, rule, epoch } = header
  await assertHolder(ctx, kind, epoch)
  const { leaf, checkpoint, note } = verifyIntent(
    receipt,
    {
      asker,
      signingKey: memberKey(ctx.inForce(), asker) ?? fail('CONVENANT_DIFFERS', { culprit: asker }),
      holder: ctx.self,
      convenant: { id: convenant.id, version: convenant.version, digest },
      txid,
      protocol,
      kind,
      epoch,
      ...named({ purpose, rule }),
      batch: blinded,
      count: blinded.length / 32,
      now: ctx.clock(),
      maxAge: MAX_INTENT_AGE,
    },
    openerOf(ctx),
  )
  const { seen, remember } = await followLog(ctx, asker, checkpoint, note)
  await grant(ctx, asker, request, leaf, seen, note, remember)
}

/** What the asker's log says it may do with the answers. */
export type Intent = Pick<EventOf<'query.intent'>, 'parties' | 'batch' | 'approvalCommit'>

/** Returns when quota, txid, the asker's tree head and the entry are durable, all with one fsync. */
export async function grant(
  ctx: NodeContext,
  asker: string,
  { header, blinded }: EvaluationRequest,
  { parties, batch, approvalCommit }: Intent,
  seen: PeerCheckpoint,
  note: string,
  remember = async () => {},
): Promise<void> {
  const { txid, kind, protocol, purpose, rule, epoch } = header
  const count = blinded.length / 32
  const question: Question = { txid, kind, protocol, ...named({ purpose, rule }), count }
  const approved = approvalCommit !== undefined
  const { durable } = await reserve(ctx, asker, question, epoch, parties, approved)
  await Promise.all([
    durable,
    remember(),
    journalEvaluated(ctx, question, asker, epoch, batch, seen, note),
  ])
}

function named(fields: { purpose: string | undefined; rule: string | undefined }) {
  return {
    ...(fields.purpose === undefined ? {} : { purpose: fields.purpose }),
    ...(fields.rule === undefined ? {} : { rule: fields.rule }),
  }
}

/** What this holder evaluated of a kind for a member in a key epoch; null where the convenant sets no budget. */
async function enumeration(ctx: NodeContext, asker: string, kind: string, epoch: string) {
  const { convenant } = ctx.inForce()
  const budget = kindOf(convenant, kind)?.queryBudget
  if (budget === undefined) return null
  const counter = { scope: `asked/${asker}/${kind}`, key: epoch }
  const used = await ctx.store.usage.used(counter.scope, counter.key)
  return { counter, used, limit: holderShare(budget, convenant.keyHolders) }
}

/** Permission by this node's copy of the convenant, then quota and txid in one claim. */
async function reserve(
  ctx: NodeContext,
  asker: string,
  { txid, kind, protocol, purpose = '', rule = '', count }: Question,
  epoch: string,
  recipients: readonly string[],
  approved: boolean,
): Promise<Claim<unknown>> {
  const holder = ctx.self
  const day = quotaDay(ctx.clock())
  const tags = protocol === 'tag'
  const counter = tags
    ? { scope: `evaluated-tags/${asker}/${kind}`, key: epoch }
    : { scope: `evaluated/${asker}/${purpose}`, key: day }
  const used = await ctx.store.usage.used(counter.scope, counter.key)
  const epochs = tags ? null : await enumeration(ctx, asker, kind, epoch)
  const { remaining } = tags
    ? permit(
        ctx,
        {
          type: 'evaluate-tags',
          holder,
          member: asker,
          kind,
          epoch: Number(epoch),
          count,
          recipients,
        },
        { tagged: { epoch: Number(epoch), count: used } },
      )
    : permit(
        ctx,
        {
          type: 'evaluate',
          holder,
          asker,
          protocol,
          purpose,
          kind,
          rule,
          epoch: Number(epoch),
          count,
          recipients,
          approved,
        },
        {
          queried: { day, count: used },
          asked: { epoch: Number(epoch), count: epochs?.used ?? 0 },
        },
      )
  // Two requests may both have passed `permit`: the limit is compared again where it is added to.
  const limit = used + count + (remaining ?? 0)
  const counters = [
    { ...counter, amount: count, limit },
    ...(epochs === null ? [] : [{ ...epochs.counter, amount: count, limit: epochs.limit }]),
  ]
  const claim = await ctx.store.usage.claimServe({ asker, txid, counters })
  if (claim.outcome === 'replayed') fail('TXID_REPLAYED', { culprit: asker })
  if (claim.outcome !== 'ok') {
    const enumerated = claim.outcome.exceeded === epochs?.counter.key
    const quota = enumerated ? 'ENUMERATION_EXCEEDED' : 'QUOTA_EXCEEDED'
    fail('REFUSED', { culprit: asker, at: tags ? 'BUDGET_EXCEEDED' : quota })
  }
  if (!tags) {
    const [today, { scope }] = [used + count, counter]
    const asked = { asker, purpose, kind, count, today, share: limit, scope }
    behind(ctx, 'watch', ctx.watch.evaluations.observe(asked))
  }
  return claim
}
