/** What is under way at a node, looked at again and again. A node that is restarted meanwhile says what became of it. */

import { setTimeout as sleep } from 'node:timers/promises'
import { type Clock, isProtocolError } from '@drempel/protocol/encoding'

const POLL_MS = 400
const AWAY_MS = 60_000

/**
 * @param latest what the node said last; while it is away, up to a minute, that stays
 * @param away called when the node is first found away
 * @returns looks once more after a pause @throws ProtocolError of `read`, and when the node stays away
 */
export function poll<Value>(
  clock: Clock,
  latest: Value,
  read: () => Promise<Value>,
  away: () => void = () => {},
): () => Promise<Value> {
  let value = latest
  let seen = clock()
  let isAway = false
  return async () => {
    await sleep(POLL_MS)
    try {
      value = await read()
      seen = clock()
      isAway = false
    } catch (error) {
      const waits =
        isProtocolError(error, 'NODE_UNREACHABLE') || isProtocolError(error, 'NODE_TIMEOUT')
      if (!waits || clock() - seen > AWAY_MS) throw error
      if (!isAway) away()
      isAway = true
    }
    return value
  }
}
