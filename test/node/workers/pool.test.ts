/** The pool beside the bare functions, with threads that die, jobs called off, and a crowd waiting. */

import type { Worker } from 'node:worker_threads'
import { createPool, packed, type WorkerPool } from '@drempel/node/internal/workers'
import { type Bytes, concat, ProtocolError, utf8 } from '@drempel/protocol/encoding'
import { libsodiumGroup as group, randomScalar, splitSecret } from '@drempel/protocol/group'
import { blindEvaluate, finalHashes, hashInputs, randomBlinded } from '@drempel/protocol/oprf'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seededRandom } from '../../protocol/random.ts'

const random = seededRandom('pool')
const secret = randomScalar(group, random)
const shares = splitSecret(group, secret, 2, [1, 2, 3], random)
const key = {
  quorum: 2,
  publicKey: group.multiplyBaseSecret(secret),
  publicShares: shares.map((share) => ({
    index: share.index,
    id: `holder${share.index}`,
    element: group.multiplyBaseSecret(share.secret),
  })),
}
const inputs = Array.from({ length: 40 }, (_, i) => utf8(`drempel/v1/host:${i}.example`))
const COUNT = 48

let pool: WorkerPool
beforeAll(() => {
  pool = createPool({ size: 2 })
})
afterAll(() => pool.close())

const bulk = { elements: COUNT, urgent: false }
const LONG = 1_024
const long = () => randomBlinded(group, LONG, random)

async function ask(pool: WorkerPool): Promise<Bytes> {
  const list = packed(inputs)
  const { blinded, state } = await pool.run('blind', { inputs: list, count: COUNT }, bulk)
  const [own, other] = [shares[0]!, shares[2]!]
  const [first, answer] = await Promise.all([
    pool.run('evaluateOwn', { key, share: own, blinded }, bulk),
    pool.run('evaluate', { share: other, blinded }, bulk),
  ])
  const second = await pool.run('verify', { key, index: 3, blinded, answer }, bulk)
  const verified = { state: state!, inputs: list, shares: [first, second] }
  return pool.run('combine', verified, { ...bulk, move: [state!.blinds] })
}

/** What whoever had the whole key would compute. */
const expected = concat(
  ...inputs.map((input) =>
    finalHashes([input], blindEvaluate(group, secret, hashInputs(group, 'voprf', [input]))),
  ),
)

test.each([0, 1, 2])('a question goes through all jobs, on %i threads', async (size) => {
  const own = createPool({ size })
  try {
    expect(await ask(own)).toEqual(expected)
  } finally {
    await own.close()
  }
})

test('memory that threads have in common is not overwritten with a job', async () => {
  const { bytes, lengths } = packed(inputs)
  const common = new Uint8Array(new SharedArrayBuffer(bytes.length))
  common.set(bytes)
  const own = createPool({ size: 2 })
  await own.run('blind', { inputs: { bytes: common, lengths }, count: COUNT }, bulk)
  // On the same thread, once it is done with the first.
  await own.run('blind', { inputs: packed([]), count: COUNT }, bulk).finally(() => own.close())
  expect(common).toEqual(bytes)
})

test('a seed makes threads repeat themselves; without one they do not', async () => {
  const blindWith = async (options: Parameters<typeof createPool>[0]) => {
    const own = createPool(options)
    const list = { inputs: packed(inputs), count: COUNT }
    const { blinded } = await own.run('blind', list, bulk).finally(() => own.close())
    return blinded
  }
  const seeded = () => blindWith({ size: 2, random: seededRandom('same') })
  expect(await seeded()).toEqual(await seeded())
  const free = () => blindWith({ size: 2 })
  expect(await free()).not.toEqual(await free())
})

test('a bad answer is told as the function tells it: code, culprit, place, evidence', async () => {
  const blinded = randomBlinded(group, COUNT, random)
  const answer = await pool.run('evaluate', { share: shares[1]!, blinded }, bulk)
  answer.evaluated.copyWithin(0, 32, 64)
  const verdict = pool.run('verify', { key, index: 2, blinded, answer }, bulk)
  await expect(verdict).rejects.toBeInstanceOf(ProtocolError)
  await expect(verdict).rejects.toMatchObject({
    code: 'BAD_PROOF',
    culprit: 'holder2',
    at: 'proof',
  })
  await expect(verdict).rejects.toHaveProperty('evidence.length', 32 * (2 * COUNT + 3) + 12)
})

test('what a job is given stays as it was, unless it is given away', async () => {
  const blinded = randomBlinded(group, COUNT, random)
  const copy = blinded.slice()
  const share = { index: 1, secret: shares[0]!.secret.slice() }
  await pool.run('evaluate', { share, blinded }, { ...bulk, move: [share.secret] })
  expect(blinded).toEqual(copy)
  expect(share.secret.buffer.detached).toBe(true)
})

test('a fault that is none of ours is told by its class alone', async () => {
  const job = { inputs: null as unknown as ReturnType<typeof packed>, count: COUNT }
  const lost = pool.run('blind', job, bulk)
  await expect(lost).rejects.toThrow(/^WORKER_LOST at TypeError$/)
  expect(await ask(pool)).toEqual(expected)
})

