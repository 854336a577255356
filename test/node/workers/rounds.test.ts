/** Parts of rounds on threads: what crosses, and what is called off. */

import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import {
  createPool,
  type PartLinks,
  partsOnThreads,
  type WorkerPool,
} from '@drempel/node/internal/workers'
import { ProtocolError } from '@drempel/protocol/encoding'
import type { PartyContext, PartyIndex } from '@drempel/protocol/mpc'
import { type PartTask, planRound, readUpload, shareList } from '@drempel/protocol/threshold'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { aesCtr, seededBytes } from '../../protocol/worlds/ciphers.ts'
import { threeResults } from '../../protocol/worlds/three.ts'

let threads: WorkerPool

beforeAll(() => {
  threads = createPool({ size: 3 })
})
afterAll(() => threads.close())
afterEach(() => {
  vi.unstubAllGlobals()
})

const planned = planRound([{ id: 'alder', paddedSize: 1_600_000 }])

/** To validate one list, which is no honest one, of so many rows in 128 bins. */
function taskOf(rows: number, roundTripMs = 1) {
  const partners = [{ ...planned.partners[0]!, slots: rows }]
  const plan = { ...planned, bins: 128, rows, partners }
  const planes = new Uint8Array(plan.width * rows * 16)
  const uploads = shareList(plan, { partner: 0, planes }, seededBytes('share'), aesCtr)
  return (party: PartyIndex): PartTask => ({
    plan,
    rules: [],
    inputs: new Map([[0, readUpload(plan, 0, party, uploads[party])]]),
    part: { firstWord: 0, words: 4 },
    planeBytes: 2 ** 20,
    sectors: undefined,
    checks: { bounds: false },
    sessionId: new Uint8Array(32),
    step: 'validate',
    partners: [0],
    roundTripMs,
  })
}

/** Memory that threads share and that has something in it. */
function watchMemory() {
  const made: SharedArrayBuffer[] = []
  const Watched = class extends SharedArrayBuffer {
    constructor(length: number) {
      super(length)
      made.push(this)
    }
  }
  vi.stubGlobal('SharedArrayBuffer', Watched)
  const used = (memory: SharedArrayBuffer) => new Uint8Array(memory).some((byte) => byte !== 0)
  return { used: () => made.filter(used).length }
}

const place = { party: 1, members: ['alder', 'birch', 'cedar'] } as const

test('hundreds of messages are under way at a time, in the order of the calls', async () => {
  // Far away all bits of a comparison go at a time.
  const task = taskOf(17_000, 60_000)
  const run = ({ party, members, next, previous }: PartyContext) => {
    const { signal } = new AbortController()
    const here = { party, members }
    const parts = partsOnThreads(threads, [{ next, previous }], here, nextTurn, signal)
    return parts(0, task(party), () => undefined)
  }
  for (const { invalid } of await threeResults({ seed: 'far', room: 1000 }, run))
    expect(invalid).toEqual([0])
})

test('a part that is called off leaves no thread at work and no inputs', async () => {
  const memory = watchMemory()
  const pool = createPool({ size: 2, idleMs: 1 })
  const started = once(process, 'worker')
  const off = new AbortController()
  const asked = Promise.withResolvers<void>()
  const never = () => new Promise<never>(() => undefined)
  const silent = { send: async () => asked.resolve(), receive: never, receiveInto: never }
  const link = silent as unknown as PartLinks['next']
  const links = [{ next: link, previous: link }]
  const run = partsOnThreads(pool, links, place, nextTurn, off.signal)
  const ended = run(0, taskOf(1)(1), () => undefined)
  const [worker] = (await started) as [Worker]
  const exited = once(worker, 'exit')
  await asked.promise
  expect(memory.used()).toBe(1)
  off.abort(new ProtocolError('ABORTED'))
  await expect(ended).rejects.toMatchObject({ code: 'ABORTED' })
  expect(memory.used()).toBe(0)
  // An idle thread ends.
  await exited
  await pool.close()
})

test('a round that ends while inputs are copied leaves none', async () => {
  const memory = watchMemory()
  const off = new AbortController()
  const pause = async () => off.abort(new ProtocolError('ABORTED'))
  const given = taskOf(1)(1)
  const [input] = [...given.inputs.values()]
  const inputs = new Map([0, 1].map((partner) => [partner, input!]))
  const run = partsOnThreads(threads, [], place, pause, off.signal)
  const ended = { code: 'ABORTED' }
  await expect(run(0, { ...given, inputs }, () => undefined)).rejects.toMatchObject(ended)
  expect(memory.used()).toBe(0)
  const late = partsOnThreads(threads, [], place, pause, off.signal)
  await expect(late(0, { ...given, inputs }, () => undefined)).rejects.toMatchObject(ended)
  expect(memory.used()).toBe(0)
})
