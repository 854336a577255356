/** More lists and shares that no honest partner sends; and a convenant that lets nobody be left out. */

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { writeCell } from '../../protocol/worlds/cells.ts'
import { Federation } from '../kit/federation.ts'
import { expectExactWithoutBankB, expectExcluded, flagLists, RULES } from '../kit/lists.ts'
import type { Member } from '../kit/member.ts'
import { lyingShare } from '../kit/share.ts'

let federation: Federation
let leader: Member
let partner: Member
let honest = () => {}

beforeAll(async () => {
  federation = await Federation.open({ rules: RULES, contributorsMayChange: true })
  leader = federation.member('bank-a')
  partner = federation.member('bank-b')
  await leader.generateKey()
  await flagLists(federation)
})

afterAll(() => federation.close())
afterEach(() => honest())

test('a list clustered against the bounds of its slots', async () => {
  honest = lyingShare(federation, partner, (list, plan) => {
    for (let bin = 0; bin < plan.bins; bin++)
      for (let slot = 0; slot < plan.partners[list.partner]!.slots; slot++)
        writeCell(plan, list, bin, slot, BigInt(slot))
  })
  const round = await leader.round()
  await expectExcluded(federation, round, 'INVALID_LIST')
  await expectExactWithoutBankB(federation, round)
})

test.each(['bank-a', 'telecom', 'platform'])('a share that never came to %s', async (node) => {
  honest = lyingShare(federation, partner, () => {}, [node])
  const round = await leader.round()
  await expectExcluded(federation, round, 'NO_INPUT')
  await expectExactWithoutBankB(federation, round)
})

test('shares that are not of one list', async () => {
  honest = lyingShare(
    federation,
    partner,
    () => {},
    [],
    (share, node) =>
      node === 'platform'
        ? share.map((byte, i) => (i === share.length - 1 ? byte ^ 1 : byte))
        : share,
  )
  const round = await leader.round()
  await expectExcluded(federation, round, 'INCONSISTENT_SHARES')
  await expectExactWithoutBankB(federation, round)
})

test('where contributors may not change, a liar costs the round and is named everywhere', async () => {
  const strict = await Federation.open({ rules: RULES })
  try {
    const [first] = strict.members
    await first!.generateKey()
    await flagLists(strict)
    const before = await first!.round()
    expect(before.contributors).toHaveLength(4)
    const lists = await first!.ctx.store.lists.inForce()
    const undo = lyingShare(strict, strict.member('bank-b'), (list, plan) => {
      writeCell(plan, list, 0, 1, 0n)
      writeCell(plan, list, 0, 2, 0n)
    })
    const round = await first!.round()
    const named = { reason: 'TOO_FEW_CONTRIBUTORS', culprit: 'bank-b' }
    expect(round).toMatchObject({ state: 'failed', ...named })
    for (const node of strict.convenant.computeNodes) {
      const row = () => strict.member(node).ctx.store.rounds.get(round.round)
      await expect.poll(row).toMatchObject({ state: 'failed', culprit: 'bank-b' })
    }
    expect(await first!.ctx.store.lists.inForce()).toEqual(lists)
    undo()
    expect(await first!.round()).toMatchObject({ state: 'published' })
  } finally {
    await strict.close()
  }
})

test('a compute node that missed whose lists were opened last computes with the others', async () => {
  const strict = await Federation.open({ rules: RULES })
  try {
    const [first, ...others] = strict.members
    await first!.generateKey()
    await flagLists(strict)
    const opened = JSON.stringify({
      convenant: first!.ctx.inForce().digest,
      createdAt: new Date().toISOString(),
      contributors: strict.members.map(({ id }) => id),
    })
    // What two of three know after a round that ended between the opening and the list.
    const [knowing] = others.filter(({ id }) => strict.convenant.computeNodes.includes(id))
    for (const { ctx } of [first!, knowing!]) await ctx.store.meta.set('opened/host', opened)
    expect(await first!.round()).toMatchObject({ state: 'published' })
  } finally {
    await strict.close()
  }
})
