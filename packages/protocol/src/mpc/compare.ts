/**
 * Compare-exchange on bit-sliced rows. Bit b of all rows is one plane; plane 0 is the most significant.
 *
 * From the low bit up c ⊕= (a ⊕ b) ∧ (a ⊕ c): where the bits agree c stays, where they differ c becomes
 * a's bit, so that at the end c = [a > b]. Then d = c ∧ (a ⊕ b), a ⊕= d, b ⊕= d swaps the pairs with
 * c = 1. Costs one AND per order bit and one per bit that is swapped; none for leading bits in which a
 * pair is known to agree (Chunk.differing), since there both do nothing.
 *
 * That takes a message round per bit. Over a slow link the bits are cut into blocks, compared side by
 * side; beside c a block keeps e = [a = b], from the low bit up e ⊕= (a ⊕ b) ∧ e. Neighbouring blocks
 * combine in a tree, c = c_high ⊕ e_high ∧ c_low and e = e_high ∧ e_low: fewer rounds, at most 1.6
 * times the ANDs of compare and swap together. Results are the same.
 */

import {
  type And,
  andAll,
  type Chunk,
  differingAt,
  evaluate,
  MESSAGE_WORDS,
  pack,
  pairWords,
  sum,
  windowFor,
} from './pipeline.ts'
import type { Session } from './session.ts'
import { type Share, xorConstant } from './share.ts'

/** `bits` planes of `rows` rows of `rowWords` words. */
export type Planes = {
  readonly share: Share
  readonly bits: number
  readonly rows: number
  readonly rowWords: number
}

export function newPlanes(session: Session, bits: number, rows: number, rowWords: number): Planes {
  return { share: session.arena.share(bits * rows * rowWords), bits, rows, rowWords }
}

/** First word of a plane. */
export function planeAt(planes: Planes, bit: number): number {
  return bit * planes.rows * planes.rowWords
}

/**
 * c = [a > b] on the first `orderBits` planes, for every pair of the chunks, in their order.
 * @param blocks into how many blocks the bits are cut, of equal height but for the last
 */
export async function greaterThan(
  session: Session,
  planes: Planes,
  chunks: readonly Chunk[],
  orderBits: number,
  blocks = 1,
): Promise<Share> {
  const { arena } = session
  const pairs = pairWords(chunks)
  const height = Math.ceil(orderBits / blocks)
  const count = Math.ceil(orderBits / height)
  const result = arena.share(pairs)
  const mark = arena.mark()
  // Block 0 is the most significant; the last one's e is not needed.
  const greater = count === 1 ? result : arena.share(count * pairs)
  const equal = arena.share((count - 1) * pairs)
  xorConstant(session.party, equal, -1)
  const cut = { orderBits, height, count, pairs }
  await compareBlocks(session.narrow('bits'), planes, chunks, cut, greater, equal)
  if (count > 1) {
    await combineBlocks(session.narrow('blocks'), cut, greater, equal)
    result.first.set(greater.first.subarray(0, pairs))
    result.second.set(greater.second.subarray(0, pairs))
  }
  arena.release(mark)
  return result
}

type Cut = {
  readonly orderBits: number
  readonly height: number
  readonly count: number
  readonly pairs: number
}

/** One block of one chunk. */
type Part = { readonly chunk: Chunk; readonly block: number; readonly hasEqual: boolean }

