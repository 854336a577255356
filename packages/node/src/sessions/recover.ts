/** At start: rounds that were open when the node stopped are failed, so that none is half-published. */

import type { NodeContext } from './context.ts'
import { failure } from './errors.ts'
import type { Rounds } from './round/live.ts'

export async function failOpenRounds(ctx: NodeContext, rounds: Rounds): Promise<void> {
  for (const { id } of await ctx.store.rounds.open()) {
    await rounds.fail(id, failure('NODE_RESTARTED', { culprit: ctx.self }))
  }
  for (const { kind, epoch } of await ctx.store.keys.generations()) {
    await ctx.store.keys.endGeneration(kind, epoch)
  }
}
