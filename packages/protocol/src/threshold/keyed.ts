/**
 * A partner's values turned into keys, and sorted by bin: the first half of preparing a list. Values may
 * be keyed in several parts, and bins filled in several ranges (fill.ts): each part hands each range
 * what is in its bins.
 */

import type { Bytes } from '../encoding/index.ts'
import { splitKeys, type Values, WORDS } from './keys.ts'
import type { RoundPlan } from './plan.ts'
import { OCTET } from './planes.ts'
import { MOST_REPORTS } from './reports.ts'
import type { Steps } from './steps.ts'

/** Bins from `first` up to `end`, both multiples of eight. */
export type BinRange = { readonly first: number; readonly end: number }

/** Records of one range of bins, bin after bin. */
export type KeyedRecords = {
  /** How many each bin of the range has. */
  readonly counts: Int32Array
  /** Places in the list. */
  readonly records: Int32Array
  /** x of each, WORDS words. */
  readonly words: Uint32Array
  /** What each counts for, at most MOST_REPORTS. */
  readonly reports: Uint8Array
}

/** Of a list. */
export type Stretch = {
  /** The place in the list of the first. */
  readonly first: number
  readonly count: number
  /** A thousand or so at a time. */
  readonly batches: Iterable<Values>
  /** One a value, where the plan counts them: 1 unless given. */
  readonly reports: ArrayLike<number>
}

/** Records between two steps, after they were hashed. */
const STRETCH = 16_384

/** All bins in so many ranges, nearly alike, or in as many as there can be. */
export function binRanges({ bins }: Pick<RoundPlan, 'bins'>, count: number): readonly BinRange[] {
  const octets = bins / OCTET
  const ranges = Math.min(count, octets)
  const from = (i: number) => OCTET * Math.floor((i * octets) / ranges)
  return Array.from({ length: ranges }, (_, i) => ({ first: from(i), end: from(i + 1) }))
}

/** Partner: the keys of some of its values, for each range of bins. */
export function* keyRecords(
  plan: Pick<RoundPlan, 'bins' | 'binBits' | 'keyBits'>,
  salt: Bytes,
  { first, count, batches, reports }: Stretch,
  ranges: readonly BinRange[],
): Steps<readonly KeyedRecords[]> {
  const bins = new Int32Array(count)
  const words = new Uint32Array(WORDS * count)
  let hashed = 0
  for (const values of batches) {
    splitKeys(salt, values, plan, { bins, words }, hashed)
    hashed += values.lengths.length
    yield
  }

  const counts = new Int32Array(plan.bins)
  for (let i = 0; i < count; i++) counts[bins[i]!]!++
  const keyed = ranges.map((range) => emptyRange(counts.subarray(range.first, range.end)))
  const rangeOf = new Uint16Array(plan.bins / OCTET)
  /** Where in its range the next record of a bin goes. */
  const next = new Int32Array(plan.bins)
  ranges.forEach(({ first: bin, end }, range) => {
    rangeOf.fill(range, bin / OCTET, end / OCTET)
    for (let behind = bin + 1; behind < end; behind++)
      next[behind] = next[behind - 1]! + counts[behind - 1]!
  })
  const sort = (from: number, end: number) => {
    for (let i = from; i < end; i++) {
      const bin = bins[i]!
      const into = keyed[rangeOf[Math.floor(bin / OCTET)]!]!
      const to = next[bin]!
      next[bin] = to + 1
      into.records[to] = first + i
      into.reports[to] = Math.min(MOST_REPORTS, reports[i] ?? 1)
      for (let k = 0; k < WORDS; k++) into.words[WORDS * to + k] = words[WORDS * i + k]!
    }
  }
  for (let from = 0; from < count; from += STRETCH) {
    sort(from, Math.min(count, from + STRETCH))
    yield
  }
  return keyed
}

function emptyRange(counts: Int32Array): KeyedRecords {
  let count = 0
  for (const records of counts) count += records
  return {
    counts: counts.slice(),
    records: new Int32Array(count),
    words: new Uint32Array(WORDS * count),
    reports: new Uint8Array(count),
  }
}
