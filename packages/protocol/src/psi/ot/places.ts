/** Random places for the sender's values, and random bytes for those that no item takes. */

import type { RandomBytes } from '../../encoding/index.ts'
import type { OtKernel } from './kernel.ts'
import type { OtSession } from './session.ts'

const SEED = 32
/** What the kernel writes at a time. */
const GROUP = 256
const WORDS = 4096
const [PLACED_AT_ONCE, TOGETHER] = [65_536, 64]

/** The key stream of one random seed. */
export class RandomBlocks {
  readonly #kernel: OtKernel
  readonly #seed: number
  readonly #buffer: number
  #counter = 0

  constructor(kernel: OtKernel, random: RandomBytes) {
    this.#kernel = kernel
    this.#seed = kernel.place(random(SEED))
    this.#buffer = kernel.take(4 * WORDS)
  }

  /** Bytes to fill at a time, a millisecond's work. */
  readonly most = 1 << 20

  roundedUp(bytes: number): number {
    return GROUP * Math.ceil(bytes / GROUP)
  }

  /** Writes so many bytes, rounded up. */
  fill(at: number, bytes: number): void {
    const groups = Math.ceil(bytes / GROUP)
    this.#kernel.call.prg(at, 0, this.#seed, 1, this.#counter, groups)
    this.#counter += 4 * groups
  }

  /** 4,096 words, a view until the next call. */
  words(): Uint32Array {
    this.fill(this.#buffer, 4 * WORDS)
    return this.#kernel.words(this.#buffer, WORDS)
  }

  close(): void {
    this.#kernel.bytes(this.#seed, SEED).fill(0)
    this.#kernel.bytes(this.#buffer, 4 * WORDS).fill(0)
  }
}

/**
 * As many different numbers of 0 to `places` - 1 as there are items, uniformly in any order: the first
 * steps of a Fisher-Yates shuffle, its draws exact by rejection.
 */
export async function randomPlaces(
  session: OtSession,
  blocks: RandomBlocks,
  places: number,
): Promise<Uint32Array> {
  const { count } = session
  const order = new Uint32Array(places)
  for (let i = 0; i < places; i++) order[i] = i
  const draws = new Draws(blocks)
  const drawn = new Uint32Array(TOGETHER)
  for (let from = 0; from < count; from += TOGETHER) {
    const to = Math.min(count, from + TOGETHER)
    // All draws first, so that memory is fetched together.
    for (let i = from; i < to; i++) drawn[i - from] = i + draws.below(places - i)
    for (let i = from; i < to; i++) {
      const other = drawn[i - from]!
      const place = order[other]!
      order[other] = order[i]!
      order[i] = place
    }
    if (to % PLACED_AT_ONCE === 0) await session.pause()
  }
  return order
}

class Draws {
  readonly #blocks: RandomBlocks
  #words: Uint32Array
  #used = 0

  constructor(blocks: RandomBlocks) {
    this.#blocks = blocks
    this.#words = blocks.words()
  }

  /** @param limit at least 1 */
  below(limit: number): number {
    const mask = limit === 1 ? 0 : 0xffff_ffff >>> Math.clz32(limit - 1)
    for (;;) {
      if (this.#used === this.#words.length) {
        this.#words = this.#blocks.words()
        this.#used = 0
      }
      const drawn = (this.#words[this.#used++]! & mask) >>> 0
      if (drawn < limit) return drawn
    }
  }
}
