/**
 * Bins filled with a partner's records and with dummies: the second half of preparing a list. Ranges of
 * bins have nothing to do with each other.
 *
 * In its bin a record is at x, a fraction in `width` bits. The list has M = factor·base slots and a
 * window of W more; a record's nominal slot is floor(x·M). The slots are walked like a queue: the
 * next record goes in if its nominal slot is reached, else a dummy from the slot's own range
 * [p/M, (p + 1)/M). A record waits but never comes early, so every entry at slot p lies in
 * [(p - W)/M, (p + 1)/M), whatever this list shares with others. The last W slots take the records
 * still waiting, then dummies above them.
 */

import type { Bytes, RandomBytes } from '../encoding/index.ts'
import { type Dummies, dummies, topOf } from './dummies.ts'
import type { BinRange, KeyedRecords } from './keyed.ts'
import { WORDS } from './keys.ts'
import { sharedBits } from './labels.ts'
import { markEntries } from './marks.ts'
import type { RoundPlan } from './plan.ts'
import { OCTET, sliceOctet } from './planes.ts'
import { type Queue, Queues } from './queue.ts'
import { MOST_REPORTS } from './reports.ts'
import type { Steps } from './steps.ts'
import { compareAt, writeAt } from './words.ts'

export type FilledBins = {
  /** The octets of the range in turn, each as `sliceOctet` writes it; none if a record did not fit. */
  readonly planes: Bytes
  /** Places in the list of the records in the range, and the cell bin·slots + slot of each. */
  readonly records: Int32Array
  readonly cells: Int32Array
  /** Records, duplicates counted once. */
  readonly distinct: number
  /** Whether none would wait too long. */
  readonly fits: boolean
}

/** Slots between two steps. */
const STRETCH = 8192

/**
 * Partner: one range of bins, filled.
 * @param keyed what each part of the list has in this range
 * @param random private and cryptographic
 */
export function* fillBins(
  plan: RoundPlan,
  partner: number,
  { first, end }: BinRange,
  keyed: readonly KeyedRecords[],
  random: RandomBytes,
): Steps<FilledBins> {
  const { factor, slots } = plan.partners[partner]!
  const span = factor * plan.base
  const bits = sharedBits(plan)
  const queues = new Queues(keyed, end - first, span)
  const filler = dummies(plan, span, random)
  const top = new Uint32Array(WORDS)
  writeAt(top, 0, topOf(plan) << BigInt(32 * WORDS - plan.width))

  const planes = new Uint8Array(((end - first) / OCTET) * bits * slots)
  const entries = new Uint32Array(OCTET * slots * WORDS)
  const counts = new Uint8Array(slots)
  let fits = true
  let walked = 0
  for (let bin = first; bin < end; bin++) {
    const queue = queues.next()
    const lane = bin % OCTET
    const own = entries.subarray(lane * slots * WORDS, (lane + 1) * slots * WORDS)
    const list = { top, span, window: plan.window, entries: own, counts }
    fits &&= fillBin(list, queue, filler, bin * slots)
    walked += slots
    if (walked >= STRETCH) {
      walked = 0
      yield
    }
    if (!fits) continue
    markEntries(plan, own, counts)
    if (lane < OCTET - 1) continue
    const at = ((bin - lane - first) / OCTET) * bits * slots
    yield* sliceOctet(entries, slots, bits, planes.subarray(at, at + bits * slots))
  }
  const { records, cells, distinct } = queues
  return { planes: fits ? planes : new Uint8Array(), records, cells, distinct, fits }
}

type BinList = {
  /** From here on no entry may be. */
  readonly top: Uint32Array
  readonly span: number
  readonly window: number
  /** [slot][WORDS words], written over. */
  readonly entries: Uint32Array
  /** Of each slot the reports of its record, 0 of a dummy; written over. */
  readonly counts: Uint8Array
}

/** @returns false if a record would wait too long */
function fillBin(
  { top, span, window, entries, counts }: BinList,
  { count, words, nominal, reports, cells, order }: Queue,
  filler: Dummies,
  firstCell: number,
): boolean {
  counts.fill(0)
  let i = 0
  let slot = 0
  for (; slot < span + window; slot++) {
    const at = slot * WORDS
    const due = i < count ? nominal[order[i]!]! : span
    if (i < count ? due < slot - window : slot >= span) break
    if (due > slot) {
      filler.inSlot(slot, entries, at)
      continue
    }
    const from = WORDS * order[i]!
    if (compareAt(words, from, top, 0) >= 0) break
    for (let k = 0; k < WORDS; k++) entries[at + k] = words[from + k]!
    do {
      const number = order[i]!
      cells[number] = firstCell + slot
      counts[slot] = Math.min(MOST_REPORTS, counts[slot]! + reports[number]!)
      i++
    } while (i < count && compareAt(words, WORDS * order[i]!, entries, at) === 0)
  }
  const left = span + window - slot
  if (i < count || left === 0) return i === count
  const at = slot * WORDS
  return filler.afterLast(at - WORDS, left, entries, at, WORDS)
}
