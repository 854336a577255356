/** Rounds that compute nodes with more threads than one compute in parts. */

import { setTimeout as delay } from 'node:timers/promises'
import { type Channel, createChannelConnector } from '@drempel/node/internal/peers'
import { ProtocolError } from '@drempel/protocol/encoding'
import { MAX_PAYLOAD } from '@drempel/protocol/mpc'
import { afterAll, beforeAll, expect, type MockInstance, test, vi } from 'vitest'
import { readCell, writeCell } from '../../protocol/worlds/cells.ts'
import { Federation, random } from '../kit/federation.ts'
import { Lead } from '../kit/lead.ts'
import { expectExactWithoutBankB, expectExcluded, flagLists, RULES } from '../kit/lists.ts'
import type { Member } from '../kit/member.ts'
import { lyingShare } from '../kit/share.ts'

let federation: Federation
let leader: Member

beforeAll(async () => {
  federation = await Federation.open({
    rules: RULES,
    contributorsMayChange: true,
    start: { workers: 3, partAnds: 1 },
  })
  leader = federation.member('bank-a')
  await leader.generateKey()
  await flagLists(federation)
})

afterAll(() => federation.close())

/** Parts that went to a thread of any node. */
function watchParts(): { readonly count: () => number } {
  const spies = federation.members.map(({ ctx }) => vi.spyOn(ctx.workers, 'run'))
  return {
    count: () =>
      spies.reduce(
        (sum, { mock }) => sum + mock.calls.filter(([name]) => name === 'roundPart').length,
        0,
      ),
  }
}

test('a liar is left out by name and the rest is exact, over two parts on three nodes', async () => {
  const parts = watchParts()
  const undo = lyingShare(federation, federation.member('bank-b'), (list, plan) => {
    const { slots } = plan.partners[list.partner]!
    // In the second part.
    const [bin, slot] = [100, slots - 3]
    writeCell(plan, list, bin, slot + 1, readCell(plan, list, bin, slot))
  })
  const round = await leader.round()
  undo()
  await expectExcluded(federation, round, 'INVALID_LIST')
  await expectExactWithoutBankB(federation, round)
  // Two to validate and two to merge.
  expect(parts.count()).toBe(3 * 4)
})

test('a node that dies in the middle of its parts ends the round, and the next one is exact', async () => {
  const dying = federation.member('platform')
  const { workers } = dying.ctx
  const run = workers.run.bind(workers)
  vi.spyOn(workers, 'run').mockImplementation((name, args, options) => {
    const done = run(name, args, options)
    if ('task' in args && args.task.step === 'merge') setTimeout(() => void workers.close(), 20)
    return done
  })
  const failed = await leader.round()
  expect(failed).toMatchObject({ state: 'failed' })
  // It says of itself what it lost; the others only see channels close, one of them first.
  expect(await dying.ended(failed.round)).toMatchObject({ reason: 'WORKER_LOST' })
  expect(await federation.member('telecom').ended(failed.round)).toMatchObject({ state: 'failed' })
  await dying.restart()
  const round = await leader.round()
  expect(round).toMatchObject({ state: 'published' })
})

test('a channel for a part that is there when another could not be opened is closed', async () => {
  const { ctx } = federation.member('platform')
  const connect = ctx.connectChannel
  const closings: MockInstance<Channel['close']>[] = []
  const spy = vi.spyOn(ctx, 'connectChannel').mockImplementation(async (to, path, options) => {
    const channel = connect(to, path, options)
    if (path.endsWith('/channel')) return channel
    const part = Number(path.at(-1))
    await delay(300 * part)
    if (part === 1) {
      await (await channel).close()
      throw new ProtocolError('PEER_UNREACHABLE', { culprit: to })
    }
    closings.push(vi.spyOn(await channel, 'close'))
    return channel
  })
  const { round } = await leader.round()
  spy.mockRestore()
  const closed = () => closings.map(({ mock }) => mock.calls.length)
  await expect.poll(closed, { timeout: 5_000 }).toEqual([1])
  expect(await federation.member('platform').ended(round)).toMatchObject({
    reason: 'PEER_UNREACHABLE',
  })
})

