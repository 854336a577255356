/** The convenant's round schedule: the first compute node starts what is due, the others wait. */

import { isProtocolError } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import type { NodeContext } from './context.ts'
import { codeOf } from './errors.ts'
import { rulesOf } from './federation.ts'
import { generateKey } from './keys/leader.ts'
import { startRound } from './round/coordinator.ts'
import type { Rounds } from './round/live.ts'

/** A start that failed is tried again after this time, which doubles with each failure after it. */
const FIRST_RETRY = 60_000
/** Each try at a key whose holder is away leaves an entry in the log. */
const LAST_RETRY = 30 * 60_000

type Failed = { readonly at: number; readonly wait: number }

/**
 * @returns to be called often: starts a round of each kind whose last one began `everyHours` ago, a
 * fresh key first where it is due
 */
export function createSchedule(ctx: NodeContext, rounds: Rounds): () => Promise<void> {
  const failed = new Map<IdentifierKind, Failed>()

  const isDue = async (kind: IdentifierKind, everyHours: number) => {
    if (rounds.ofKind(kind) !== undefined) return false
    const [last] = await ctx.store.rounds.list({ kind, limit: 1 })
    const { at, wait } = failed.get(kind) ?? { at: 0, wait: 0 }
    const now = ctx.clock()
    return now - (last?.createdAt ?? 0) >= everyHours * 3_600_000 && now - at >= wait
  }

  return async () => {
    const { convenant, rehearsed } = ctx.inForce()
    const { schedule } = convenant.round
    if (schedule === 'manual' || convenant.computeNodes[0] !== ctx.self) return
    // In a rehearsal rounds wait until all members have loaded what they flag.
    if (rehearsed !== null) return
    for (const { kind } of convenant.kinds) {
      const releases = rulesOf(convenant, kind).map(({ aggregates }) => aggregates?.everyDays ?? 0)
      if (!(await isDue(kind, Math.max(schedule.everyHours, 24 * Math.max(...releases))))) continue
      try {
        await startFresh(ctx, rounds, kind)
        failed.delete(kind)
      } catch (error) {
        // A kind that cannot start, for want of a holder say, must not keep the others waiting.
        ctx.log('warn', 'round.not-started', { kind, code: codeOf(error) })
        const wait = 2 * (failed.get(kind)?.wait ?? FIRST_RETRY / 2)
        failed.set(kind, { at: ctx.clock(), wait: Math.min(wait, LAST_RETRY) })
      }
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
