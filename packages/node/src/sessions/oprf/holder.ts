/**
 * Key holder: evaluates only what provably stands in the asker's log, once a txid, within its share
 * of the quota, and after its own log entry is durable. Learns who asks, for what purpose, how many.
 */

import { quotaDay } from '@drempel/protocol/convenant'
import { type Bytes, isProtocolError } from '@drempel/protocol/encoding'
import type { SecretShare } from '@drempel/protocol/group'
import {
  type EventOf,
  parseReceipt,
  unverifiedCheckpoint,
  verifyIntent,
} from '@drempel/protocol/log'
import type { ThresholdKey, VerifiedShare } from '@drempel/protocol/oprf'
import type { Claim } from '../../store/index.ts'
import type { JobOptions } from '../../workers/index.ts'
import { checkpointEntry, followLog, openerOf } from '../checkpoints.ts'
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
import { ownShare } from './keyring.ts'
import { decodeRequest, type EvaluationRequest, encodeAnswer, MAX_EVALUATION } from './messages.ts'

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
      handle(from, body) {
        const request = decodeRequest(from, body)
        const enter = () => budget(from)
        return entered(ctx, from, request, enter, () => evaluate(ctx, from, request))
      },
    },
  ]
}

/** A refusal stands in the holder's log with what showed it. */
async function entered<Value>(
  ctx: NodeContext,
  asker: string,
  { header }: EvaluationRequest,
  enter: () => boolean,
  work: () => Promise<Value>,
): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    if (isProtocolError(error) && enter()) {
      const { txid } = header
      await journalEvaluationRefused(ctx, asker, codeOf(error), txid, evidenceOf(error))
    }
    throw error
  }
}

async function evaluate(
  ctx: NodeContext,
  asker: string,
  request: EvaluationRequest,
): Promise<Bytes> {
  ctx.workers.assertRoom()
  const share = await admit(ctx, asker, request)
  const { header, blinded } = request
  const lane = { elements: blinded.length / 32, urgent: header.protocol !== 'tag' }
  const answer = await spent(share, () => ctx.workers.run('evaluate', { share, blinded }, lane))
  return encodeAnswer({ ...answer, checkpoint: (await ctx.audit.checkpoint()) ?? '' })
}

/**
 * This node asks itself: under the same permission and the same entries, but it need prove nothing,
 * neither that the intent stands in its own log nor its evaluation.
 */
export async function evaluateOwn(
  ctx: NodeContext,
  key: ThresholdKey,
  request: EvaluationRequest,
  intent: Intent,
  lane: JobOptions,
): Promise<VerifiedShare> {
  const { header, receipt, blinded } = request
  const admitted = async () => {
    const share = await ownShare(ctx, header.kind, header.epoch)
    const { checkpoint: note } = parseReceipt(receipt)
    const seen = checkpointEntry(unverifiedCheckpoint(note))
    await grant(ctx, ctx.self, request, intent, seen, note)
    return share
  }
  const share = await entered(ctx, ctx.self, request, () => true, admitted)
  return spent(share, () => ctx.workers.run('evaluateOwn', { key, share, blinded }, lane))
}

/** The share is opened for one evaluation, and overwritten after it. */
async function spent<Value>({ secret }: SecretShare, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } finally {
    secret.fill(0)
  }
}

/** Everything before the evaluation; when it returns, the entry is durable. */
async function admit(
  ctx: NodeContext,
  asker: string,
  request: EvaluationRequest,
): Promise<SecretShare> {
  const { header, receipt, blinded } = request
  const { convenant, digest } = ctx.inForce()
  const { txid, kind, protocol, purpose, rule, epoch } = header
  const share = await ownShare(ctx, kind, epoch)
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
  return share
}

/** What the asker's log says it may do with the answers. */
export type Intent = Pick<EventOf<'query.intent'>, 'parties' | 'batch' | 'approvalCommit'>

/** Returns when quota, txid, the asker's tree head and the entry are durable, all with one fsync. */
async function grant(
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
          count,
          recipients,
          approved,
        },
        { queried: { day, count: used } },
      )
  // Two requests may both have passed `permit`: the limit is compared again where it is added to.
  const limit = used + count + (remaining ?? 0)
  const counters = [{ ...counter, amount: count, limit }]
  const claim = await ctx.store.usage.claimServe({ asker, txid, counters })
  if (claim.outcome === 'replayed') fail('TXID_REPLAYED', { culprit: asker })
  if (claim.outcome !== 'ok')
    fail('REFUSED', { culprit: asker, at: tags ? 'BUDGET_EXCEEDED' : 'QUOTA_EXCEEDED' })
  return claim
}
