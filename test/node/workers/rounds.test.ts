/** Parts of rounds on threads: what crosses, and what is called off. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import { createPool, partsOnThreads, type WorkerPool } from '@drempel/node/internal/workers'
import type { PartyContext, PartyIndex } from '@drempel/protocol/mpc'
import { type PartTask, planRound, readUpload, shareList } from '@drempel/protocol/threshold'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aesCtr, seededBytes } from '../../protocol/worlds/ciphers.ts'
import { threeResults } from '../../protocol/worlds/three.ts'

let threads: WorkerPool

beforeAll(() => {
  threads = createPool({ size: 3 })
})
afterAll(() => threads.close())

const planned = planRound([{ id: 'alder', paddedSize: 1_600_000 }])

/** To validate one list, which is no honest one, of so many rows in 128 bins. */
function taskOf(rows: number) {
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
  })
}

function onThread(
  { party, next, previous, members }: PartyContext,
  task: PartTask,
  roundTripMs: number,
  signal = new AbortController().signal,
) {
  const place = { party, members, roundTripMs }
  const run = partsOnThreads(threads, [{ next, previous }], place, nextTurn, signal)
  return run(0, task, () => undefined)
}

test('more is under way at a time than there is memory for that both threads see', async () => {
  const task = taskOf(17_000)
  // Far away all bits of a comparison go at a time.
  const run = (ctx: PartyContext) => onThread(ctx, task(ctx.party), 60_000)
  for (const { invalid } of await threeResults({ seed: 'far', room: 1000 }, run))
    expect(invalid).toEqual([0])
})
