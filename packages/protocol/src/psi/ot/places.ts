/** Random places for the sender's values, and random bytes for those that no item takes. */

import type { RandomBytes } from '../../encoding/index.ts'
import type { OtKernel } from './kernel.ts'
import type { OtSession } from './session.ts'

const SEED = 32
/** What the kernel writes at a time. */
const GROUP = 256
const WORDS = 4096
const PLACED_AT_ONCE = 65_536

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
}

/**
 * Gives each of `count` items a place of its own among `places`, uniformly: the first steps of a
 * Fisher-Yates shuffle, its draws exact by rejection.
 */
export async function randomPlaces(
  session: OtSession,
  blocks: RandomBlocks,
  places: number,
  count: number,
  set: (item: number, place: number) => void,
): Promise<void> {
  const free = Uint32Array.from({ length: places }, (_, place) => place)
  let [words, used] = [blocks.words(), 0]
  for (let item = 0; item < count; item++) {
    const left = places - item
    const mask = left === 1 ? 0 : 0xffff_ffff >>> Math.clz32(left - 1)
    let drawn = left
    while (drawn >= left) {
      if (used === words.length) [words, used] = [blocks.words(), 0]
      drawn = (words[used++]! & mask) >>> 0
    }
    set(item, free[drawn]!)
    free[drawn] = free[left - 1]!
    if (item % PLACED_AT_ONCE === PLACED_AT_ONCE - 1) await session.pause()
  }
}
