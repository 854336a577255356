/**
 * A partner's list, prepared and shared on the node's worker threads. Each thread keys a stretch of the
 * list, then fills a range of bins with what all stretches have in it; what crosses is moved, not copied.
 * One of them puts the list together and shares it. A round waits for it, so that no part stands in line.
 */

import type { Bytes, RandomBytes } from '@drempel/protocol/encoding'
import {
  assembleList,
  type BinRange,
  binRanges,
  type FilledBins,
  givingWay,
  type KeyedRecords,
  keyRecords,
  type PreparedList,
  type RoundPlan,
  shareSteps,
  type Uploads,
} from '@drempel/protocol/threshold'
import { aesCtr } from '../bulk/index.ts'
import { arraysIn } from './messages.ts'
import { type Packed, packed } from './packed.ts'
import type { WorkerPool } from './pool.ts'

export type ListTerms = {
  readonly plan: RoundPlan
  /** Index in the plan. */
  readonly partner: number
}

export type Stretch = {
  readonly plan: RoundPlan
  readonly salt: Bytes
  /** The place in the list of the first value. */
  readonly first: number
  readonly batches: readonly Packed[]
  /** One a value, where the plan counts them. */
  readonly reports: Uint8ClampedArray
  readonly ranges: readonly BinRange[]
}

export type FilledList = ListTerms & {
  /** Of values. */
  readonly count: number
  readonly filled: readonly FilledBins[]
}

/** What a partner sends, and what it needs to read the answers. */
export type SharedList = Pick<PreparedList, 'partner' | 'slotOf'> & { readonly uploads: Uploads }

export type ListOptions = {
  readonly signal?: AbortSignal | undefined
  /** The main thread's. */
  readonly pause: () => Promise<void>
  /** Of values; each counts half when it is keyed, and half when it is in its bin. */
  readonly onProgress?: (done: number, total: number) => void
}

/** Values packed at a time, and hashed at a time. */
const BATCH = 2048
/** Slots worth a thread of their own; some 10 ms of work. */
const WORTH = 65_536

/** @throws as `prepareList` and the pool; the signal's reason */
export async function prepareOnThreads(
  pool: WorkerPool,
  list: ListTerms & {
    readonly salt: Bytes
    readonly values: readonly Bytes[]
    readonly reports: readonly number[]
  },
  { signal, pause, onProgress }: ListOptions,
): Promise<SharedList> {
  const { plan, partner, salt, values, reports } = list
  const slots = plan.bins * plan.partners[partner]!.slots
  const ranges = binRanges(plan, Math.min(pool.size, Math.ceil(slots / WORTH)))
  // When one part fails, the others need not go on.
  const stop = new AbortController()
  const signals = signal === undefined ? [stop.signal] : [signal, stop.signal]
  const options = { elements: slots, urgent: true, signal: AbortSignal.any(signals) }
  const total = values.length
  let halves = 0
  const tell = (count: number) => {
    halves += count
    onProgress?.(Math.floor(halves / 2), total)
  }
  tell(0)
  try {
    // One after another, so that a thread begins while the next one's values are packed.
    let turn: Promise<unknown> = Promise.resolve()
    const stretches = ranges.map(async (_, i) => {
      const from = (part: number) => Math.floor((part * total) / ranges.length)
      const [first, end] = [from(i), from(i + 1)]
      const packing = turn.then(() => packedSlowly(values.slice(first, end), pause))
      turn = packing
      const batches = await packing
      const counts = Uint8ClampedArray.from(reports.slice(first, end))
      const args = { plan, salt, first, batches, reports: counts, ranges }
      const keyed = await pool.run('keyRecords', args, { ...options, move: arraysIn(batches) })
      tell(end - first)
      return keyed
    })
    const keyed = await Promise.all(stretches)
    const fills = ranges.map(async (range, i) => {
      const inRange = keyed.map((stretch) => stretch[i]!)
      const args = { plan, partner, range, keyed: inRange }
      const filled = await pool.run('fillBins', args, { ...options, move: arraysIn(inRange) })
      tell(filled.records.length)
      return filled
    })
    const filled = await Promise.all(fills)
    const args = { plan, partner, count: total, filled }
    return await pool.run('shareFilled', args, { ...options, move: arraysIn(filled) })
  } finally {
    stop.abort()
  }
}

async function packedSlowly(
  values: readonly Bytes[],
  pause: () => Promise<void>,
): Promise<readonly Packed[]> {
  const batches: Packed[] = []
  for (let from = 0; from < values.length; from += BATCH) {
    batches.push(packed(values.slice(from, from + BATCH)))
    await pause()
  }
  return batches
}

/** A thread's part: keys. */
export function keyStretch(
  { plan, salt, first, batches, reports, ranges }: Stretch,
  pause: () => Promise<void>,
): Promise<readonly KeyedRecords[]> {
  const count = batches.reduce((sum, { lengths }) => sum + lengths.length, 0)
  const values = { first, count, batches, reports }
  return givingWay(keyRecords(plan, salt, values, ranges), pause)
}

/** A thread's part: the whole list. */
export async function shareFilled(
  { plan, partner, count, filled }: FilledList,
  random: RandomBytes,
  pause: () => Promise<void>,
): Promise<SharedList> {
  const prepared = await givingWay(assembleList(plan, partner, count, filled), pause)
  const uploads = await givingWay(shareSteps(plan, prepared, random, aesCtr), pause)
  // In the clear as it is.
  prepared.planes.fill(0)
  return { partner, slotOf: prepared.slotOf, uploads }
}
