/**
 * Compare-exchange on bit-sliced rows. Bit b of all rows is one plane; plane 0 is the most significant.
 *
 * From the low bit up c ⊕= (a ⊕ b) ∧ (a ⊕ c): where the bits agree c stays, where they differ c becomes
 * a's bit, so that at the end c = [a > b]. Then d = c ∧ (a ⊕ b), a ⊕= d, b ⊕= d swaps the pairs with
 * c = 1. Costs one AND per order bit and one per bit that is swapped.
 */

import { compareRuns, swapRuns, xorInto, xorRuns } from './kernel.ts'
import { type Chunk, pairWords, pipeline, planesPerMessage, widest } from './pipeline.ts'
import type { Session } from './session.ts'
import { type Share, zeroShare } from './share.ts'

/** `bits` planes of `stride` rows of `rowWords` words; the rows in use start at row `start`. */
export type Planes = {
  readonly share: Share
  readonly bits: number
  readonly stride: number
  readonly start: number
  readonly rows: number
  readonly rowWords: number
}

export function newPlanes(bits: number, rows: number, rowWords: number): Planes {
  return { share: zeroShare(bits * rows * rowWords), bits, stride: rows, start: 0, rows, rowWords }
}

/** First word of a plane's first row in use. */
export function planeAt(planes: Planes, bit: number): number {
  return (bit * planes.stride + planes.start) * planes.rowWords
}

/** c = [a > b] on the first `orderBits` planes, for every pair of the chunks, in their order. */
export async function greaterThan(
  session: Session,
  planes: Planes,
  chunks: readonly Chunk[],
  orderBits: number,
): Promise<Share> {
  const c = zeroShare(pairWords(chunks))
  const scratch = new Int32Array(widest(chunks))
  // Message k is chunk k mod n at bit k div n; with a window of n its predecessor bit is stored already.
  await pipeline(
    session,
    orderBits * chunks.length,
    chunks.length,
    (k) => {
      const chunk = chunks[k % chunks.length]!
      const bit = orderBits - 1 - Math.floor(k / chunks.length)
      const part = scratch.subarray(0, chunk.words)
      compareRuns(part, planes.share, planeAt(planes, bit), chunk.runs, c, chunk.at)
      return part
    },
    (k, own, received) => {
      const { at } = chunks[k % chunks.length]!
      xorInto(c.first, at, own)
      xorInto(c.second, at, received)
    },
  )
  return c
}

/** Swaps all planes of the pairs with c = 1, in place. */
export async function swap(
  session: Session,
  planes: Planes,
  chunks: readonly Chunk[],
  c: Share,
): Promise<void> {
  const messages = chunks.flatMap((chunk) => {
    const step = planesPerMessage(chunk)
    const starts = Array.from({ length: Math.ceil(planes.bits / step) }, (_, i) => i * step)
    return starts.map((bit) => ({ chunk, bit, count: Math.min(step, planes.bits - bit) }))
  })
  const most = messages.reduce((words, { chunk, count }) => Math.max(words, chunk.words * count), 0)
  const scratch = new Int32Array(most)
  const { share } = planes
  await pipeline(
    session,
    messages.length,
    4,
    (k) => {
      const { chunk, bit, count } = messages[k]!
      for (let i = 0; i < count; i++) {
        const base = planeAt(planes, bit + i)
        swapRuns(scratch, i * chunk.words, share, base, chunk.runs, c, chunk.at)
      }
      return scratch.subarray(0, chunk.words * count)
    },
    (k, own, received) => {
      const { chunk, bit, count } = messages[k]!
      for (let i = 0; i < count; i++) {
        const base = planeAt(planes, bit + i)
        xorRuns(share.first, base, chunk.runs, own, i * chunk.words)
        xorRuns(share.second, base, chunk.runs, received, i * chunk.words)
      }
    },
  )
}
