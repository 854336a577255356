/** How often something may happen a minute, counted apart for each key; keys are members, so few. */

import type { Clock } from '@drempel/protocol/encoding'

/** @returns a function that says whether one more fits */
export function perMinute(limit: number, clock: Clock): (key: string) => boolean {
  let minute = 0
  let counts = new Map<string, number>()
  return (key) => {
    const now = Math.floor(clock() / 60_000)
    if (now !== minute) {
      minute = now
      counts = new Map()
    }
    const count = (counts.get(key) ?? 0) + 1
    counts.set(key, count)
    return count <= limit
  }
}
