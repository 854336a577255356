/**
 * Into how many blocks a comparison cuts its bits (compare.ts): more blocks are fewer message rounds
 * and more bytes. Estimated from public sizes and the round-trip time that the parties agreed on; a
 * wrong estimate costs time only.
 */

/** Processor and loopback time of a node for one byte of AND messages, rounded. */
const NS_PER_BYTE = 5
const CHOICES = [1, 2, 4, 8, 16, 32] as const

/** @param pairWords words of one plane of the pairs that are compared together */
export function blocksFor(orderBits: number, pairWords: number, roundTripMs: number): number {
  let best = 1
  let least = Number.POSITIVE_INFINITY
  for (const blocks of CHOICES) {
    const height = Math.ceil(orderBits / blocks)
    const count = Math.ceil(orderBits / height)
    const rounds = height + Math.ceil(Math.log2(count))
    const ands = orderBits + (count - 1) * (height + 2)
    const bytes = 4 * pairWords * ands
    // Messages travel half a round trip, and all parties send at the same time.
    const milliseconds = (rounds * roundTripMs) / 2 + (bytes * NS_PER_BYTE) / 1e6
    if (milliseconds >= least) continue
    least = milliseconds
    best = blocks
  }
  return best
}