test('a thread that ends takes its jobs along, and the next job finds another thread', async () => {
  const own = createPool({ size: 2, worker: new URL('./mortal.ts', import.meta.url) })
  const evaluate = (elements: number, urgent = false) => {
    const blinded = randomBlinded(group, elements, random)
    return own.run('evaluate', { share: shares[0]!, blinded }, { elements, urgent })
  }
  try {
    // The thread dies of the second; the first, on the same thread by then, is lost with it.
    const lost = { code: 'WORKER_LOST' }
    await expect(evaluate(13 * 17)).rejects.toMatchObject({ ...lost, at: 'exit' })
    await expect(evaluate(13 * 19)).rejects.toMatchObject({ ...lost, at: 'RangeError' })
    const alive = await Promise.all([evaluate(32), evaluate(32, true), evaluate(32)])
    expect(alive.map(({ evaluated }) => evaluated.length)).toEqual([1024, 1024, 1024])
  } finally {
    await own.close()
  }
})

test('threads that had no job for a while end; the next job starts another', async () => {
  const own = createPool({ size: 2, idleMs: 50 })
  const alive = new Set<Worker>()
  const count = (worker: Worker) => {
    alive.add(worker)
    worker.on('exit', () => alive.delete(worker))
  }
  process.on('worker', count)
  try {
    for (const _ of [1, 2]) {
      expect(await ask(own)).toEqual(expected)
      expect(alive.size).toBeGreaterThan(0)
      await expect.poll(() => alive.size).toBe(0)
    }
  } finally {
    process.off('worker', count)
    await own.close()
  }
})

test('an urgent job does not wait for long ones', async () => {
  const order = async () => {
    const ended: string[] = []
    const evaluate = (name: string, blinded: Bytes, urgent: boolean) =>
      pool
        .run('evaluate', { share: shares[0]!, blinded }, { elements: blinded.length / 32, urgent })
        .then(() => ended.push(name))
    const batch = long()
    const crowd = [1, 2, 3, 4].map((i) => evaluate(`long ${i}`, batch, false))
    const urgent = evaluate('urgent', batch.slice(0, 32 * COUNT), true)
    await Promise.all([...crowd, urgent])
    expect(ended).toHaveLength(5)
    return ended
  }
  // One that waits for the others is never first; the other thread may be, where a machine has no time for both.
  let [first] = await order()
  for (let again = 0; again < 2 && first !== 'urgent'; again++) [first] = await order()
  expect(first).toBe('urgent')
})

test('a job called off rejects at once with the reason, and gives its thread back', async () => {
  const own = createPool({ size: 2 })
  const start = (signal?: AbortSignal) => {
    const job = { share: shares[0]!, blinded: long() }
    return own.run('evaluate', job, signal === undefined ? bulk : { ...bulk, signal })
  }
  /** How long a thread that was given back takes to serve again, in whole jobs. */
  const served = async () => {
    const before = performance.now()
    await start()
    const whole = performance.now() - before
    const control = new AbortController()
    const jobs = Array.from({ length: 6 }, () => start(control.signal))
    const called = performance.now()
    control.abort(new Error('called off'))
    for (const job of jobs) await expect(job).rejects.toThrow('called off')
    await ask(own)
    const ratio = (performance.now() - called) / whole
    await expect(start(control.signal)).rejects.toThrow('called off')
    return ratio
  }
  try {
    await ask(own)
    // Six jobs that go on would take three on two threads; a busy machine can spoil one measurement.
    let least = await served()
    for (let again = 0; again < 2 && least >= 1; again++) least = Math.min(least, await served())
    expect(least).toBeLessThan(1)
  } finally {
    await own.close()
  }
})

test('what waits is bounded in memory; urgent jobs are not refused', async () => {
  const batch = long()
  const own = createPool({ size: 2, maxWaiting: 2.5 * batch.length })
  const evaluate = (urgent = false) =>
    own.run('evaluate', { share: shares[0]!, blinded: batch }, { elements: LONG, urgent })
  const outcomes = Promise.allSettled([1, 2, 3, 4].map(() => evaluate()))
  expect(() => own.hold(batch.length)).toThrow('POOL_FULL')
  await expect(evaluate()).rejects.toMatchObject({ code: 'POOL_FULL' })
  const urgent = evaluate(true).catch(() => undefined)
  await own.close()
  await urgent
  // Those under way are lost with their threads, those that wait were never begun.
  expect((await outcomes).map((outcome) => outcome.status)).toEqual(Array(4).fill('rejected'))
  await expect(evaluate()).rejects.toMatchObject({ code: 'POOL_CLOSED' })
})

test.each([1, 2])(
  'room that is held is nobody else’s until it is given back, on %i threads',
  async (size) => {
    const batch = long()
    const own = createPool({ size, maxWaiting: 1.5 * batch.length })
    const release = own.hold(batch.length)
    const full = () => own.hold(batch.length)
    expect(full).toThrow('POOL_FULL')
    const job = { share: shares[0]!, blinded: batch }
    const held = own.run('evaluate', job, { elements: LONG, urgent: false, held: true })
    expect((await held).evaluated).toHaveLength(batch.length)
    expect(full).toThrow('POOL_FULL')
    release()
    // Once.
    release()
    own.hold(batch.length)
    expect(full).toThrow('POOL_FULL')
    await own.close()
  },
)
