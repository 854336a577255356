/** A key holder that asks: its own evaluations, which go together where they are checks. */

import { concatAll } from '@drempel/protocol/encoding'
import type { Elements } from '@drempel/protocol/group'
import { partOfShare, type ThresholdKey, type VerifiedShare } from '@drempel/protocol/oprf'
import type { JobOptions } from '../../workers/index.ts'
import { checkpointEntry } from '../checkpoints.ts'
import type { NodeContext } from '../context.ts'
import { gathered } from './gather.ts'
import { entered, grant, type Intent } from './holder.ts'
import { assertHolder, withOwnShare } from './keyring.ts'
import { type EvaluationRequest, MAX_TOGETHER } from './messages.ts'

/** What this node asks itself. */
export type OwnRequest = {
  readonly key: ThresholdKey
  readonly request: EvaluationRequest
  /** The blinded elements of the request. */
  readonly elements: Elements
  readonly intent: Intent
  /** Where the intent stands. */
  readonly origin: string
  readonly lane: JobOptions
}

/**
 * This node asks itself: under the same permission and the same entries, but it need prove nothing,
 * neither that the intent stands in its own log nor its evaluation.
 */
export async function evaluateOwn(ctx: NodeContext, own: OwnRequest): Promise<VerifiedShare> {
  const { request, intent, origin } = own
  const { kind, epoch } = request.header
  await entered(
    ctx,
    ctx.self,
    [request],
    () => true,
    async () => {
      await assertHolder(ctx, kind, epoch)
      const { note, ...head } = (await ctx.audit.head(origin))!
      await grant(ctx, ctx.self, request, intent, checkpointEntry({ origin, ...head }), note)
    },
  )
  return ownEvaluations(ctx)(own)
}

const evaluations = new WeakMap<NodeContext, (own: OwnRequest) => Promise<VerifiedShare>>()

/** Own evaluations under one key go together where they are checks; the others are batches already. */
function ownEvaluations(ctx: NodeContext): (own: OwnRequest) => Promise<VerifiedShare> {
  const known = evaluations.get(ctx) ?? gatheredOwn(ctx)
  evaluations.set(ctx, known)
  return known
}

function gatheredOwn(ctx: NodeContext): (own: OwnRequest) => Promise<VerifiedShare> {
  const nameOf = ({ request: { header } }: OwnRequest) =>
    header.protocol === 'check' ? `${header.kind} ${header.epoch}` : header.txid
  return gathered(MAX_TOGETHER, nameOf, async (all) => {
    const { key, request, lane } = all[0]!
    const { kind, epoch } = request.header
    const [single] = all.length === 1 ? all : []
    const blinded = single?.elements ?? concatAll(all.map((own) => own.request.blinded))
    const elements = all.reduce((sum, own) => sum + own.request.blinded.length / 32, 0)
    const share = await withOwnShare(ctx, kind, epoch, (share) =>
      ctx.workers.run('evaluateOwn', { key, share, blinded }, { ...lane, elements }),
    )
    let from = 0
    return all.map((own) => {
      const to = from + own.request.blinded.length / 32
      const part = partOfShare(share, from, to)
      from = to
      return () => part
    })
  })
}
