/** How `ecdh` moves batches, with arithmetic that costs nothing and hides nothing. */

import { type Bytes, ProtocolError, sha256 } from '@drempel/protocol/encoding'
import { type EcdhWork, itemCount, itemOf } from '@drempel/protocol/psi'
import { expect, it } from 'vitest'
import type { Tamper } from './link.ts'
import { ended, planted, type Session } from './run.ts'

const lists = planted(9_000, 12_000, 4_321, 'flow')
const session: Session = { ...lists, output: 'items', to: 'both' }

/** The identity is commutative too. Batches end in another order than they began. */
function identity(parallel: number) {
  let open = 0
  const seen = { most: 0 }
  const late = async (work: () => Bytes): Promise<Bytes> => {
    seen.most = Math.max(seen.most, ++open)
    for (let turns = open % 3; turns >= 0; turns--) await new Promise(setImmediate)
    open--
    return work()
  }
  const work: EcdhWork = {
    parallel,
    mask: (_scalar, _dst, items) =>
      late(() => {
        const hashes = new Uint8Array(32 * itemCount(items))
        for (let i = 0; i < itemCount(items); i++) hashes.set(sha256(itemOf(items, i)), 32 * i)
        return hashes
      }),
    multiply: (_scalar, elements) => late(() => elements),
    blind: async (wide, dst, items) => ({
      elements: await work.mask(dst, dst, items),
      blinds: wide,
    }),
    unblind: (_blinds, _key, elements) => late(() => elements),
  }
  return { work, seen }
}

it.each([1, 2, 5])(
  '%i batches in work at a time in each loop, and the answer is exact',
  async (parallel) => {
    const { work, seen } = identity(parallel)
    const { ends } = await ended(session, work)
    const theirs = new Set(lists.sender)
    const rows = lists.receiver.flatMap((item, row) => (theirs.has(item) ? [row] : []))
    expect(rows).toHaveLength(4_321)
    expect(ends[0]).toEqual({
      status: 'fulfilled',
      value: { size: 4_321, rows: Uint32Array.from(rows) },
    })
    expect(ends[1]).toMatchObject({ status: 'fulfilled', value: { size: 4_321 } })
    // Two loops on either side.
    expect(seen.most).toBeLessThanOrEqual(4 * parallel)
    expect(seen.most).toBeGreaterThan(parallel)
  },
)

it('sends no message above 16 KiB but the report, which has a bit for each record', async () => {
  const { link } = await ended(session, identity(2).work)
  for (const { step, payload } of link.sent) {
    if (step === 'psi/report') expect(payload).toHaveLength(5 + 12_288 / 8)
    else expect(payload.length).toBeLessThanOrEqual(16 * 1024)
  }
})

it('tells how far it is, up to the end', async () => {
  const told: { readonly receiver: number[]; readonly sender: number[] } = {
    receiver: [],
    sender: [],
  }
  const of = new Set<string>()
  const progress = (side: 'receiver' | 'sender') => (done: number, all: number) => {
    told[side].push(done)
    of.add(`${side} ${all}`)
  }
  const only = {
    receiver: { progress: progress('receiver') },
    sender: { progress: progress('sender') },
  }
  await ended({ ...session, only }, identity(2).work)
  expect(of).toEqual(new Set(['receiver 20480', 'sender 22528']))
  for (const [side, end] of [
    ['receiver', 20_480],
    ['sender', 22_528],
  ] as const) {
    expect(told[side]).toEqual(told[side].toSorted((a, b) => a - b))
    expect(told[side].at(-1)).toBe(end)
  }
})

it('ends all loops when one fails, and calls nobody else the culprit', async () => {
  const { work } = identity(3)
  let calls = 0
  const failing: EcdhWork = {
    ...work,
    multiply: (scalar, elements) =>
      ++calls === 4
        ? Promise.reject(new ProtocolError('WORKER_LOST'))
        : work.multiply(scalar, elements),
  }
  const { ends } = await ended(session, failing)
  const reasons = ends.map((end) => (end.status === 'rejected' ? end.reason.code : 'none'))
  expect(reasons.toSorted()).toEqual(['PEER_GONE', 'WORKER_LOST'])
  const after = calls
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(calls).toBe(after)
})

it('a peer that stalls in the middle is timed out by the channel', async () => {
  const tamper: Tamper = (frame, _from, n) => (frame.step === 'psi/masked' && n >= 3 ? [] : [frame])
  const { ends } = await ended({ ...session, tamper, idleMs: 400 }, identity(2).work)
  expect(ends[1]).toMatchObject({ reason: { code: 'PEER_TIMEOUT', culprit: 'receiver' } })
})
