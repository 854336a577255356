/**
 * One record of 32 bytes for each own item: a digest of 16 bytes that stands for it from here on, and
 * the three bins that it may lie in, all from one keyed BLAKE3 of the item; then the item's number plus
 * one. Two of 2^25 items have one digest with probability 2^-79. Record 0 is nobody's, so that a slot
 * of 0 is free.
 */

import { blake3 } from '@noble/hashes/blake3.js'
import type { Bytes } from '../../encoding/index.ts'
import { fail } from '../errors.ts'
import { itemOf } from '../items.ts'
import type { PsiItems } from '../party.ts'
import type { OtKernel } from './kernel.ts'
import { HASHES } from './parameters.ts'
import type { OtSession } from './session.ts'

/** Hashed at a time, some two milliseconds: so many items, or so many bytes. */
const [SLICE_ITEMS, SLICE_BYTES] = [16_384, 1 << 20]
/** The kernel's; longer items are rare and hashed one by one. */
const BLOCK = 64
const LONGEST = 1024

/** Words of a record, and where its parts stand. */
export const RECORD_WORDS = 8
export const [BINS_WORD, NUMBER_WORD] = [4, 7]
const RECORD = 4 * RECORD_WORDS

/**
 * @param room how many records there may be beside record 0
 * @param placeOf which record an item gets, 1 to `room`; counting up by default
 * @returns the address of record 0
 * @throws ProtocolError `BAD_ITEM`
 */
export async function makeRecords(
  session: OtSession,
  kernel: OtKernel,
  key: Bytes,
  room: number,
  placeOf: (item: number) => number = (item) => item + 1,
): Promise<number> {
  const { count, parameters, options } = session
  const { items } = options
  // The kernel works by fours: what it makes beyond the last item goes to a record behind the others.
  const records = kernel.take(RECORD * (room + 2))
  const staging = new Staging(kernel, key)
  for (let from = 0; from < count; ) {
    const to = sliceEnd(items, from)
    const places = staging.places(to - from, room + 1)
    for (let item = from; item < to; item++) places[item - from] = placeOf(item)
    staging.hash(items, from, to, parameters.bins, records)
    from = to
    await session.pause()
  }
  staging.close()
  return records
}

/** @throws ProtocolError `BAD_ITEM`; `at` is the number of the item */
function sliceEnd({ offsets }: PsiItems, from: number): number {
  const start = offsets[from]!
  const most = Math.min(offsets.length - 1, from + SLICE_ITEMS)
  let to = from
  while (to < most && offsets[to + 1]! - start <= SLICE_BYTES) {
    const length = offsets[to + 1]! - offsets[to]!
    if (length === 0 || length > LONGEST) fail('BAD_ITEM', { at: String(to) })
    to++
  }
  return to
}

/** Where the bytes of items pass through. */
class Staging {
  readonly #kernel: OtKernel
  readonly #key: Bytes
  readonly #keyAt: number
  readonly #bytes: number
  readonly #offsets: number
  readonly #places: number
  #used = 0

  constructor(kernel: OtKernel, key: Bytes) {
    this.#kernel = kernel
    this.#key = key
    this.#keyAt = kernel.place(key)
    this.#bytes = kernel.take(SLICE_BYTES)
    this.#offsets = kernel.take(4 * (SLICE_ITEMS + 4))
    this.#places = kernel.take(4 * (SLICE_ITEMS + 4))
  }

  /** For `count` items; those behind them are `other`. */
  places(count: number, other: number): Uint32Array {
    return this.#kernel.words(this.#places, count + 3).fill(other, count)
  }

  hash(items: PsiItems, from: number, to: number, bins: number, records: number): void {
    const count = to - from
    const start = items.offsets[from]!
    const end = items.offsets[to]!
    this.#used = Math.max(this.#used, end - start)
    this.#kernel.bytes(this.#bytes, end - start).set(items.bytes.subarray(start, end))
    const offsets = this.#kernel.words(this.#offsets, count + 4)
    for (let i = 0; i <= count; i++) offsets[i] = items.offsets[from + i]! - start
    offsets.fill(end - start, count + 1)
    this.#kernel.call.items(
      records,
      this.#places,
      this.#bytes,
      this.#offsets,
      count,
      this.#keyAt,
      bins,
      from + 1,
    )
    const places = this.#kernel.words(this.#places, count)
    for (let i = 0; i < count; i++) {
      if (offsets[i + 1]! - offsets[i]! <= BLOCK) continue
      const record = longRecord(itemOf(items, from + i), this.#key, bins)
      this.#kernel.words(records + RECORD * places[i]!, record.length).set(record)
    }
  }

  close(): void {
    this.#kernel.bytes(this.#bytes, this.#used).fill(0)
  }
}

/** Digest and bins as the kernel computes them, for an item of any length. */
export function longRecord(item: Bytes, key: Bytes, bins: number): Uint32Array {
  const record = new Uint32Array(NUMBER_WORD)
  const output = blake3(item, { key, dkLen: BLOCK })
  new Uint8Array(record.buffer).set(output.subarray(0, 4 * BINS_WORD))
  const view = new DataView(output.buffer, output.byteOffset)
  const taken: number[] = []
  for (let hash = 0; hash < HASHES; hash++) {
    const drawn = view.getBigUint64(4 * BINS_WORD + 8 * hash, true)
    let bin = Number((drawn * BigInt(bins - hash)) >> 64n)
    // Moved up by one for every bin that was taken at or below it.
    for (const other of taken.toSorted((a, b) => a - b)) if (bin >= other) bin++
    taken.push(bin)
  }
  record.set(taken, BINS_WORD)
  return record
}
