/**
 * The record of processing activities (AVG art. 30) that the node's log gives: it can be made, names
 * each purpose that this member has with its basis and its term, and counts what was just asked.
 */

import type { VerifiedLog } from '../../audit/entry.ts'
import { registerOf } from '../../audit/register.ts'
import { questionsOf } from './plan.ts'
import type { Part } from './run.ts'

/** @param reading the logs as they were verified, or why they could not be */
export async function checkRegister(
  part: Part,
  reading: Promise<readonly VerifiedLog[]>,
): Promise<void> {
  const { convenant, plan, self, found } = part
  const asked = new Set(
    questionsOf(convenant, plan, self, new Set()).map(({ purpose }) => purpose.id),
  )
  for (const { id, members } of purposesOf(part)) {
    const about = { check: 'register', about: id } as const
    if (!members.includes(self)) found.add({ ...about, state: 'absent' })
    else await found.attempt(about, async () => lacks(part, await reading, id, asked.has(id)))
  }
}

function purposesOf({ convenant: { purposes, intersections = [] } }: Part) {
  return [
    ...purposes.map(({ id, askers }) => ({ id, members: askers })),
    ...intersections.map(({ id, proposers, partners }) => ({
      ...{ id, members: [...proposers, ...partners] },
    })),
  ]
}

function lacks(
  { convenant, plan, self, setting }: Part,
  logs: readonly VerifiedLog[],
  purpose: string,
  asked: boolean,
): string | undefined {
  const rehearsed = logs.map((log) => ({
    ...log,
    entries: log.entries.filter(
      ({ event }) => 'convenant' in event && event.convenant?.digest === plan.digest,
    ),
  }))
  const register = registerOf(convenant, self, rehearsed, setting.lang)
  const entry = register.find(({ activity }) => activity === purpose)
  if (entry === undefined || entry.basis === '' || entry.retention === '') return 'NOT_IN_REGISTER'
  return asked && entry.queries + entry.refused === 0 ? 'NOT_IN_REGISTER' : undefined
}
