/**
 * Masked points as short records, compared instead of the points.
 *
 * A record is bytes 1 to `width` of an encoding. Were masked points random group elements, then two
 * different ones would agree in b given bits of their encodings with probability 2^-b up to a relative
 * error of about 2^-40: encodings are the field elements for which some quadratic characters have
 * given values, and over the arithmetic progression of those with b given low bits an incomplete sum
 * of characters is at most of the order of the root of p (Weil). Byte 0 is left out since its lowest
 * bit is always 0. Width is chosen so that no false match and no two equal records in one list occur
 * but with probability 2^-40.
 */

import { type Bytes, compareBytes } from '../encoding/index.ts'
import { ELEMENT_BYTES } from '../group/index.ts'

const FAILURE_BITS = 40

/** Bytes of a record where lists have these sizes. */
export function recordWidth(sizes: { readonly receiver: number; readonly sender: number }): number {
  const larger = Math.max(2, sizes.receiver, sizes.sender)
  return Math.ceil((FAILURE_BITS + 2 * Math.log2(larger)) / 8)
}

/** Copies the records of points to `records`, from record number `at` on. */
export function writeRecords(points: Bytes, width: number, records: Bytes, at: number): void {
  const count = points.length / ELEMENT_BYTES
  for (let i = 0; i < count; i++) {
    const start = ELEMENT_BYTES * i + 1
    records.set(points.subarray(start, start + width), width * (at + i))
  }
}

/**
 * The order in which records rise: a counting sort by their first bytes, then insertion. Linear for
 * records that the other side cannot choose, as multiples by an own secret scalar.
 * @param width of a record, at least 4
 */
export function risingOrder(records: Bytes, width: number): Uint32Array {
  const count = records.length / width
  const starts = bucketStarts(records, width, count)
  const order = new Uint32Array(count)
  const next = starts.slice()
  for (let i = 0; i < count; i++) {
    const bucket = bucketOf(records, width * i, count)
    const from = starts[bucket]!
    let at = next[bucket]!++
    for (; at > from && compareAt(records, width, order[at - 1]!, i) > 0; at--) {
      order[at] = order[at - 1]!
    }
    order[at] = i
  }
  return order
}

/** The records in that order. */
export function ordered(records: Bytes, width: number, order: Uint32Array): Bytes {
  const sorted = new Uint8Array(records.length)
  for (let i = 0; i < order.length; i++) {
    const start = width * order[i]!
    sorted.set(records.subarray(start, start + width), width * i)
  }
  return sorted
}

/** Whether each record from number `from` to `to` is greater than the one before it. */
export function rises(records: Bytes, width: number, from: number, to: number): boolean {
  for (let i = Math.max(1, from); i < to; i++) {
    if (compareAt(records, width, i - 1, i) >= 0) return false
  }
  return true
}

/** Finds records in a list whose records rise. */
export class RecordIndex {
  readonly #records: Bytes
  readonly #width: number
  readonly #count: number
  readonly #starts: Uint32Array

  constructor(records: Bytes, width: number) {
    this.#records = records
    this.#width = width
    this.#count = records.length / width
    this.#starts = bucketStarts(records, width, this.#count)
  }

  /** The number of the record in the list, or -1. Logarithmic in the worst case, whoever made the list. */
  find(record: Bytes): number {
    if (this.#count === 0) return -1
    const bucket = bucketOf(record, 0, this.#count)
    let from = this.#starts[bucket]!
    let to = this.#starts[bucket + 1]!
    while (from < to) {
      const middle = (from + to) >>> 1
      const start = this.#width * middle
      const difference = compareBytes(this.#records.subarray(start, start + this.#width), record)
      if (difference === 0) return middle
      if (difference < 0) from = middle + 1
      else to = middle
    }
    return -1
  }
}

/** As many buckets as records, of equal ranges of the first four bytes. */
function bucketOf(records: Bytes, start: number, count: number): number {
  const first =
    records[start]! * 0x1000000 +
    ((records[start + 1]! << 16) | (records[start + 2]! << 8) | records[start + 3]!)
  return Math.floor((first * count) / 0x1_0000_0000)
}

/** The number of the first record of each bucket, were all in order; and the number of records. */
function bucketStarts(records: Bytes, width: number, count: number): Uint32Array {
  const starts = new Uint32Array(count + 1)
  for (let i = 0; i < count; i++) starts[bucketOf(records, width * i, count) + 1]!++
  for (let bucket = 0; bucket < count; bucket++) starts[bucket + 1]! += starts[bucket]!
  return starts
}

function compareAt(records: Bytes, width: number, a: number, b: number): number {
  for (let i = 0; i < width; i++) {
    const difference = records[width * a + i]! - records[width * b + i]!
    if (difference !== 0) return difference
  }
  return 0
}
