/** How far away peers are, as their channels feel it. */

import type { Channel } from './channel.ts'

/** Enough that one of them meets no other work on the way. */
const PINGS = 5

/** A round trip to the farthest of these peers in milliseconds, each at its best of a few. */
export async function farthestRoundTrip(channels: readonly Channel[]): Promise<number> {
  return Math.max(...(await Promise.all(channels.map(leastRoundTrip))))
}

async function leastRoundTrip(channel: Channel): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let ping = 0; ping < PINGS; ping++) least = Math.min(least, await channel.roundTrip())
  return least
}
