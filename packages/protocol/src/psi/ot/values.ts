/**
 * The receiver's own values by what they begin with: open addressing in flat arrays, half of which
 * stays free. The first words stand apart, so that values that are not there, most of them, cost one
 * access of a small array; and many are fetched together, or each would wait for memory.
 */

import type { Bytes } from '../../encoding/index.ts'
import { HASHES } from './parameters.ts'

/** Behind the first word of a value: its second, its last four bytes, and the slot it came from. */
const REST_WORDS = 3
const TOGETHER = 96

export class ValueTable {
  readonly #heads: Uint32Array
  readonly #rest: Uint32Array
  readonly #width: number
  readonly #scale: number
  readonly #places = new Uint32Array(TOGETHER)
  /** What was read ahead, kept so that no compiler leaves the reading out. */
  readonly #touched = new Uint32Array(1)

  /** @param width bytes of a value, 8 to 12 */
  constructor(count: number, width: number) {
    const capacity = 2 * count + 16
    this.#heads = new Uint32Array(capacity)
    this.#rest = new Uint32Array(REST_WORDS * capacity)
    this.#scale = capacity / 2 ** 32
    this.#width = width
  }

  /** @param outputs 16 bytes each, of which a value is the first @param slots of the items, not 0 */
  add(outputs: Uint32Array, slots: Uint32Array): void {
    const shift = 8 * (this.#width - 8)
    const [heads, rest] = [this.#heads, this.#rest]
    for (let from = 0; from < slots.length; from += TOGETHER) {
      const to = Math.min(slots.length, from + TOGETHER)
      let sum = 0
      for (let i = from; i < to; i++) sum ^= heads[this.#start(headOf(outputs[4 * i]!))]!
      this.#touched[0] = sum
      for (let i = from; i < to; i++) {
        const [b, c] = [outputs[4 * i + 1]!, outputs[4 * i + 2]!]
        const head = headOf(outputs[4 * i]!)
        let at = this.#start(head)
        while (heads[at] !== 0) at = this.#next(at)
        heads[at] = head
        rest[REST_WORDS * at] = b
        const last = shift === 0 ? b : shift === 32 ? c : (b >>> shift) | (c << (32 - shift))
        rest[REST_WORDS * at + 1] = last
        rest[REST_WORDS * at + 2] = slots[i]!
      }
    }
  }

  /**
   * Three values for each of the sender's items, one a hash index: `found` gets the number of the
   * sender's item within these, and of the record that has the value under the same index.
   */
  match(values: Bytes, found: (position: number, record: number) => void): void {
    const view = new DataView(values.buffer, values.byteOffset, values.length)
    const count = values.length / this.#width
    const [heads, places, width] = [this.#heads, this.#places, this.#width]
    for (let from = 0; from < count; from += TOGETHER) {
      const together = Math.min(TOGETHER, count - from)
      let sum = 0
      for (let i = 0, at = width * from; i < together; i++, at += width) {
        const place = this.#start(headOf(view.getUint32(at, true)))
        places[i] = place
        sum ^= heads[place]!
      }
      this.#touched[0] = sum
      for (let i = 0; i < together; i++) {
        if (heads[places[i]!] === 0) continue
        const slot = this.#find(view, width * (from + i), places[i]!)
        // TOGETHER is a multiple of three.
        if (slot !== 0 && (slot & 3) === i % HASHES) {
          found(Math.floor((from + i) / HASHES), slot >>> 2)
        }
      }
    }
  }

  #find(view: DataView, from: number, start: number): number {
    const head = headOf(view.getUint32(from, true))
    for (let at = start; ; at = this.#next(at)) {
      const other = this.#heads[at]!
      if (other === 0) return 0
      if (other !== head) continue
      const rest = REST_WORDS * at
      if (this.#rest[rest] !== view.getUint32(from + 4, true)) continue
      if (this.#rest[rest + 1] !== view.getUint32(from + this.#width - 4, true)) continue
      return this.#rest[rest + 2]!
    }
  }

  #start(head: number): number {
    return Math.floor(head * this.#scale)
  }

  #next(at: number): number {
    return at + 1 === this.#heads.length ? 0 : at + 1
  }
}

/** 0 is free; that values of 0 and 1 look alike in these four bytes is 2^-32 of a bit. */
function headOf(word: number): number {
  return word === 0 ? 1 : word
}
