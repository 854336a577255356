/** What is under way at a node, looked at again and again. A node that is restarted meanwhile says what became of it. */

import { setTimeout as sleep } from 'node:timers/promises'
import { type Clock, isProtocolError } from '@drempel/protocol/encoding'

const POLL_MS = 400
const AWAY_MS = 60_000

/**
 * @param latest what the node said last; while it is away, up to a minute, that stays
 * @returns looks once more after a pause @throws ProtocolError of `read`, and when the node stays away
 */
export function poll<Value>(
  clock: Clock,
  latest: Value,
  read: () => Promise<Value>,
): () => Promise<Value> {
  let value = latest
  let seen = clock()
  return async () => {
    await sleep(POLL_MS)
    try {
      value = await read()
      seen = clock()
    } catch (error) {
      const away =
        isProtocolError(error, 'NODE_UNREACHABLE') || isProtocolError(error, 'NODE_TIMEOUT')
      if (!away || clock() - seen > AWAY_MS) throw error
    }
    return value
  }
}
