/** Rounds that compute nodes with more threads than one compute in parts. */

import { createChannelConnector } from '@drempel/node/internal/peers'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
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
    })(to.id, `/peer/v1/rounds/${lead.round}/channel/${link}`)
  const refused = { code: 'PEER_PROBLEM', at: 'ROUND_WRONG_STATE' }
  const channel = await open(third, first, 2)
  await expect(open(third, first, 2)).rejects.toMatchObject(refused)
  await expect(open(second, first, 1)).rejects.toMatchObject(refused)
  await expect(open(third, first, 3)).rejects.toMatchObject(refused)
  await channel.close()
})
