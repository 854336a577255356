/**
 * The other member is told that a session ended here. That it is owed the word stands in the store with the
 * end itself, until it heard it: without, a proposal would wait there, or run, for somebody who is gone.
 */

import { isProtocolError } from '@drempel/protocol/encoding'
import type { PsiRecord } from '../../store/index.ts'
import type { NodeContext } from '../context.ts'
import { causeOf } from './causes.ts'
import { PROPOSAL_MS } from './state.ts'

type Ended = Pick<PsiRecord, 'id' | 'peer' | 'state' | 'reason'>

/** Behind; a member that cannot be told now is told later. */
export function tellEnd(ctx: NodeContext, ended: Ended): void {
  tell(ctx, ended).catch(() => {})
}

/** All words that are owed, to each member until it does not answer. */
export async function tellEnds(ctx: NodeContext): Promise<void> {
  const owed = await ctx.store.psi.untold()
  const peers = new Set(owed.map(({ peer }) => peer))
  await Promise.all(
    [...peers].map(async (peer) => {
      for (const row of owed.filter((one) => one.peer === peer)) {
        // By then it has ended there as well, whatever it was: a proposal waits no longer.
        const late = ctx.clock() - row.updatedAt > PROPOSAL_MS
        if (late) await ctx.store.psi.setUntold(row.id, false)
        else if (!(await tell(ctx, row))) return
      }
    }),
  )
}

/** @returns whether the peer answered */
async function tell(ctx: NodeContext, ended: Ended): Promise<boolean> {
  const { id, peer } = ended
  try {
    await ctx.call(peer, 'psi/end', { id, ...wordOf(ended) })
  } catch (error) {
    if (!isProtocolError(error)) throw error
    if (error.code !== 'PEER_PROBLEM') return false
    // Nothing of it is there; whatever else keeps it from being taken may be over the next time.
    if (error.at !== 'PSI_UNKNOWN') return true
  }
  await ctx.store.psi.setUntold(id, false)
  return true
}

function wordOf({ state, reason }: Ended) {
  return state === 'refused'
    ? { refused: true, reason: reason! }
    : { refused: false, reason: causeOf(reason!) }
}
