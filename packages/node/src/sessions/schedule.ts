/** The convenant's round schedule: the first compute node starts what is due, the others wait. */

import { isProtocolError } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import type { NodeContext } from './context.ts'
import { codeOf } from './errors.ts'
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
      await startFresh(ctx, rounds, kind)
    } catch (error) {
      // A kind that cannot start, for want of a holder say, must not keep the others waiting.
      ctx.log('warn', 'round.not-started', { kind, code: codeOf(error) })
    }
  }
}

async function startFresh(ctx: NodeContext, rounds: Rounds, kind: IdentifierKind): Promise<void> {
  try {
    await startRound(ctx, rounds, kind)
  } catch (error) {
    const keyless = isProtocolError(error, 'NO_KEY') || isProtocolError(error, 'KEY_EXPIRED')
    const holds = ctx.inForce().convenant.keyHolders.members.includes(ctx.self)
    if (!keyless || !holds) throw error
    await generateKey(ctx, kind)
    await startRound(ctx, rounds, kind)
  }
}
