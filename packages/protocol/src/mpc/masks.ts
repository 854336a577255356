/**
 * Shares of zero: α_i from the stream that party i shares with the one before it and the stream that it
 * shares with the next, so that the three α add up to zero and each party lacks one term of either of
 * the others. With α added, a part of a product shows nothing of its operands to the one who gets it.
 *
 * Both streams move forward only, in the same strides at all parties: what one message does not use the
 * next one does, and no byte is used twice. The key streams are made in large pieces, when possible
 * while a message travels.
 */

import type { Arena } from './arena.ts'
import { MAX_PAYLOAD, type Prg } from './context.ts'
import { bytesOf, type Words } from './share.ts'

const SLAB_WORDS = MAX_PAYLOAD / 4
/** What a cipher does best at a time. */
const PIECE_BYTES = 65_536
const ZEROS = new Uint8Array(PIECE_BYTES)

export class Masks {
  readonly #streams: readonly [Prg, Prg]
  readonly #slab: Words
  #at = SLAB_WORDS

  constructor(arena: Arena, streams: readonly [Prg, Prg]) {
    this.#streams = streams
    this.#slab = arena.words(SLAB_WORDS)
  }

  /**
   * The next `count` words; valid until the next call.
   * @throws RangeError more than a payload has
   */
  next(count: number): Words {
    if (count > SLAB_WORDS) throw new RangeError('mask')
    if (this.#at + count > SLAB_WORDS) this.#fill()
    const from = this.#at
    this.#at += count
    return this.#slab.subarray(from, this.#at)
  }

  /** Makes stock for messages to come. */
  ahead(): void {
    // Earlier, much of the stock would have to move; later, messages would often wait for it.
    if (this.#at > (SLAB_WORDS / 4) * 3) this.#fill()
  }

  #fill(): void {
    const [before, after] = this.#streams
    this.#slab.copyWithin(0, this.#at)
    const bytes = bytesOf(this.#slab)
    for (let at = 4 * (SLAB_WORDS - this.#at); at < bytes.length; at += PIECE_BYTES) {
      const piece = bytes.subarray(at, at + PIECE_BYTES)
      after.xorInto(ZEROS.subarray(0, piece.length), piece, before)
    }
    this.#at = 0
  }
}
