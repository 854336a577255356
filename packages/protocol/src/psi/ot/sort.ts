/**
 * The sender's items by chunk of the matrix: rows are used as they come and then forgotten, so what
 * lies in a chunk must be at hand when it does.
 */

import type { OtKernel } from './kernel.ts'
import { CHUNK, HASHES } from './parameters.ts'
import { BINS_WORD, NUMBER_WORD, RECORD_WORDS } from './records.ts'
import type { OtSession } from './session.ts'

/** Records at a time, some two milliseconds. */
const SORTED_AT_ONCE = 65_536
const CHUNK_BITS = Math.log2(CHUNK)

/** Slots in the order of the chunks that their bins are in. */
export type Sorted = {
  readonly slots: number
  /** For each chunk the number of its first slot, a multiple of four; and the number behind its last. */
  readonly starts: Uint32Array
  readonly ends: Uint32Array
}

/** Two passes over the records: how many fall in each chunk, then where they go. */
export async function sortByChunk(
  session: OtSession,
  kernel: OtKernel,
  records: number,
): Promise<Sorted> {
  const { count, parameters, options } = session
  const { sender: size } = options.sizes
  const chunks = Math.ceil(parameters.bins / CHUNK)
  const slots = kernel.take(4 * (HASHES * count + 4 * chunks))
  const recordWords = kernel.words(records, RECORD_WORDS * (size + 1))
  const inSlices = async (work: (from: number, to: number) => void) => {
    for (let from = 1; from <= size; from += SORTED_AT_ONCE) {
      work(from, Math.min(size + 1, from + SORTED_AT_ONCE))
      await session.pause()
    }
  }
  const sizes = new Uint32Array(chunks)
  await inSlices((from, to) => countChunks(recordWords, from, to, sizes))
  const starts = new Uint32Array(chunks + 1)
  for (let i = 0; i < chunks; i++) starts[i + 1] = starts[i]! + 4 * Math.ceil(sizes[i]! / 4)
  const ends = starts.slice(0, chunks)
  const slotWords = kernel.words(slots, starts[chunks]!)
  await inSlices((from, to) => writeSlots(recordWords, from, to, slotWords, ends))
  // By fours: the last one again.
  for (let i = 0; i < chunks; i++) {
    if (sizes[i]! > 0) slotWords.fill(slotWords[ends[i]! - 1]!, ends[i], starts[i + 1])
  }
  return { slots, starts, ends }
}

function countChunks(records: Uint32Array, from: number, to: number, sizes: Uint32Array): void {
  for (let record = from; record < to; record++) {
    const at = RECORD_WORDS * record
    if (records[at + NUMBER_WORD] === 0) continue
    for (let hash = 0; hash < HASHES; hash++) {
      sizes[records[at + BINS_WORD + hash]! >>> CHUNK_BITS]!++
    }
  }
}

/** @param ends for each chunk where its next slot goes, moved on */
function writeSlots(
  records: Uint32Array,
  from: number,
  to: number,
  slots: Uint32Array,
  ends: Uint32Array,
): void {
  for (let record = from; record < to; record++) {
    const at = RECORD_WORDS * record
    if (records[at + NUMBER_WORD] === 0) continue
    for (let hash = 0; hash < HASHES; hash++) {
      const chunk = records[at + BINS_WORD + hash]! >>> CHUNK_BITS
      slots[ends[chunk]!++] = (record << 2) | hash
    }
  }
}
