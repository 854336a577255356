/** Lists of identifiers as flat bytes: made once from canonical forms, then only sliced. */

import { type Bytes, type RandomBytes, utf8 } from '../encoding/index.ts'
import { fail } from './errors.ts'
import type { PsiItems } from './party.ts'

const MAX_ITEM = 1024
const DUMMY = 32

export type DistinctItems = {
  readonly items: PsiItems
  /** For each item the number of the value that it first stood in. */
  readonly rows: Uint32Array
}

/**
 * The distinct values among canonical identifiers, in their order.
 * @param values strings, as UTF-8, or bytes; 1 to 1,024 bytes each
 * @throws ProtocolError `BAD_ITEM`; `at` is the number of the value
 */
export function distinctItems(values: Iterable<string | Bytes>): DistinctItems {
  const builder = new ItemsBuilder()
  let row = 0
  for (const value of values) {
    const bytes = typeof value === 'string' ? utf8(value) : value
    if (bytes.length === 0 || bytes.length > MAX_ITEM) fail('BAD_ITEM', { at: String(row) })
    builder.add(bytes, row++)
  }
  return builder.finish()
}

export function itemCount({ offsets }: PsiItems): number {
  return offsets.length - 1
}

/** Item i, a view. */
export function itemOf({ bytes, offsets }: PsiItems, i: number): Bytes {
  return bytes.subarray(offsets[i], offsets[i + 1])
}

/** A copy of items `from` to `to`. */
export function sliceItems({ bytes, offsets }: PsiItems, from: number, to: number): PsiItems {
  const start = offsets[from]!
  return {
    bytes: bytes.slice(start, offsets[to]),
    offsets: offsets.slice(from, to + 1).map((offset) => offset - start),
  }
}

/**
 * The items, and dummies behind them up to `size`: 32 random bytes each, which no list of the other
 * side has. A protocol computes on both in the same way, so that its time does not tell them apart.
 * @throws ProtocolError `LIST_TOO_LARGE`
 */
export function paddedItems(items: PsiItems, size: number, random: RandomBytes): PsiItems {
  const count = itemCount(items)
  if (count > size) fail('LIST_TOO_LARGE', { culprit: 'self' })
  const end = items.offsets[count]!
  const bytes = new Uint8Array(end + DUMMY * (size - count))
  bytes.set(items.bytes.subarray(0, end))
  bytes.set(random(DUMMY * (size - count)), end)
  const offsets = new Uint32Array(size + 1)
  offsets.set(items.offsets)
  for (let i = count; i < size; i++) offsets[i + 1] = offsets[i]! + DUMMY
  return { bytes, offsets }
}

/** Open addressing over item numbers; all in flat arrays that double. */
class ItemsBuilder {
  #bytes = new Uint8Array(1 << 12)
  #offsets = new Uint32Array(1 << 8)
  #rows = new Uint32Array(1 << 8)
  #hashes = new Uint32Array(1 << 8)
  /** Item number plus one; 0 is free. At most half full. */
  #table = new Uint32Array(1 << 9)
  #count = 0

  add(value: Bytes, row: number): void {
    if (this.#count + 1 === this.#offsets.length) this.#grow()
    const hash = hashOf(value)
    const place = this.#find(value, hash)
    if (this.#table[place] !== 0) return
    const start = this.#offsets[this.#count]!
    while (start + value.length > this.#bytes.length) this.#bytes = doubled(this.#bytes)
    this.#bytes.set(value, start)
    this.#rows[this.#count] = row
    this.#hashes[this.#count] = hash
    this.#table[place] = ++this.#count
    this.#offsets[this.#count] = start + value.length
  }

  finish(): DistinctItems {
    const offsets = this.#offsets.slice(0, this.#count + 1)
    const bytes = this.#bytes.slice(0, offsets[this.#count])
    return { items: { bytes, offsets }, rows: this.#rows.slice(0, this.#count) }
  }

  /** Where the value stands, or the free place where it would. */
  #find(value: Bytes, hash: number): number {
    const mask = this.#table.length - 1
    let place = hash & mask
    for (;;) {
      const number = this.#table[place]!
      if (number === 0) return place
      if (this.#hashes[number - 1] === hash && this.#isAt(number - 1, value)) return place
      place = (place + 1) & mask
    }
  }

  #isAt(number: number, value: Bytes): boolean {
    const start = this.#offsets[number]!
    if (this.#offsets[number + 1]! - start !== value.length) return false
    for (let i = 0; i < value.length; i++) if (this.#bytes[start + i] !== value[i]) return false
    return true
  }

  #grow(): void {
    this.#offsets = doubled(this.#offsets)
    this.#rows = doubled(this.#rows)
    this.#hashes = doubled(this.#hashes)
    this.#table = new Uint32Array(2 * this.#table.length)
    const mask = this.#table.length - 1
    for (let number = 0; number < this.#count; number++) {
      let place = this.#hashes[number]! & mask
      while (this.#table[place] !== 0) place = (place + 1) & mask
      this.#table[place] = number + 1
    }
  }
}

/** FNV-1a and a last mix, so that the low bits depend on all. */
function hashOf(value: Bytes): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < value.length; i++) hash = Math.imul(hash ^ value[i]!, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}

function doubled<T extends Uint8Array | Uint32Array>(array: T): T {
  const larger =
    array instanceof Uint8Array
      ? new Uint8Array(2 * array.length)
      : new Uint32Array(2 * array.length)
  larger.set(array)
  return larger as T
}
