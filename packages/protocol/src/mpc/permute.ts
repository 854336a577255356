/**
 * Rows in a random order, drawn from a key stream.
 *
 * Fisher-Yates over all rows would miss the processor's cache at every step. So every row first goes to
 * one of up to 256 buckets, drawn uniformly for each row by itself, and each bucket is then put in
 * random order by Fisher-Yates in place (Rao 1961, Sandelius 1962). Rows play equal parts in both, so
 * that all orders are equally likely.
 */

import type { Prg } from './context.ts'
import type { Words } from './share.ts'

/** Rows of a bucket, at most if there are buckets enough: they stay in the cache. */
const BUCKET_ROWS = 16_384
const MAX_BITS = 8
/** Done between pauses. */
const PAUSE_ROWS = 65_536
/** Drawn at a time. */
const NUMBERS = 16_384

/**
 * `into` = the rows of `from`, `fields` words each, in an order that the stream decides; the two do not
 * overlap.
 */
export async function permuteRows(
  into: Words,
  from: Words,
  fields: number,
  stream: Prg,
  pause?: () => Promise<void> | undefined,
  bucketRows = BUCKET_ROWS,
): Promise<void> {
  const rows = from.length / fields
  let bits = 0
  while (bits < MAX_BITS && rows > bucketRows * 2 ** bits) bits++
  const ends = await scatter(into, from, fields, bits, stream, pause)
  const numbers = new Numbers(stream)
  let start = 0
  let sincePause = 0
  for (const end of ends) {
    shuffleInPlace(into.subarray(start * fields, end * fields), fields, numbers)
    sincePause += end - start
    start = end
    if (sincePause < PAUSE_ROWS) continue
    sincePause = 0
    await pause?.()
  }
}

/** @returns the row behind the last of each bucket */
async function scatter(
  into: Words,
  from: Words,
  fields: number,
  bits: number,
  stream: Prg,
  pause: (() => Promise<void> | undefined) | undefined,
): Promise<Uint32Array> {
  const rows = from.length / fields
  const ends = new Uint32Array(2 ** bits)
  if (bits === 0) {
    into.set(from)
    ends[0] = rows
    return ends
  }
  const buckets = new Uint8Array(rows)
  const counts = new Uint32Array(2 ** bits)
  for (let row = 0; row < rows; row += PAUSE_ROWS) {
    draw(buckets.subarray(row, row + PAUSE_ROWS), bits, counts, stream)
    await pause?.()
  }
  let start = 0
  counts.forEach((count, bucket) => {
    ends[bucket] = start
    start += count
  })
  for (let row = 0; row < rows; row += PAUSE_ROWS) {
    moveRows(
      into,
      from.subarray(row * fields),
      fields,
      buckets.subarray(row, row + PAUSE_ROWS),
      ends,
    )
    await pause?.()
  }
  return ends
}

function draw(buckets: Uint8Array, bits: number, counts: Uint32Array, stream: Prg): void {
  stream.xorInto(buckets, buckets)
  for (let row = 0; row < buckets.length; row++) {
    const bucket = buckets[row]! >>> (8 - bits)
    buckets[row] = bucket
    counts[bucket]!++
  }
}

/** @param ends of the buckets as far as they are filled */
function moveRows(
  into: Words,
  from: Words,
  fields: number,
  buckets: Uint8Array,
  ends: Uint32Array,
): void {
  let at = 0
  for (let row = 0; row < buckets.length; row++) {
    let to = ends[buckets[row]!]!++ * fields
    for (let field = 0; field < fields; field++) into[to++] = from[at++]!
  }
}

function shuffleInPlace(rows: Words, fields: number, numbers: Numbers): void {
  for (let left = rows.length / fields; left > 1; left--) {
    let a = numbers.below(left) * fields
    let b = (left - 1) * fields
    for (let field = 0; field < fields; field++) {
      const word = rows[a]!
      rows[a++] = rows[b]!
      rows[b++] = word
    }
  }
}

/**
 * Uniform whole numbers below a bound, by multiplication (Lemire, "Fast Random Integer Generation in an
 * Interval", 2019): of 32 random bits times the bound the upper part, unless the lower part is among
 * the 2^32 mod bound least, which would make some numbers likelier. Seldom drawn again, so that the
 * processor guesses right. Below 2^21 all is exact in doubles.
 */
class Numbers {
  readonly #stream: Prg
  readonly #words = new Uint32Array(NUMBERS)
  #at = NUMBERS

  constructor(stream: Prg) {
    this.#stream = stream
  }

  below(bound: number): number {
    for (;;) {
      if (this.#at === NUMBERS) this.#refill()
      const product = this.#words[this.#at++]! * bound
      const upper = Math.floor(product / 2 ** 32)
      const lower = product - upper * 2 ** 32
      if (lower >= bound || lower >= 2 ** 32 % bound) return upper
    }
  }

  #refill(): void {
    const bytes = new Uint8Array(this.#words.buffer)
    this.#stream.xorInto(bytes.fill(0), bytes)
    this.#at = 0
  }
}
