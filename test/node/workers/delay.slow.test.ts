/**
 * A holder under full load: sixteen batches at once, as from a few askers that tag. With workers the
 * event loop of the main thread stays free for checks; the same load without them holds it up, which
 * shows that the measurement would notice. A list that all threads prepare gives way to a screen.
 */

import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { createPool, group, prepareOnThreads } from '@drempel/node/internal/workers'
import { randomScalar } from '@drempel/protocol/group'
import { randomBlinded } from '@drempel/protocol/oprf'
import { paddedSize, planRound } from '@drempel/protocol/threshold'
import { expect, test } from 'vitest'
import { seededRandom } from '../../protocol/random.ts'

const QUERIES = 16
const ELEMENTS = 512
const LIMIT_MS = 50

const random = seededRandom('delay')
const share = { index: 1, secret: randomScalar(group, random) }
const batch = randomBlinded(group, ELEMENTS, random)

/** Milliseconds: the 99th percentile of the time between turns of the event loop, and a check's answer. */
async function underLoad(size: number): Promise<{ p99: number; check: number }> {
  const pool = createPool({ size })
  const evaluate = (blinded = batch) => {
    const elements = blinded.length / 32
    return pool.run('evaluate', { share, blinded }, { elements, urgent: elements === 1 })
  }
  try {
    await Promise.all([evaluate(), evaluate()])
    const delay = monitorEventLoopDelay({ resolution: 5 })
    delay.enable()
    const load = Promise.all(Array.from({ length: QUERIES }, () => evaluate()))
    const begin = performance.now()
    await evaluate(batch.slice(0, 32))
    const check = performance.now() - begin
    await load
    // What held up the event loop to the end is measured when it turns again.
    await sleep(20)
    delay.disable()
    return { p99: delay.percentile(99) / 1e6, check }
  } finally {
    await pool.close()
  }
}

/** Whatever else the machine does can only add: the best of a few attempts is what counts. */
async function bestOf(attempts: number, size: number): Promise<{ p99: number; check: number }> {
  let best = await underLoad(size)
  for (let i = 1; i < attempts && best.p99 + best.check > LIMIT_MS; i++) {
    const { p99, check } = await underLoad(size)
    best = { p99: Math.min(p99, best.p99), check: Math.min(check, best.check) }
  }
  return best
}

test('the event loop stays free, and a check is answered meanwhile', async () => {
  expect((await bestOf(3, 0)).p99).toBeGreaterThan(2 * LIMIT_MS)
  const { p99, check } = await bestOf(5, 2)
  expect(p99).toBeLessThan(LIMIT_MS)
  expect(check).toBeLessThan(LIMIT_MS)
})

test('a screen is answered in the middle of a list that all threads prepare', async () => {
  const pool = createPool({ size: 2 })
  const count = 300_000
  const all = random(16 * count)
  const values = Array.from({ length: count }, (_, i) => all.subarray(16 * i, 16 * i + 16))
  const plan = planRound([{ id: 'own', paddedSize: paddedSize(count) }])
  const list = { plan, partner: 0, salt: random(32), values, reports: [] }
  const screen = () => {
    const blinded = batch.slice(0, 32 * 32)
    return pool.run('evaluate', { share, blinded }, { elements: 32, urgent: true })
  }
  /** Whether no bins were filled between question and answer, and some after. */
  const amid = async (): Promise<boolean> => {
    let now = 0
    let answer: Promise<boolean> | undefined
    const ask = async () => {
      const before = now
      await screen()
      return now === before && now < count
    }
    const onProgress = (done: number) => {
      now = done
      // All values have their keys: both threads go on to their bins.
      if (2 * done >= count) answer ??= sleep(10).then(ask)
    }
    await prepareOnThreads(pool, list, { pause: () => nextTurn(), onProgress })
    return answer!
  }
  try {
    await Promise.all([screen(), screen()])
    let found = await amid()
    for (let more = 9; more > 0 && !found; more--) found = await amid()
    expect(found).toBe(true)
  } finally {
    await pool.close()
  }
})
