/** Refused requests of peers get an entry in the audit log, but a flood of them can't fill it. */

import { isProtocolError } from '@drempel/protocol/encoding'
import { peerProblems } from '../peers/index.ts'
import { journalRefusedPeer, type RunningNode } from '../routes/index.ts'
import { perMinute } from '../sessions/index.ts'

const PER_MINUTE = 60

/** Codes with an entry of their own elsewhere (a refused evaluation, say) are not entered twice. */
const ENTERED = new Set([...Object.keys(peerProblems), 'BODY_TOO_LARGE', 'BAD_REQUEST'])

/** Strangers share one budget, so that their noise can't hide what a member does. */
export function createRefusalJournal(node: RunningNode) {
  const { ctx } = node.sessions
  const budget = perMinute(PER_MINUTE, ctx.clock)
  return (error: unknown, peer: string | undefined): void => {
    if (isProtocolError(error) && !ENTERED.has(error.code)) return
    if (!budget(peer ?? '')) return
    journalRefusedPeer(node, error, peer).catch(() => ctx.log('error', 'log.unavailable'))
  }
}
