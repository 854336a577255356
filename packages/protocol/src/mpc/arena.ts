/**
 * The memory of one session: a stack of words that the SIMD kernel can reach, so that planes never
 * move. Its size is fixed when it is made, since growing would detach every view; pages that are not
 * used cost nothing. What does not fit lies outside, where the plain kernel works on it.
 */

import { type Kernel, plainKernel, ROW_WORDS } from './kernel.ts'
import type { Share, Words } from './share.ts'
import { simdKernel } from './simd.ts'

const PAGE = 65_536
/** All that WebAssembly can address. */
const MAX_PAGES = 65_535

export class Arena {
  readonly kernel: Kernel
  readonly #words: Words
  #used = 0

  /** @param simd false: plain loops, as on engines without WebAssembly SIMD */
  constructor(bytes: number, simd = true) {
    const pages = Math.min(MAX_PAGES, Math.ceil(bytes / PAGE))
    const fast = simd ? simdKernel(pages) : undefined
    this.kernel = fast?.kernel ?? plainKernel
    this.#words = new Int32Array(fast?.buffer ?? plainMemory(pages * PAGE))
  }

  /** Words with any content. */
  words(count: number): Words {
    const from = this.#used
    const to = from + Math.ceil(count / ROW_WORDS) * ROW_WORDS
    if (to > this.#words.length) return new Int32Array(count)
    this.#used = to
    return this.#words.subarray(from, from + count)
  }

  /** Shared words, all zero. */
  share(count: number): Share {
    return { first: this.words(count).fill(0), second: this.words(count).fill(0) }
  }

  /** How much is taken: `release` of it gives back all that is taken later. */
  mark(): number {
    return this.#used
  }

  release(mark: number): void {
    this.#used = mark
  }
}

/** None where there is not that much: everything lies outside then. */
function plainMemory(bytes: number): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes)
  } catch {
    return new ArrayBuffer(0)
  }
}