test.each([
  { lie: 'takes one part for the other', reason: 'SESSION_MISMATCH' },
  { lie: 'closes the channel of one part alone', reason: 'PEER_GONE' },
])('a node that $lie ends the round', async ({ reason }) => {
  const { computeNodes } = federation.convenant
  const { ctx } = federation.member('platform')
  const next = computeNodes[(computeNodes.indexOf('platform') + 1) % 3]!
  const connect = ctx.connectChannel
  const spy = vi.spyOn(ctx, 'connectChannel').mockImplementation(async (to, path, options) => {
    if (reason === 'SESSION_MISMATCH') {
      const other = path.replace(/\/([12])$/, (_, part) => `/${3 - Number(part)}`)
      return connect(to, other, options)
    }
    const channel = await connect(to, path, options)
    if (!path.endsWith('/2')) return channel
    const { send } = channel
    vi.spyOn(channel, 'send').mockImplementation((step, payload) => {
      if (step !== 'hello') void channel.close()
      return send.call(channel, step, payload)
    })
    return channel
  })
  const { round } = await leader.round()
  spy.mockRestore()
  const ended = await federation.member(next).ended(round)
  expect(ended).toMatchObject({ state: 'failed', reason, culprit: 'platform' })
})

test('who measures the longest round trip, all go by it, in all parts', async () => {
  const { computeNodes } = federation.convenant
  const said: string[] = []
  const spies = computeNodes.map((id) => {
    const { ctx } = federation.member(id)
    const connect = ctx.connectChannel
    return vi.spyOn(ctx, 'connectChannel').mockImplementation(async (to, path, options) => {
      const channel = await connect(to, path, options)
      if (id === 'platform') vi.spyOn(channel, 'roundTrip').mockResolvedValue(5_000)
      const { send } = channel
      vi.spyOn(channel, 'send').mockImplementation((step, payload) => {
        // Tenths of a millisecond.
        const view = new DataView(payload.buffer, payload.byteOffset)
        const link = path.split('/channel')[1]
        if (step === 'hello') said.push(`${id}${link} ${view.getUint32(64)}`)
        return send.call(channel, step, payload)
      })
      return channel
    })
  })
  expect(await leader.round()).toMatchObject({ state: 'published' })
  for (const spy of spies) spy.mockRestore()
  expect(said).toContain('platform 50000')
  const inParts = said.filter((one) => one.includes('/'))
  // To validate and to merge.
  const each = computeNodes.flatMap((id) => [`${id}/1 50000`, `${id}/2 50000`])
  expect(inParts.toSorted()).toEqual([...each, ...each].toSorted())
})

test('a node that tells the others different numbers of threads ends the round at once', async () => {
  const { ctx } = federation.member('platform')
  const connect = ctx.connectChannel
  const spy = vi.spyOn(ctx, 'connectChannel').mockImplementation(async (to, path, options) => {
    const channel = await connect(to, path, options)
    const { send } = channel
    vi.spyOn(channel, 'send').mockImplementation((step, payload) => {
      const one = step === 'inputs/found' ? payload.with(-1, 1) : payload
      return send.call(channel, step, one)
    })
    return channel
  })
  const begin = performance.now()
  const { round } = await leader.round()
  spy.mockRestore()
  // None waits the half minute for a channel that another does not open.
  expect(performance.now() - begin).toBeLessThan(20_000)
  for (const id of federation.convenant.computeNodes.filter((id) => id !== 'platform')) {
    const { store } = federation.member(id).ctx
    const ended = { state: 'failed', reason: 'NODES_DISAGREE', culprit: null }
    await expect.poll(() => store.rounds.get(round)).toMatchObject(ended)
  }
})

test('a channel for a part: from the previous compute node, once, and for no part too many', async () => {
  const [first, second, third] = federation.convenant.computeNodes.map((id) =>
    federation.member(id),
  ) as [Member, Member, Member]
  const lead = await Lead.open(federation, first)
  const open = (from: Member, to: Member, link: number) =>
    createChannelConnector({
      self: { id: from.id, url: from.descriptor.url, signer: from.ctx.signer },
      directory: federation.directory,
      clock: Date.now,
      random,
      limits: { maxQueued: 0 },
    })(to.id, `/peer/v1/rounds/${lead.round}/channel/${link}`)
  const refused = { code: 'PEER_PROBLEM', at: 'ROUND_WRONG_STATE' }
  const channel = await open(third, first, 2)
  await expect(open(third, first, 2)).rejects.toMatchObject(refused)
  await expect(open(second, first, 1)).rejects.toMatchObject(refused)
  await expect(open(third, first, 3)).rejects.toMatchObject(refused)
  // Nobody came for it: little is taken in, and it ends with the round.
  const piece = new Uint8Array(MAX_PAYLOAD)
  let taken = 0
  for (; taken < 2 ** 25; taken += piece.length) {
    const sent = channel.send('any', piece).then(() => true)
    sent.catch(() => undefined)
    if (!(await Promise.race([sent, delay(1000, false)]))) break
  }
  expect(taken).toBeLessThan(2 ** 24)
  await lead.expect(first.id, 'fail', { round: lead.round, reason: 'GIVEN_UP', culprit: null })
  await expect(channel.receive('any')).rejects.toMatchObject({ code: 'PEER_GONE' })
})
