/** The system's randomness for a node; drawn in blocks, since a call for each nonce costs more than the seal. */

import { randomFillSync } from 'node:crypto'
import type { Bytes } from '@drempel/protocol/encoding'

const pool = new Uint8Array(16 * 1024)
let used = pool.length

export function systemRandom(length: number): Bytes {
  if (length > pool.length / 4) return randomFillSync(new Uint8Array(length))
  if (used + length > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const bytes = pool.slice(used, used + length)
  // What was handed out is nowhere else.
  pool.fill(0, used, used + length)
  used += length
  return bytes
}
