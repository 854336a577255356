/**
 * Into how many blocks a comparison cuts its bits (mpc/compare.ts): more blocks are fewer message
 * rounds and more bytes. Estimated from public sizes and the round-trip time that the parties agreed
 * on; a wrong estimate costs time only.
 */

import { MESSAGE_WORDS } from '../mpc/index.ts'

/** Processor time of a node for one byte of AND messages, rounded. */
const NS_PER_BYTE = 5
const CHOICES = [1, 2, 4, 8, 16, 32] as const

/** @param pairWords words of one plane of the pairs that are compared together */
export function blocksFor(orderBits: number, pairWords: number, roundTripMs: number): number {
  let best = 1
  let least = Number.POSITIVE_INFINITY
  for (const blocks of CHOICES) {
    const height = Math.ceil(orderBits / blocks)
    const count = Math.ceil(orderBits / height)
    const planes = 2 * count - 1
    let milliseconds = height * round(planes * pairWords, roundTripMs)
    for (let left = count; left > 1; left = Math.ceil(left / 2))
      milliseconds += round((left - 1) * pairWords, roundTripMs)
    if (milliseconds >= least) continue
    least = milliseconds
    best = blocks
  }
  return best
}

/**
 * Milliseconds of a round. All parties send at the same time, so a message takes half a round trip, in
 * which the other messages of the round, if there are any, are made.
 */
function round(words: number, roundTripMs: number): number {
  const work = (4 * words * NS_PER_BYTE) / 1e6
  const messages = Math.max(1, Math.floor(words / MESSAGE_WORDS))
  return Math.max(work, roundTripMs / 2 + work / messages)
}
