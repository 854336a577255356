/**
 * A partner's list, made ready for sharing: keyed, sorted into bins and slots, filled with dummies.
 * Runs at the partner alone; other parties see shares of its output only.
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
import { fail } from './errors.ts'
import { splitKeys, WORDS } from './keys.ts'
import { sharedBits } from './labels.ts'
import type { RoundPlan } from './plan.ts'
import { LANES, sliceEntries } from './planes.ts'
import { writeRecords } from './records.ts'
import { writeReports } from './reports.ts'
import { compareAt, scaleAt, writeAt } from './words.ts'

export type PreparedList = {
  /** Index in the plan. */
  readonly partner: number
  /**
   * Every shard in turn, each [bit of x, most significant first, then those that the plan has behind
   * it][slot][16 bytes]: bit j (value 2^j)
   * of byte i is bin 128·shard + 8i + j.
   */
  readonly planes: Bytes
  /** Value index to cell bin·slots + slot; duplicates share a cell. */
  readonly slotOf: Int32Array
}

/**
 * Partner: its list in the form that it shares. Own duplicates count once.
 * @param partner index in the plan
 * @param values tags or, with plain keys, OPRF inputs
 * @param random private and cryptographic
 * @param reports where the plan counts them: one a value, 1 unless given
 * @throws ProtocolError `LIST_TOO_LARGE`: more values than the published size; `RECORD_DOES_NOT_FIT`:
 *   a record would wait too long, ask for a new salt (chance below 2^-30 a round, over all lists)
 */
export function prepareList(
  plan: RoundPlan,
  partner: number,
  salt: Bytes,
  values: readonly Bytes[],
  random: RandomBytes,
  reports?: readonly number[],
): PreparedList {
  const { factor, slots, paddedSize } = plan.partners[partner]!
  const span = factor * plan.base
  const { bins, words } = splitKeys(salt, values, plan.keyBits, plan.binBits)
  const { order, starts } = sortByBin(bins, words, plan.bins)
  const tooMany = countDistinct(bins, words, order) > paddedSize
  if (tooMany) fail('LIST_TOO_LARGE', { at: `partners/${partner}` })
  const filler = dummies(plan, span, random)
  const top = new Uint32Array(WORDS)
  writeAt(top, 0, topOf(plan) << BigInt(32 * WORDS - plan.width))

  const slotOf = new Int32Array(values.length)
  const shardBytes = sharedBits(plan) * slots * (LANES / 8)
  const planes = new Uint8Array((plan.bins / LANES) * shardBytes)
  const entries = new Uint32Array(slots * LANES * WORDS)
  for (let bin = 0; bin < plan.bins; bin++) {
    const queue = order.subarray(starts[bin], starts[bin + 1])
    const lane = bin % LANES
    const list: BinList = { words, top, span, window: plan.window, lane, entries }
    fillBin(list, queue, filler, (record, slot) => {
      slotOf[record] = bin * slots + slot
    })
    if (lane === LANES - 1) {
      const shard = (bin - lane) / LANES
      sliceEntries(entries, slots, plan.width, planes.subarray(shard * shardBytes))
    }
  }
  if (plan.reportBits === 2) writeReports(plan, partner, planes, slotOf, reports)
  if (plan.reportBits === 1) writeRecords(plan, partner, planes, slotOf)
  return { partner, planes, slotOf }
}

type BinList = {
  readonly words: Uint32Array
  readonly top: Uint32Array
  readonly span: number
  readonly window: number
  readonly lane: number
  /** [slot][lane][WORDS words] */
  readonly entries: Uint32Array
}

function fillBin(
  list: BinList,
  queue: Int32Array,
  filler: Dummies,
  place: (record: number, slot: number) => void,
): void {
  const { words, span, window, entries } = list
  const at = (slot: number) => (slot * LANES + list.lane) * WORDS
  let i = 0
  let slot = 0
  for (; slot < span + window; slot++) {
    const record = queue[i]
    const nominal = record === undefined ? span : scaleAt(words, record * WORDS, span)
    if (record === undefined ? slot >= span : nominal < slot - window) break
    if (record === undefined || nominal > slot) {
      filler.inSlot(slot, entries, at(slot))
      continue
    }
    const from = record * WORDS
    if (compareAt(words, from, list.top, 0) >= 0) break
    for (let k = 0; k < WORDS; k++) entries[at(slot) + k] = words[from + k]!
    for (; i < queue.length && compareAt(words, queue[i]! * WORDS, words, from) === 0; i++) {
      place(queue[i]!, slot)
    }
  }
  const left = span + window - slot
  const fits =
    i === queue.length &&
    (left === 0 || filler.afterLast(at(slot - 1), left, entries, at(slot), LANES * WORDS))
  if (!fits) {
    fail('RECORD_DOES_NOT_FIT', { hint: 'Ask for a new salt.' })
  }
}

function countDistinct(bins: Int32Array, words: Uint32Array, order: Int32Array): number {
  let distinct = 0
  for (let i = 0; i < order.length; i++) {
    const [record, before] = [order[i]!, order[i - 1] ?? -1]
    const same =
      before >= 0 &&
      bins[record] === bins[before] &&
      compareAt(words, record * WORDS, words, before * WORDS) === 0
    if (!same) distinct++
  }
  return distinct
}

/** Record indexes by bin, then by x; bin b's are order[starts[b]] up to order[starts[b + 1]]. */
function sortByBin(bins: Int32Array, words: Uint32Array, count: number) {
  const starts = new Int32Array(count + 1)
  for (const bin of bins) starts[bin + 1]!++
  for (let bin = 0; bin < count; bin++) starts[bin + 1]! += starts[bin]!
  const order = new Int32Array(bins.length)
  const next = starts.slice()
  for (const [record, bin] of bins.entries()) order[next[bin]!++] = record
  for (let bin = 0; bin < count; bin++) {
    order
      .subarray(starts[bin], starts[bin + 1])
      .sort((a, b) => compareAt(words, a * WORDS, words, b * WORDS))
  }
  return { order, starts }
}
