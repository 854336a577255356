/**
 * What a node that stopped in the middle of something does when it starts: what was to be entered is, and
 * rounds that were open are failed, so that none is half-published.
 */

import { enterAlerts } from './alerts/index.ts'
import type { NodeContext } from './context.ts'
import { failure } from './errors.ts'
import { allInTurn } from './inturn.ts'
import { enterGenerations } from './keys/led.ts'
import { enterRounds } from './round/journal.ts'
import type { Rounds } from './round/live.ts'
import { enterConflicts } from './witness/index.ts'

/** Also while it runs, for what a full disk kept from the log. @throws what kept the first of them from it */
export async function enterRest(ctx: NodeContext): Promise<void> {
  const tables = [enterRounds, enterAlerts, enterConflicts, enterGenerations]
  await allInTurn(tables.map((enter) => () => enter(ctx)))
}

export async function failOpenRounds(ctx: NodeContext, rounds: Rounds): Promise<void> {
  for (const { id } of await ctx.store.rounds.open()) {
    await rounds.fail(id, failure('NODE_RESTARTED', { culprit: ctx.self }))
  }
  for (const { kind, epoch } of await ctx.store.keys.generations()) {
    await ctx.store.keys.endGeneration(kind, epoch)
  }
}
