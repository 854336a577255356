/**
 * What objection, erasure and rectification do to copies of the flags. A list masked ahead, and a session
 * whose list was the flags, have such a copy from the day they are made, and neither may tell of an
 * identifier what its flag no longer says. So a right ends them all, of its kind and at its node, whether or
 * not the identifier is on them: that must not show.
 *
 * No copy is made while a right is exercised, nor the other way round: one that was begun before has its
 * row, by which it is found, and one that is begun after has the flags as they are then. What was withdrawn
 * or expired ends nothing. What runs already goes on: the other side has what it was sent by then.
 */

import type { IdentifierKind } from '@drempel/protocol/identifiers'
import type { NodeContext } from '../context.ts'
import { failure } from '../errors.ts'
import { endPreparedOf } from './prepared/end.ts'
import type { Intersections } from './runs.ts'

/**
 * Lets rights go first: one waits for a single copy at most, and none is made that it would end.
 * @param work from reading the flags until the row of what holds them is durable
 */
export async function copyingFlags<Value>(
  runs: Pick<Intersections, 'inTurnOf' | 'rights'>,
  kind: IdentifierKind,
  work: () => Promise<Value>,
): Promise<Value> {
  for (;;) {
    const made = await runs.inTurnOf(turnOf(kind), async () =>
      runs.rights.some((one) => one === kind) ? undefined : { value: await work() },
    )
    if (made !== undefined) return made.value
  }
}

/** Ended first, so that what is interrupted leaves no copy of what was changed. */
export async function exercising<Value>(
  ctx: NodeContext,
  runs: Intersections,
  kind: IdentifierKind,
  change: () => Promise<Value>,
): Promise<Value> {
  runs.rights.push(kind)
  const left = () => void runs.rights.splice(runs.rights.indexOf(kind), 1)
  return runs.inTurnOf(turnOf(kind), async () => {
    try {
      await endPreparedOf(ctx, runs, kind)
      await endWaitingOf(ctx, runs, kind)
      return await change()
    } finally {
      left()
    }
  })
}

const turnOf = (kind: IdentifierKind) => `flags/${kind}`

async function endWaitingOf(
  ctx: NodeContext,
  runs: Intersections,
  kind: IdentifierKind,
): Promise<void> {
  for (const { id, state, content, ...session } of await runs.open()) {
    if (state === 'running' || session.kind !== kind || content.own?.source !== 'flags') continue
    await runs.fail(id, failure('PSI_LIST_OUTDATED', { culprit: ctx.self }))
  }
}
