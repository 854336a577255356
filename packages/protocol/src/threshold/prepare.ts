/**
 * A partner's list, made ready for sharing: keyed and sorted by bin (keyed.ts), filled with dummies
 * (fill.ts), put together. Runs at the partner alone; other parties see shares of its output only.
 *
 * `prepareList` does it all in one go. Stretches of the list may be keyed, and ranges of bins filled,
 * each by another thread.
 */

import { type Bytes, concatAll, type RandomBytes } from '../encoding/index.ts'
import { fail } from './errors.ts'
import { type FilledBins, fillBins } from './fill.ts'
import { binRanges, keyRecords } from './keyed.ts'
import type { Values } from './keys.ts'
import { sharedBits } from './labels.ts'
import type { RoundPlan } from './plan.ts'
import { LANES, mergeOctets, OCTET } from './planes.ts'
import { inOneGo, type Steps } from './steps.ts'

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

/** Values that are keyed at a time. */
const BATCH = 1024

/** Records between two steps while their cells are written down. */
const STRETCH = 65_536

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
  reports: readonly number[] = [],
): PreparedList {
  const ranges = binRanges(plan, 1)
  const list = { first: 0, count: values.length, batches: batchesOf(values), reports }
  const keyed = inOneGo(keyRecords(plan, salt, list, ranges))
  const filled = inOneGo(fillBins(plan, partner, ranges[0]!, keyed, random))
  return inOneGo(assembleList(plan, partner, values.length, [filled]))
}

/**
 * Partner: its list, from all ranges of bins in their order.
 * @param count of values
 * @throws as `prepareList`
 */
export function* assembleList(
  plan: RoundPlan,
  partner: number,
  count: number,
  filled: readonly FilledBins[],
): Steps<PreparedList> {
  const { slots, paddedSize } = plan.partners[partner]!
  const distinct = filled.reduce((sum, range) => sum + range.distinct, 0)
  if (distinct > paddedSize) fail('LIST_TOO_LARGE', { at: `partners/${partner}` })
  if (filled.some(({ fits }) => !fits)) {
    fail('RECORD_DOES_NOT_FIT', { hint: 'Ask for a new salt.' })
  }
  const slotOf = new Int32Array(count)
  for (const { records, cells } of filled) {
    for (let i = 0; i < records.length; i++) {
      slotOf[records[i]!] = cells[i]!
      if (i % STRETCH === STRETCH - 1) yield
    }
  }
  const octetBytes = sharedBits(plan) * slots
  const octets = filled.flatMap(({ planes }) =>
    Array.from({ length: planes.length / octetBytes }, (_, i) =>
      planes.subarray(i * octetBytes, (i + 1) * octetBytes),
    ),
  )
  const perShard = LANES / OCTET
  const planes = new Uint8Array(octets.length * octetBytes)
  for (let from = 0; from < octets.length; from += perShard) {
    const shard = planes.subarray(from * octetBytes, (from + perShard) * octetBytes)
    yield* mergeOctets(octets.slice(from, from + perShard), shard)
  }
  return { partner, planes, slotOf }
}

function* batchesOf(values: readonly Bytes[]): Generator<Values> {
  for (let from = 0; from < values.length; from += BATCH) {
    const some = values.slice(from, from + BATCH)
    const lengths = new Uint32Array(some.length)
    for (let i = 0; i < some.length; i++) lengths[i] = some[i]!.length
    yield { bytes: concatAll(some), lengths }
  }
}
