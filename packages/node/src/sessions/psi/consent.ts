/**
 * Proposals on which a node decides by itself, when they come and again while they wait: a node with as
 * many runs as it takes, or one that its witnesses have yet to catch up with, consents a little later.
 */

import { isProtocolError } from '@drempel/protocol/encoding'
import { paysAhead } from '@drempel/protocol/psi'
import { behind } from '../behind.ts'
import type { NodeContext } from '../context.ts'
import type { PsiBrought } from './bring.ts'
import { readyFor } from './prepared/run.ts'
import { acceptIntersection, refuseIntersection } from './proposals.ts'
import type { Intersections } from './runs.ts'
import { type PsiSession, sessionOf } from './state.ts'

/** Behind; what it leads to comes to the proposer as messages of its own. */
export function decideByPolicy(
  ctx: NodeContext,
  runs: Intersections,
  { id, peer, purpose }: Pick<PsiSession, 'id' | 'peer' | 'purpose'>,
): void {
  const decided = runs.policy(peer, purpose)
  if (decided === 'accept') behind(ctx, 'psi', consent(ctx, runs, id))
  if (decided === 'refuse') behind(ctx, 'psi', refuseIntersection(ctx, runs, null, id))
}

/** What waits, was not refused by the convenant, and nobody is at work on. */
export async function decideWaiting(ctx: NodeContext, runs: Intersections): Promise<void> {
  for (const session of await runs.open()) {
    const { id, side, state, reason, content } = session
    const waits = side === 'partner' && state === 'proposed' && reason === null
    if (waits && content.people.length === 0 && !runs.isClaimed(id)) {
      decideByPolicy(ctx, runs, session)
    }
  }
}

/** The list that an operator had masked for such questions, where it does; else the flags. */
async function inputFor(ctx: NodeContext, id: string): Promise<PsiBrought> {
  const session = await sessionOf(ctx, id)
  const { output, to, protocol, size } = session.content.proposal.body
  if (protocol === 'prepared') return 'prepared'
  const suits = protocol === null && output === 'items' && to !== 'partner'
  const ready = suits ? await readyFor(ctx, session) : undefined
  return ready !== undefined && paysAhead(size, ready.content.bound.size) ? 'prepared' : 'flags'
}

async function consent(ctx: NodeContext, runs: Intersections, id: string): Promise<void> {
  try {
    await acceptIntersection(ctx, runs, null, id, await inputFor(ctx, id))
  } catch (error) {
    if (isProtocolError(error, 'BUSY') || isProtocolError(error, 'NOT_WITNESSED')) return
    // Entered; from here on it is for a person to look at.
    if (isProtocolError(error, 'REFUSED')) {
      await ctx.store.psi.transition(id, ['proposed'], 'proposed', { reason: error.at! })
      return
    }
    throw error
  }
}
