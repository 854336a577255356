/** A list of several batches, tagged by real nodes: what is sent, who is asked, what a failure leaves. */

import { activeTags, tagMissing } from '@drempel/node/internal/sessions'
import { hex } from '@drempel/protocol/encoding'
import { paddedSize } from '@drempel/protocol/threshold'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Federation } from '../kit/federation.ts'
import type { Member } from '../kit/member.ts'

const FLAGS = 4_300
const BATCH = 4_096
const KIND = 'device'
const BEGIN_MS = 60_000

let federation: Federation
let asker: Member
let others: readonly Member[]

beforeAll(async () => {
  federation = await Federation.open({
    kinds: [KIND],
    rules: [{ kind: KIND, t: 2 }],
    listCap: 20_000,
  })
  asker = federation.member('bank-a')
  others = federation.members.filter((member) => member !== asker)
  const devices = Array.from({ length: FLAGS }, (_, i) => `${35_000_000_000_000 + i}01`)
  await asker.flag(devices, KIND)
  await asker.generateKey(KIND)
}, BEGIN_MS)

afterAll(() => federation.close())

const tag = (epoch: number, onProgress: (done: number, total: number) => void = () => {}) =>
  tagMissing(asker.ctx, KIND, epoch, FLAGS, onProgress, new AbortController().signal)

const missing = async (epoch: number) => {
  const options = { limit: FLAGS + 1 }
  const found = await asker.ctx.store.tags.missing(KIND, String(epoch), Date.now(), options)
  return found.flags.length
}

test('full batches, then the rest with padding; each flag has one tag; holders take turns', async () => {
  const before = await Promise.all(others.map(evaluations))
  const seen: number[] = []
  const entries = await asker.adds(() => tag(1, (done) => seen.push(done)))
  const intents = entries.filter(({ type }) => type === 'query.intent')
  expect(intents.map((entry) => 'sizeBucket' in entry && entry.sizeBucket).sort()).toEqual(
    [BATCH, 256].sort(),
  )
  const spent = await asker.ctx.store.usage.used('tagged', `${KIND}/1`)
  expect(spent).toBe(paddedSize(FLAGS))

  expect(seen).toEqual([...seen].sort((a, b) => a - b))
  expect(seen.at(-1)).toBe(FLAGS)
  expect(await missing(1)).toBe(0)
  const tags = (await activeTags(asker.ctx, KIND, '1')).map((entry) => hex(entry.tag))
  expect(new Set(tags).size).toBe(FLAGS)

  const after = await Promise.all(others.map(evaluations))
  const asked = after.map((count, i) => count - before[i]!)
  expect(asked.sort()).toEqual([1, 1, 2])
})

test('own flags over the threshold are looked up in pieces: the event loop goes on', async () => {
  const { ctx } = asker
  const rule = `${KIND}-t2`
  vi.spyOn(ctx.store.lists, 'current').mockResolvedValue({
    ...{ kind: KIND, rule, round: '0'.repeat(32), epoch: '1', keyBits: 80, createdAt: 0 },
    ...{ salt: new Uint8Array(32), keys: new Uint8Array(0) },
    ...{ contributors: 3, digest: '0'.repeat(64), signatures: [] },
  })
  const pause = vi.spyOn(ctx, 'pause')
  await activeTags(ctx, KIND, '1')
  const toRead = pause.mock.calls.length
  const { json } = await asker.api('GET', `/own?kind=${KIND}&rule=${rule}`)
  expect(json).toMatchObject({ flags: FLAGS, over: 0 })
  expect(pause.mock.calls.length).toBeGreaterThanOrEqual(2 * toRead + Math.floor(FLAGS / 256))
})

test('a batch that fails ends the others and loses no tag that was stored; the next attempt tags the rest', async () => {
  await asker.generateKey(KIND)
  const honest = others.map((holder) =>
    holder.lie('oprf/evaluate', async (_from, body, answer) => {
      if (body.length < 32 * BATCH) throw new Error('refused')
      return answer()
    }),
  )
  await expect(tag(2)).rejects.toMatchObject({ code: 'QUORUM_LOST' })
  for (const restore of honest) restore()
  const left = await missing(2)
  expect([FLAGS, FLAGS - BATCH]).toContain(left)
  const entries = (await asker.entries()).length
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect((await asker.entries()).length).toBe(entries)

  const seen: number[] = []
  const made = await tag(2, (done) => seen.push(done))
  expect(seen.at(-1)).toBe(left)
  expect(await missing(2)).toBe(0)
  // What was made and what was stored are the same tags, also where only some were made now.
  expect(made.size).toBe(left)
  const stored = await activeTags(asker.ctx, KIND, '2')
  expect(await activeTags(asker.ctx, KIND, '2', { made })).toEqual(stored)
})

test('holders that have no room refuse before anything is spent or entered for it', async () => {
  await asker.generateKey(KIND)
  const spent = () =>
    Promise.all(
      others.map(({ ctx }) => ctx.store.usage.used(`evaluated-tags/${asker.id}/${KIND}`, '3')),
    )
  const before = await Promise.all(others.map(evaluations))
  const held = others.map(({ ctx }) => ctx.workers.hold(64 * 2 ** 20))
  await expect(tag(3)).rejects.toMatchObject({ at: expect.stringContaining('POOL_FULL') })
  expect(await Promise.all(others.map(evaluations))).toEqual(before)
  expect(await spent()).toEqual([0, 0, 0])
  for (const release of held) release()
  await tag(3)
  expect(await missing(3)).toBe(0)
  // All of it was given back.
  for (const { ctx } of others) ctx.workers.hold(64 * 2 ** 20)()
})

async function evaluations(member: Member): Promise<number> {
  return (await member.entries()).filter(({ type }) => type === 'oprf.evaluated').length
}
