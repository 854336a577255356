/** A list prepared on threads: the same as in one go, but for its dummies. */

import { aesCtr } from '@drempel/node/internal/bulk'
import { createPool, prepareOnThreads, type WorkerPool } from '@drempel/node/internal/workers'
import { type Bytes, ProtocolError, utf8 } from '@drempel/protocol/encoding'
import {
  type PreparedList,
  planRound,
  prepareList,
  type RoundPlan,
  readUpload,
  recordKey,
} from '@drempel/protocol/threshold'
import { afterAll, expect, test } from 'vitest'
import { shardReader } from '../../../packages/protocol/src/threshold/share.ts'
import { seededRandom } from '../../protocol/random.ts'
import { shapedPlan } from '../../protocol/threshold/clear.ts'
import { readCell } from '../../protocol/worlds/cells.ts'

const random = seededRandom('lists on threads')
const pause = () => new Promise<void>((resolve) => void setImmediate(resolve))
const salt = random(32)
const pools = [0, 2].map((size) => createPool({ size }))
afterAll(() => Promise.all(pools.map((pool) => pool.close())))

const numbered = (count: number) => Array.from({ length: count }, (_, i) => utf8(`v${i}`))

/** For two threads, however few the values are. */
function planOf(paddedSize: number, reportBits: RoundPlan['reportBits'] = 0): RoundPlan {
  const plan = shapedPlan(600, [1, 1])
  const partners = plan.partners.map((partner) => ({ ...partner, paddedSize }))
  return { ...plan, partners, reportBits }
}

async function prepared(
  pool: WorkerPool,
  plan: RoundPlan,
  values: readonly Bytes[],
  reports: readonly number[] = [],
): Promise<PreparedList> {
  const { uploads, slotOf, partner } = await prepareOnThreads(
    pool,
    { plan, partner: 1, salt, values, reports },
    { pause },
  )
  expect(partner).toBe(1)
  const [first, second] = [0, 1].map((party) =>
    readUpload(plan, 1, party as 0 | 1, uploads[party as 0 | 1]),
  )
  const length = (plan.width + plan.reportBits) * plan.partners[1]!.slots * 16
  const planes = new Uint8Array((plan.bins / 128) * length)
  for (let shard = 0; shard * length < planes.length; shard++) {
    const into = planes.subarray(shard * length, (shard + 1) * length)
    for (const [share, held] of [
      [first!, 0],
      [first!, 1],
      [second!, 1],
    ] as const) {
      const part = new Uint8Array(length)
      shardReader(plan, share, held, shard, aesCtr)(part)
      for (let i = 0; i < length; i++) into[i]! ^= part[i]!
    }
  }
  return { partner, slotOf, planes }
}

/** Entries of a bin rise, and records are where they are said to be. */
function expectSound(plan: RoundPlan, list: PreparedList, whole: PreparedList): void {
  const { slots } = plan.partners[1]!
  expect(list.slotOf).toEqual(whole.slotOf)
  expect(list.planes).toHaveLength(whole.planes.length)
  const records = new Set(list.slotOf)
  for (const bin of [7, 63, 64]) {
    let [before, dummies] = [-1n, 0]
    for (let slot = 0; slot < slots; slot++) {
      const x = readCell(plan, list, bin, slot)
      expect(x > before).toBe(true)
      before = x
      const same = x === readCell(plan, whole, bin, slot)
      if (same !== records.has(bin * slots + slot)) throw new Error(`bin ${bin} slot ${slot}`)
      if (!same) dummies++
    }
    expect(dummies).toBeGreaterThanOrEqual(62)
  }
}

test.each(pools)('is the same as in one go, but for its dummies', async (pool) => {
  for (const [reportBits, count] of [
    [0, 0],
    [2, 250],
    [1, 250],
  ] as const) {
    const plan = planOf(256, reportBits)
    const values = [...numbered(count), ...numbered(Math.min(count, 9))]
    const reports = reportBits === 2 ? values.map((_, i) => 1 + (i % 5)) : []
    const whole = prepareList(plan, 1, salt, values, random, reports)
    expectSound(plan, await prepared(pool, plan, values, reports), whole)
  }
})

test.each(pools)('says how far it is, and refuses as a whole', async (pool) => {
  const plan = planOf(256)
  const seen: (readonly [number, number])[] = []
  const onProgress = (...told: readonly [number, number]) => void seen.push(told)
  const list = { plan, partner: 1, salt, values: numbered(256), reports: [] }
  await prepareOnThreads(pool, list, { pause, onProgress })
  expect(seen[0]).toEqual([0, 256])
  expect(seen.at(-1)).toEqual([256, 256])
  expect(seen.map(([done]) => done)).toEqual(seen.map(([done]) => done).sort((a, b) => a - b))
  const refused = prepareOnThreads(pool, { ...list, values: numbered(257) }, { pause })
  await expect(refused).rejects.toMatchObject({ code: 'LIST_TOO_LARGE', at: 'partners/1' })
  const small = planRound([0, 1].map((i) => ({ id: `${i}`, paddedSize: 256 })))
  const crowded = crowd(small, 70)
  await expect(
    prepareOnThreads(pool, { ...list, plan: small, values: crowded }, { pause }),
  ).rejects.toMatchObject({ code: 'RECORD_DOES_NOT_FIT' })
})

test.each(pools)('ends when it is called off, and leaves the threads to others', async (pool) => {
  const plan = planOf(20_000)
  const list = { plan, partner: 1, salt, values: numbered(20_000), reports: [] }
  for (const when of [0, 1, 10_000]) {
    const abort = new AbortController()
    const reason = new ProtocolError('ROUND_FAILED')
    const onProgress = (done: number) => {
      if (done >= when) abort.abort(reason)
    }
    const running = prepareOnThreads(pool, list, { pause, onProgress, signal: abort.signal })
    await expect(running).rejects.toBe(reason)
  }
  const again = await prepareOnThreads(pool, { ...list, values: numbered(9) }, { pause })
  expect(again.slotOf).toHaveLength(9)
})

test('leaves its arguments as they were', async () => {
  const plan = planOf(256)
  const values = numbered(200)
  const copies = [salt.slice(), ...numbered(200)]
  for (const pool of pools) {
    await prepareOnThreads(pool, { plan, partner: 1, salt, values, reports: [] }, { pause })
    expect([salt, ...values]).toEqual(copies)
  }
})

/** Values of one bin. */
function crowd({ binBits }: RoundPlan, count: number): Bytes[] {
  const values: Bytes[] = []
  for (let i = 0; values.length < count; i++) {
    const value = utf8(`c${i}`)
    if (recordKey(salt, value, 32)[0]! >> (8 - binBits) === 5) values.push(value)
  }
  return values
}
