/**
 * One record of 32 bytes for each own item: a digest of 16 bytes that stands for it from here on, and
 * the three bins that it may lie in, all from one keyed BLAKE3 of the item. Two of 2^25 items have one
 * digest with probability 2^-79. Record 0 is nobody's, so that a slot of 0 is free.
 */

import { blake3 } from '@noble/hashes/blake3.js'
import type { Bytes } from '../../encoding/index.ts'
import { fail } from '../errors.ts'
import { itemOf } from '../items.ts'
import type { PsiItems } from '../party.ts'
import { RECORD_WORDS } from './cuckoo.ts'
import { OtKernel } from './kernel.ts'
import { HASHES } from './parameters.ts'
import type { OtSession } from './session.ts'

/** Hashed at a time, some two milliseconds: so many items, or so many bytes. */
const [SLICE_ITEMS, SLICE_BYTES] = [16_384, 1 << 20]
/** The kernel's; longer items are rare and hashed one by one. */
const BLOCK = 64
const LONGEST = 1024

export const RECORD = 4 * RECORD_WORDS

/** @returns the address of record 0 @throws ProtocolError `BAD_ITEM` */
export async function makeRecords(
  session: OtSession,
  kernel: OtKernel,
  key: Bytes,
): Promise<number> {
  const { count, parameters, options } = session
  const { items } = options
  // The kernel works by fours, so up to three records behind the last mean nothing.
  const records = kernel.take(RECORD * (count + 4))
  const staging = new Staging(key)
  for (let from = 0; from < count; ) {
    const to = sliceEnd(items, from)
    const hashed = staging.hash(items, from, to, parameters.bins)
    kernel.bytes(records + RECORD * (from + 1), hashed.length).set(hashed)
    from = to
    await session.pause()
  }
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

/** A kernel of its own for items as they come, so that their bytes do not stay beside the records. */
class Staging {
  readonly #kernel = new OtKernel()
  readonly #key: Bytes
  readonly #keyAt: number
  readonly #bytes = this.#kernel.take(SLICE_BYTES)
  readonly #offsets = this.#kernel.take(4 * (SLICE_ITEMS + 4))
  readonly #records = this.#kernel.take(RECORD * (SLICE_ITEMS + 4))

  constructor(key: Bytes) {
    this.#key = key
    this.#keyAt = this.#kernel.place(key)
  }

  /** A view, until the next call. */
  hash(items: PsiItems, from: number, to: number, bins: number): Bytes {
    const count = to - from
    const start = items.offsets[from]!
    const end = items.offsets[to]!
    this.#kernel.bytes(this.#bytes, end - start).set(items.bytes.subarray(start, end))
    const offsets = this.#kernel.words(this.#offsets, count + 4)
    for (let i = 0; i <= count; i++) offsets[i] = items.offsets[from + i]! - start
    offsets.fill(end - start, count + 1)
    this.#kernel.call.items(this.#records, this.#bytes, this.#offsets, count, this.#keyAt, bins)
    const records = this.#kernel.words(this.#records, RECORD_WORDS * count)
    for (let i = 0; i < count; i++) {
      if (offsets[i + 1]! - offsets[i]! <= BLOCK) continue
      records.set(longRecord(itemOf(items, from + i), this.#key, bins), RECORD_WORDS * i)
    }
    return this.#kernel.bytes(this.#records, RECORD * count)
  }
}

/** What the kernel computes, for an item of any length. */
export function longRecord(item: Bytes, key: Bytes, bins: number): Uint32Array {
  const record = new Uint32Array(RECORD_WORDS)
  const bytes = new Uint8Array(record.buffer)
  const output = blake3(item, { key, dkLen: BLOCK })
  bytes.set(output.subarray(0, 16))
  const view = new DataView(output.buffer, output.byteOffset)
  const taken: number[] = []
  for (let hash = 0; hash < HASHES; hash++) {
    const drawn = view.getBigUint64(16 + 8 * hash, true)
    let bin = Number((drawn * BigInt(bins - hash)) >> 64n)
    // Moved up by one for every bin that was taken at or below it.
    for (const other of taken.toSorted((a, b) => a - b)) if (bin >= other) bin++
    taken.push(bin)
  }
  record.set(taken, 4)
  return record
}
