/** What time ends: proposals that nobody answered, results beyond the purpose's term, uploads left behind. */

import { intersectionOf } from '@drempel/protocol/convenant'
import type { NodeContext } from '../context.ts'
import { failure } from '../errors.ts'
import { decideWaiting } from './consent.ts'
import { dropResult, dropUploads, keptResults } from './lists.ts'
import { tendPrepared } from './prepared/index.ts'
import { finishRefusals } from './refusal.ts'
import type { Intersections } from './runs.ts'
import { PROPOSAL_MS } from './state.ts'

const DAY_MS = 86_400_000

export async function tidyIntersections(ctx: NodeContext, runs: Intersections): Promise<void> {
  const now = ctx.clock()
  await finishRefusals(ctx, runs)
  await runs.failOthers()
  await tendPrepared(ctx, runs)
  await decideWaiting(ctx, runs)
  for (const { id, createdAt, state } of await runs.open()) {
    const waits = state === 'proposed' || state === 'drafted'
    if (waits && now - createdAt > PROPOSAL_MS) await runs.fail(id, failure('PSI_EXPIRED'))
  }
  const open = (await runs.open()).map(({ id }) => id)
  await dropUploads(ctx, now - DAY_MS, new Set(open))
  for (const id of await keptResults(ctx)) {
    const row = await ctx.store.psi.get(id)
    const terms = row === null ? undefined : intersectionOf(ctx.inForce().convenant, row.purpose)
    const kept = (terms?.retentionDays ?? 0) * DAY_MS
    // That of a session that ends in this moment is not looked at.
    if (row?.state !== 'running' && now - (row?.updatedAt ?? 0) > kept) await dropResult(ctx, id)
  }
  await forgetEnded(ctx)
}

/**
 * What was agreed, by whom, and how much came of it goes with its results; as long as the proposal could be
 * sent again, or the quota counts it, it stays.
 */
async function forgetEnded({ store, clock, inForce }: NodeContext): Promise<void> {
  for (const purpose of await store.psi.endedPurposes()) {
    const terms = intersectionOf(inForce().convenant, purpose)
    const days = Math.max(terms?.retentionDays ?? 0, terms?.quota.days ?? 0)
    await store.psi.forgetEnded(purpose, clock() - Math.max(days * DAY_MS, PROPOSAL_MS))
  }
}
