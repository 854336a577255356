/**
 * The rehearsal's entries of this node beside those of each other member, as nodes compare them every
 * day: what one of two entered and the other did not shows before anything real depends on it.
 */

import { type RehearsalComparison, rehearsalComparison } from '@drempel/protocol/api'
import { reasonOf, stateOf } from './findings.ts'
import { pause } from './patience.ts'
import type { Part } from './run.ts'

type Member = RehearsalComparison['members'][number]

/** What passes by itself: a node that is busy, turns to its own end, or is not cosigned yet. */
const PASSING = new Set([
  ...['BUSY', 'REHEARSING', 'NOT_WITNESSED', 'PEER_TIMEOUT', 'PEER_UNREACHABLE'],
])
const TRIES = 5
/** In looks: members answer these questions only so many times a minute. */
const AGAIN = 6

/** A contradiction says more than a gap, and a gap more than a delay. */
const CODES = [
  ['mismatch', 'FIELD_MISMATCH'],
  ['one-sided', 'ONE_SIDED'],
  ['late', 'LOGGED_LATE'],
] as const

export async function compareLogs(part: Part): Promise<void> {
  const { node, setting, found, tell } = part
  tell({ nl: 'logboeken vergelijken', en: 'comparing logs' })
  try {
    for (let left = TRIES; ; left--) {
      const { members } = await node.get('rehearsal/comparison', rehearsalComparison)
      const passing = members.some(({ code }) => code !== null && PASSING.has(code))
      if (passing && left > 1) await pause(setting, AGAIN * setting.pollMs)
      else return members.forEach((member) => void found.add(findingOf(member)))
    }
  } catch (error) {
    found.add({ check: 'compared', ...reasonOf(error) })
  }
}

function findingOf({ member: about, code, compared, found }: Member) {
  if (code !== null) return { check: 'compared', about, state: stateOf(code), code } as const
  const differs = CODES.find(([kind]) => found.includes(kind))
  if (differs !== undefined)
    return { check: 'compared', about, state: 'failed', code: differs[1] } as const
  // Two members of whom neither asked the other anything have nothing in common.
  return { check: 'compared', about, state: compared === 0 ? 'absent' : 'passed' } as const
}
