/**
 * How far away peers are, as their channels feel it.
 *
 * A ping on a machine with other work is late, never early, so the distance is the least of many: a
 * node that takes a busy neighbour for a far one sends more bytes to wait less, and makes it busier.
 */

import type { Channel } from './channel.ts'

/** Nearer than this is near: the computation does not tell apart what is below. */
const NEAR_MS = 1
/** How long to look for a ping that meets no other work. */
const SPELL_MS = 400
const LEAST_PINGS = 5

/** A round trip to the farthest of these peers in milliseconds, each at its best. */
export async function farthestRoundTrip(
  channels: readonly Pick<Channel, 'roundTrip'>[],
): Promise<number> {
  return Math.max(...(await Promise.all(channels.map(leastRoundTrip))))
}

async function leastRoundTrip(channel: Pick<Channel, 'roundTrip'>): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let pings = 0, passed = 0; pings < LEAST_PINGS || passed < SPELL_MS; pings++) {
    const milliseconds = await channel.roundTrip()
    least = Math.min(least, milliseconds)
    if (least < NEAR_MS) break
    passed += milliseconds
  }
  return least
}
