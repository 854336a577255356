/**
 * The receiver's own values by what they begin with: open addressing in one flat array, of which
 * half is free. A slot has the first eight bytes of a value, its last four, and where it came from.
 */

import type { Bytes } from '../../encoding/index.ts'

const SLOT_WORDS = 4

export class ValueTable {
  readonly #slots: Uint32Array
  readonly #capacity: number
  /** How far the last four bytes lie behind the first four, in bits beyond the second word. */
  readonly #shift: number
  readonly #width: number

  /** @param width bytes of a value, 8 to 12 */
  constructor(count: number, width: number) {
    this.#capacity = 2 * count + 16
    this.#slots = new Uint32Array(SLOT_WORDS * this.#capacity)
    this.#width = width
    this.#shift = 8 * (width - 8)
  }

  /** @param outputs 16 bytes each, of which a value is the first @param slots of the items, not 0 */
  add(outputs: Uint32Array, slots: Uint32Array): void {
    const shift = this.#shift
    for (let i = 0; i < slots.length; i++) {
      const [a, b, c] = [outputs[4 * i]!, outputs[4 * i + 1]!, outputs[4 * i + 2]!]
      const tail = shift === 0 ? b : shift === 32 ? c : (b >>> shift) | (c << (32 - shift))
      let at = this.#start(a)
      while (this.#slots[at + 3] !== 0) at = this.#next(at)
      this.#slots[at] = a
      this.#slots[at + 1] = b
      this.#slots[at + 2] = tail
      this.#slots[at + 3] = slots[i]!
    }
  }

  /**
   * Three values for each of the sender's items, one a hash index: `found` gets the number of the
   * sender's item within these, and of the record that has the value under the same index.
   */
  match(values: Bytes, found: (position: number, record: number) => void): void {
    const view = new DataView(values.buffer, values.byteOffset, values.length)
    const count = values.length / (3 * this.#width)
    for (let position = 0, at = 0; position < count; position++) {
      for (let hash = 0; hash < 3; hash++, at += this.#width) {
        const slot = this.#find(view, at)
        if (slot !== 0 && (slot & 3) === hash) found(position, slot >>> 2)
      }
    }
  }

  #find(view: DataView, from: number): number {
    const a = view.getUint32(from, true)
    for (let at = this.#start(a); ; at = this.#next(at)) {
      const slot = this.#slots[at + 3]!
      if (slot === 0) return 0
      if (this.#slots[at] !== a) continue
      if (this.#slots[at + 1] !== view.getUint32(from + 4, true)) continue
      if (this.#slots[at + 2] === view.getUint32(from + this.#width - 4, true)) return slot
    }
  }

  #start(first: number): number {
    return SLOT_WORDS * Math.floor(first * (this.#capacity / 2 ** 32))
  }

  #next(at: number): number {
    const next = at + SLOT_WORDS
    return next === this.#slots.length ? 0 : next
  }
}
