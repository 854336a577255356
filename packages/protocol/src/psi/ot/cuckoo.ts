/**
 * Cuckoo hashing with three bins an item and no stash (Fotakis, Pagh, Sanders, Spirakis, "Space
 * Efficient Hash Tables with Worst Case Constant Access Time", 2005): every item in one of its bins,
 * at most one in each. An item whose bins are all taken pushes another on; one that is still without
 * after many moves gets a bin along a shortest augmenting path, so that a table is found wherever
 * there is one.
 *
 * A slot holds four times the number of its item's record plus which of the item's bins this is, or 0.
 */

import { HASHES } from './parameters.ts'
import { BINS_WORD, RECORD_WORDS } from './records.ts'

/** After so many a search is cheaper than more pushing. */
const MOVES = 500
/** Items whose bins are fetched together. */
const TOGETHER = 32

/** @param slots one for each bin, changed @returns false when there is no table with these items */
export function insert(
  slots: Uint32Array,
  records: Uint32Array,
  from: number,
  to: number,
): boolean {
  for (let start = from; start < to; start += TOGETHER) {
    const end = Math.min(to, start + TOGETHER)
    touch(slots, records, start, end)
    for (let record = start; record < end; record++) {
      if (takeFree(slots, records, record)) continue
      const homeless = push(slots, records, (record << 2) | (record % HASHES))
      if (homeless !== 0 && !augment(slots, records, homeless >>> 2)) return false
    }
  }
  return true
}

export function binOf(records: Uint32Array, slot: number): number {
  return records[RECORD_WORDS * (slot >>> 2) + BINS_WORD + (slot & 3)]!
}

/** What was read ahead, kept so that no compiler leaves the reading out. */
const touched = new Uint32Array(1)

/** Reads the slots of all bins at once: one after another would wait for memory for each. */
function touch(slots: Uint32Array, records: Uint32Array, from: number, to: number): void {
  let sum = 0
  for (let at = RECORD_WORDS * from + BINS_WORD; at < RECORD_WORDS * to; at += RECORD_WORDS) {
    sum ^= slots[records[at]!]! ^ slots[records[at + 1]!]! ^ slots[records[at + 2]!]!
  }
  touched[0] = sum
}

function takeFree(slots: Uint32Array, records: Uint32Array, record: number): boolean {
  for (let slot = record << 2; slot < (record << 2) + HASHES; slot++) {
    const bin = binOf(records, slot)
    if (slots[bin] !== 0) continue
    slots[bin] = slot
    return true
  }
  return false
}

/** @returns 0, or a slot that found no bin */
function push(slots: Uint32Array, records: Uint32Array, start: number): number {
  let slot = start
  for (let moves = 0; moves < MOVES; moves++) {
    const bin = binOf(records, slot)
    const before = slots[bin]!
    slots[bin] = slot
    if (before === 0) return 0
    // Whoever was pushed out goes to its next bin.
    slot = (before & 3) === HASHES - 1 ? before & ~3 : before + 1
  }
  return slot
}

/** Breadth first from the bins of the item over the bins of those in them, to a free one. */
function augment(slots: Uint32Array, records: Uint32Array, record: number): boolean {
  /** For each bin that was reached the slot that would go there. */
  const reached = new Map<number, number>()
  const queue = [record]
  for (const next of queue) {
    for (let hash = 0; hash < HASHES; hash++) {
      const slot = (next << 2) | hash
      const bin = binOf(records, slot)
      if (reached.has(bin)) continue
      reached.set(bin, slot)
      if (slots[bin] === 0) {
        moveAlong(slots, reached, bin, record)
        return true
      }
      queue.push(slots[bin]! >>> 2)
    }
  }
  return false
}

function moveAlong(
  slots: Uint32Array,
  reached: ReadonlyMap<number, number>,
  free: number,
  record: number,
): void {
  const where = new Map<number, number>()
  for (const bin of reached.keys()) if (slots[bin] !== 0) where.set(slots[bin]! >>> 2, bin)
  for (let bin = free; ; ) {
    const slot = reached.get(bin)!
    slots[bin] = slot
    if (slot >>> 2 === record) return
    bin = where.get(slot >>> 2)!
  }
}
