/** What a node does by itself: fetch what it missed, start what is due, end what is over, compare, witness. */

import { type Clock, isProtocolError } from '@drempel/protocol/encoding'
import type { RunningNode } from '../routes/index.ts'
import {
  catchUp,
  createDaily,
  createRetention,
  createSchedule,
  eachInTurn,
  enterRest,
  finishActs,
  type Log,
  reviewAnswers,
  summariseFlags,
  tellEnds,
  tendPrepared,
  tidyIntersections,
} from '../sessions/index.ts'
import type { Store } from '../store/index.ts'

const CATCH_UP_MS = 60_000
const HOUSEKEEPING_MS = 30_000
const COSIGN_MS = 5_000
/** How long a proposal that came to its end can be looked at. */
const PROPOSALS_MS = 30 * 86_400_000

/**
 * From now on, each by its own clock and never twice at once; without a convenant there is nothing to do.
 * @returns ends them
 */
export function startTasks(node: RunningNode, store: Store, clock: Clock, log: Log): () => void {
  const { ctx, rounds, intersections } = node.sessions
  const failed = (step: string, error: unknown) =>
    log('error', 'task.failed', { step, code: faultOf(error) })
  const guarded = (name: string, task: () => Promise<unknown>) => {
    let running = false
    return () => {
      if (running || node.convenant.peek() === null) return
      running = true
      node.convenant.modes
        .flow(task)
        .catch((error: unknown) => failed(name, error))
        .finally(() => {
          running = false
        })
    }
  }
  const sync = guarded('catch-up', () => catchUp(ctx))
  const startDue = createSchedule(ctx, rounds)
  const endRetention = createRetention(ctx)
  const housekeeping = {
    entries: () => enterRest(ctx),
    expiry: () => rounds.expire(),
    schedule: startDue,
    nonces: () => store.replay.forgetBefore(clock()),
    recalls: () => reviewAnswers(ctx),
    summaries: () => summariseFlags(ctx),
    retention: endRetention,
    proposals: () => store.proposals.forgetBefore(clock() - PROPOSALS_MS),
    acts: () => finishActs(ctx, intersections),
    intersections: () => tidyIntersections(ctx, intersections),
  }
  const tidy = guarded('housekeeping', () => eachInTurn(housekeeping, failed))
  // Apart from the rest, which does not wait for members that are down.
  const tell = guarded('telling', () => tellEnds(ctx))
  const daily = createDaily(ctx)
  const compare = guarded('comparing', () => daily.run())
  const cosign = guarded('cosigning', () => ctx.witnessing.cosigning.run())
  const timers = [
    setInterval(sync, CATCH_UP_MS),
    setInterval(tidy, HOUSEKEEPING_MS),
    setInterval(tell, HOUSEKEEPING_MS),
    setInterval(compare, HOUSEKEEPING_MS),
    setInterval(cosign, COSIGN_MS),
  ]
  for (const timer of timers) timer.unref()
  sync()
  cosign()
  tell()
  guarded('masking', () => tendPrepared(ctx, intersections))()
  return () => timers.forEach((timer) => void clearInterval(timer))
}

/** A code, or the class of an error; never its message, which could quote what it choked on. */
export function faultOf(error: unknown): string {
  if (isProtocolError(error)) return error.code
  return error instanceof Error ? error.name : typeof error
}
