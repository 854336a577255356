/** Whole rounds in which one member lies: it is named, and the others' results are exact or as before. */

import { fromUtf8, type Json, jcs, parseJcs } from '@drempel/protocol/encoding'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { readCell, writeCell } from '../../protocol/worlds/cells.ts'
import { Federation } from '../kit/federation.ts'
import { asJson, resign, type Statement } from '../kit/lead.ts'
import { expectExactWithoutBankB, expectExcluded, flagLists, RULES } from '../kit/lists.ts'
import type { Member } from '../kit/member.ts'
import { lyingShare } from '../kit/share.ts'

let federation: Federation
let leader: Member
let partner: Member
let undo: (() => void)[] = []

beforeAll(async () => {
  federation = await Federation.open({
    rules: RULES,
    contributorsMayChange: true,
  })
  leader = federation.member('bank-a')
  partner = federation.member('bank-b')
  await leader.generateKey()
  await flagLists(federation)
})

afterAll(() => federation.close())

afterEach(() => {
  for (const each of undo) each()
  undo = []
})

test('a partner that submits an identifier twice is left out by name', async () => {
  undo.push(
    lyingShare(federation, partner, (list, plan) => {
      const { slots } = plan.partners[list.partner]!
      const cell = list.slotOf[0]!
      const [bin, slot] = [Math.floor(cell / slots), cell % slots]
      const twin = slot + 1 < slots ? slot + 1 : slot - 1
      writeCell(plan, list, bin, twin, readCell(plan, list, bin, slot))
    }),
  )
  const round = await leader.round()
  await expectExcluded(federation, round, 'INVALID_LIST')
  await expectExactWithoutBankB(federation, round)
})

test("a partner whose commitment is false is left out, and one node's false parts spoil one answer", async () => {
  undo.push(
    partner.lie('rounds/commitment', async (_from, _body, honest) => {
      const reply = (await honest()) as unknown as { ready: boolean; commitment: Statement }
      if (!reply.ready) return asJson(reply)
      const commitment = resign(partner, 'commitment', reply.commitment, { paddedSize: 1 << 30 })
      return asJson({ ready: true, commitment })
    }),
    // As if telecom had sent it: its part for the platform, with one bit turned.
    federation.member('platform').lie('rounds/owners', (from, body, honest) => {
      const bent = body.map((byte, i) => (i === body.length - 1 ? byte ^ 1 : byte))
      return honest(from === 'telecom' ? bent : body)
    }),
  )
  const entries = await leader.adds(async () => {
    const round = await leader.round()
    expect(round.leftOut).toEqual([])
    await expectExactWithoutBankB(federation, round, ['platform'])
    // Who was left out learns the list like everyone else.
    const row = () => partner.ctx.store.rounds.get(round.round)
    await expect.poll(row).toMatchObject({ state: 'published' })
    expect((await partner.ctx.store.lists.current('host', 'host-t2'))?.round).toBe(round.round)
  })
  expect(entries.find(({ type }) => type === 'round.excluded')).toMatchObject({
    parties: ['bank-b'],
    reason: 'STATEMENTS_DIFFER',
  })
})

test('a compute node that signs another list is named, and the list in force stays', async () => {
  const before = await leader.ctx.store.lists.inForce()
  undo.push(
    federation.member('telecom').lie('rounds/outcome', async (_from, _body, honest) => {
      const answer = await honest()
      const reply = parseJcs(jcs(answer as Json)) as unknown as {
        ready: boolean
        statements: Statement[]
      }
      if (!reply.ready) return asJson(reply)
      const [first, ...rest] = reply.statements
      const other = resign(federation.member('telecom'), 'list', first!, { size: 7 })
      return asJson({ ready: true, statements: [other, ...rest] })
    }),
  )
  const round = await leader.round()
  expect(round).toMatchObject({
    state: 'failed',
    reason: 'STATEMENTS_DIFFER',
    culprit: 'telecom',
  })
  expect(await leader.ctx.store.lists.inForce()).toEqual(before)
  // The entry follows the state.
  const last = async () => (await leader.entries()).at(-1)
  await expect.poll(last).toMatchObject({
    type: 'round.failed',
    reason: 'STATEMENTS_DIFFER',
    parties: ['telecom'],
  })
})

test('a compute node that speaks out of turn is named by its neighbour, and nothing is opened', async () => {
  const before = await leader.ctx.store.lists.inForce()
  const liar = federation.member('telecom')
  undo.push(
    liar.lie('rounds/compute', async (_from, body) => {
      const { round } = JSON.parse(fromUtf8(body)) as { round: string }
      const channel = await liar.ctx.connectChannel('platform', `/peer/v1/rounds/${round}/channel`)
      await channel.send('open/keys', new Uint8Array(64))
      return { ok: true }
    }),
  )
  const round = await leader.round()
  expect(round).toMatchObject({ state: 'failed' })
  const row = () => federation.member('platform').ctx.store.rounds.get(round.round)
  await expect.poll(row).toMatchObject({ reason: 'UNEXPECTED_STEP', culprit: 'telecom' })
  expect(await leader.ctx.store.lists.inForce()).toEqual(before)
})

test('and an honest round succeeds after all of that', async () => {
  const round = await leader.round()
  expect(round).toMatchObject({ state: 'published', leftOut: [] })
  expect(round.contributors).toHaveLength(4)
})
