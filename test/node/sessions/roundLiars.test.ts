/** Whole rounds in which one member lies: it is named, and the others' results are exact or as before. */

import { check } from '@drempel/node/internal/sessions'
import type { Round } from '@drempel/protocol/api'
import { type Json, jcs, parseJcs } from '@drempel/protocol/encoding'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { readCell, writeCell } from '../../protocol/worlds/cells.ts'
import { Federation } from '../kit/federation.ts'
import { asJson, resign, type Statement } from '../kit/lead.ts'
import type { Member } from '../kit/member.ts'
import { lyingShare } from '../kit/share.ts'

const LISTS: Readonly<Record<string, readonly string[]>> = {
  'bank-a': ['all.example', 'a-and-t.example', 'a-and-b.example', 'a.example'],
  'bank-b': ['all.example', 'a-and-b.example', 'b.example'],
  telecom: ['all.example', 'a-and-t.example', 't.example'],
  platform: ['all.example', 'p.example'],
}
/** What is over when bank-b is left out. */
const OVER = ['all.example', 'a-and-t.example']

let federation: Federation
let leader: Member
let partner: Member
let undo: (() => void)[] = []

beforeAll(async () => {
  federation = await Federation.open({
    rules: [
      { kind: 'host', t: 2 },
      { kind: 'host', t: 2, output: 'owners' },
    ],
    contributorsMayChange: true,
  })
  leader = federation.member('bank-a')
  partner = federation.member('bank-b')
  await leader.generateKey()
  for (const member of federation.members) await member.flag(LISTS[member.id]!)
})

afterAll(() => federation.close())

afterEach(() => {
  for (const each of undo) each()
  undo = []
})

async function over(member: Member): Promise<string[]> {
  const { json } = await member.api('GET', '/flags?kind=host&rule=host-t2-owners')
  const { flags } = json as { flags: { value: string; over: boolean }[] }
  return flags.filter((flag) => flag.over).map(({ value }) => value)
}

async function expectExact(round: Round, left: readonly string[]): Promise<void> {
  expect(round).toMatchObject({ state: 'published' })
  expect(round.contributors).toEqual(['bank-a', 'platform', 'telecom'])
  expect(round.lists?.[0]).toMatchObject({ rule: 'host-t2', size: OVER.length })
  const contributors = federation.members.filter(({ id }) => round.contributors?.includes(id))
  for (const member of contributors.filter(({ id }) => !left.includes(id))) {
    const theirs = LISTS[member.id]!.filter((value) => OVER.includes(value))
    expect((await over(member)).sort()).toEqual([...theirs].sort())
  }
  for (const value of new Set(Object.values(LISTS).flat())) {
    const answer = await check(leader.ctx, {
      kind: 'host',
      purpose: 'klantacceptatie',
      rule: 'host-t2',
      values: [value],
      protocol: 'check',
      operator: 'test',
    })
    expect([value, answer.results[0]]).toEqual([value, { over: OVER.includes(value) }])
  }
}

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
  expect(round.leftOut).toEqual([{ member: 'bank-b', reason: 'INVALID_LIST' }])
  for (const node of federation.convenant.computeNodes) {
    const entries = await federation.member(node).entries()
    expect(entries.findLast(({ type }) => type === 'round.excluded')).toMatchObject({
      parties: ['bank-b'],
      reason: 'INVALID_LIST',
      round: round.round,
    })
  }
  await expectExact(round, [])
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
    await expectExact(round, ['platform'])
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
  expect((await leader.entries()).at(-1)).toMatchObject({
    type: 'round.failed',
    reason: 'STATEMENTS_DIFFER',
    parties: ['telecom'],
  })
})
