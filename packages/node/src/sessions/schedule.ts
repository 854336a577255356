/** The convenant's round schedule: the first compute node starts what is due, the others wait. */

import { isProtocolError } from '@drempel/protocol/encoding'
import type { NodeContext } from './context.ts'
import { generateKey } from './keys/leader.ts'
import { startRound } from './round/coordinator.ts'
import type { Rounds } from './round/live.ts'

/** Starts a round of each kind whose last one began `everyHours` ago; a fresh key first where it is due. */
export async function startDueRounds(ctx: NodeContext, rounds: Rounds): Promise<void> {
  const { convenant } = ctx.inForce()
  const { schedule } = convenant.round
  if (schedule === 'manual' || convenant.computeNodes[0] !== ctx.self) return
  for (const { kind } of convenant.kinds) {
    const [last] = await ctx.store.rounds.list({ kind, limit: 1 })
    const age = ctx.clock() - (last?.createdAt ?? 0)
    if (age < schedule.everyHours * 3_600_000 || rounds.ofKind(kind) !== undefined) continue
    try {
      await startRound(ctx, rounds, kind)
    } catch (error) {
      const keyless = isProtocolError(error, 'NO_KEY') || isProtocolError(error, 'KEY_EXPIRED')
      if (!keyless || !convenant.keyHolders.members.includes(ctx.self)) throw error
      await generateKey(ctx, kind)
      await startRound(ctx, rounds, kind)
    }
  }
}