async function compareBlocks(
  session: Session,
  planes: Planes,
  chunks: readonly Chunk[],
  { orderBits, height, count, pairs }: Cut,
  greater: Share,
  equal: Share,
): Promise<void> {
  const { kernel } = session.arena
  const parts = Array.from({ length: count }, (_, block) =>
    chunks.map((chunk): Part => ({ chunk, block, hasEqual: block < count - 1 })),
  ).flat()
  const size = ({ chunk, hasEqual }: Part) => (hasEqual ? 2 : 1) * chunk.words
  const messages = pack(parts, size)
  // Message k is parts k mod n at the bit k div n from below; the bit before it is stored already.
  const n = messages.length
  const upper = messages.map((parts) => parts.filter(({ block }) => block < count - 1))
  const inTurn = (k: number) => {
    const turn = Math.floor(k / n)
    // Only the last block can be lower than the others.
    const whole = turn < orderBits - (count - 1) * height
    return (whole ? messages[k % n]! : upper[k % n]!).map(({ chunk, block, hasEqual }) => {
      const bit = Math.min((block + 1) * height, orderBits) - 1 - turn
      const { runs, words } = differingAt(chunk, bit)
      return { runs, words, hasEqual, base: planeAt(planes, bit), place: block * pairs + chunk.at }
    })
  }
  const turns = Array.from({ length: n * height }, (_, k) => inTurn(k))
  await evaluate(session, {
    messages: turns.length,
    window: n,
    words: (k) => sum(turns[k]!, ({ words, hasEqual }) => (hasEqual ? 2 : 1) * words),
    compute(k, own, mask) {
      let at = 0
      for (const { runs, words, hasEqual, base, place } of turns[k]!) {
        kernel.compare(own, at, mask, planes.share, base, runs, greater, place)
        at += words
        if (!hasEqual) continue
        kernel.select(own, at, mask, planes.share, base, runs, equal, place)
        at += words
      }
    },
    keepsOwn: false,
    store(k, received) {
      let from = 0
      for (const { words, hasEqual, place } of turns[k]!) {
        kernel.add(greater.second, place, received, from, words)
        from += words
        if (!hasEqual) continue
        kernel.add(equal.second, place, received, from, words)
        from += words
      }
    },
  })
}

/** Into block 0. */
async function combineBlocks(
  session: Session,
  { count, pairs }: Cut,
  greater: Share,
  equal: Share,
): Promise<void> {
  for (let distance = 1; distance < count; distance *= 2) {
    const ands: And[] = []
    for (let high = 0; high + distance < count; high += 2 * distance) {
      const low = high + distance
      const highEqual = { share: equal, at: high * pairs }
      const lowGreater = { share: greater, at: low * pairs }
      const into = { share: greater, at: high * pairs }
      ands.push({ into, x: highEqual, y: lowGreater, words: pairs, add: true })
      // Nothing lies below the last block.
      if (low + distance >= count) continue
      const lowEqual = { share: equal, at: low * pairs }
      ands.push({ into: highEqual, x: highEqual, y: lowEqual, words: pairs })
    }
    await andAll(session.narrow(String(distance)), ands)
  }
}

/**
 * Swaps all planes of the pairs with c = 1, in place.
 * @param compared whether the planes begin with those that were compared: what pairs have in common
 *   there stays
 */
export async function swap(
  session: Session,
  planes: Planes,
  chunks: readonly Chunk[],
  c: Share,
  compared = false,
): Promise<void> {
  const { kernel } = session.arena
  const messages = chunks.flatMap((chunk) => {
    const step = Math.max(1, Math.floor(MESSAGE_WORDS / chunk.words))
    const starts = Array.from({ length: Math.ceil(planes.bits / step) }, (_, i) => i * step)
    return starts.map((first) => {
      const bits = Array.from({ length: Math.min(step, planes.bits - first) }, (_, i) => {
        const { runs, words } = compared ? differingAt(chunk, first + i) : chunk
        return { base: planeAt(planes, first + i), runs, words }
      })
      return { place: chunk.at, bits, words: sum(bits, ({ words }) => words) }
    })
  })
  const { share } = planes
  await evaluate(session, {
    messages: messages.length,
    window: windowFor(session),
    words: (k) => messages[k]!.words,
    compute(k, own, mask) {
      const { bits, place } = messages[k]!
      let at = 0
      for (const { base, runs, words } of bits) {
        kernel.swap(own, at, mask, share, base, runs, c, place)
        at += words
      }
    },
    keepsOwn: false,
    store(k, received) {
      let from = 0
      for (const { base, runs, words } of messages[k]!.bits) {
        kernel.exchange(share.second, base, runs, received, from)
        from += words
      }
    },
  })
}
