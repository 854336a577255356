/** Refused requests of peers get an entry in the audit log, but a flood of them can't fill it. */

import { isProtocolError } from '@drempel/protocol/encoding'
import { peerProblems } from '../peers/index.ts'
import { journalRefusedPeer, type RunningNode } from '../routes/index.ts'

const PER_MINUTE = 60

/** Codes with an entry of their own elsewhere (a refused evaluation, say) are not entered twice. */
const ENTERED = new Set([...Object.keys(peerProblems), 'BODY_TOO_LARGE', 'BAD_REQUEST'])

export function createRefusalJournal(node: RunningNode) {
  let minute = 0
  let count = 0
  return (error: unknown, peer: string | undefined): void => {
    if (isProtocolError(error) && !ENTERED.has(error.code)) return
    const { ctx } = node.sessions
    const now = Math.floor(ctx.clock() / 60_000)
    if (now !== minute) {
      minute = now
      count = 0
    }
    if (++count > PER_MINUTE) return
    journalRefusedPeer(node, error, peer).catch(() => ctx.log('error', 'log.unavailable'))
  }
}
