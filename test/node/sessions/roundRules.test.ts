/** Rules beyond a count, from the convenant and imported flags to what members are told. */

import { catchUp, startRound } from '@drempel/node/internal/sessions'
import type { List } from '@drempel/protocol/api'
import { parseConvenant } from '@drempel/protocol/convenant'
import { ProtocolError } from '@drempel/protocol/encoding'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeCell } from '../../protocol/worlds/cells.ts'
import { bend } from '../kit/bend.ts'
import { Federation } from '../kit/federation.ts'
import { eventually, type Member } from '../kit/member.ts'
import { lyingShare } from '../kit/share.ts'

/** How many reports each member has of an identifier. */
const FLAGS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'two-banks.example': { 'bank-a': 1, 'bank-b': 1 },
  'two-sectors.example': { 'bank-a': 1, telecom: 1 },
  'banks-three-reports.example': { 'bank-a': 1, 'bank-b': 2 },
  'three-reports.example': { platform: 7, telecom: 1 },
  'one-member.example': { platform: 50 },
  'all.example': { 'bank-a': 1, 'bank-b': 1, platform: 1, telecom: 1 },
}

const OVER = {
  'host-t2-s2': ['all.example', 'two-sectors.example'],
  'host-t2-r3': ['all.example', 'banks-three-reports.example', 'three-reports.example'],
  'host-t2-r3-owners': ['all.example', 'banks-three-reports.example', 'three-reports.example'],
}

let federation: Federation

beforeAll(async () => {
  federation = await Federation.open({
    rules: [
      { kind: 'host', t: 2, minSectors: 2 },
      { kind: 'host', t: 2, reports: 3 },
      { kind: 'host', t: 2, reports: 3, output: 'owners' },
    ],
    contributorsMayChange: true,
    // Two sectors of two members, both of which a rule on two sectors needs.
    amend: (convenant) => ({
      ...convenant,
      members: convenant.members.map((member) => {
        return member.id === 'telecom' ? { ...member, sector: 'platform' } : member
      }),
    }),
  })
  await federation.member('bank-a').generateKey()
  for (const member of federation.members) {
    const own = Object.entries(FLAGS).filter(([, held]) => held[member.id] !== undefined)
    const values = own.map(([value]) => value)
    await member.flag(
      values,
      'host',
      own.map(([, held]) => held[member.id]!),
    )
  }
})

afterAll(() => federation.close())

test('every member learns what its rules say, and no more', async () => {
  const leader = federation.member('bank-a')
  const round = await leader.round()
  expect(round).toMatchObject({ state: 'published', leftOut: [] })
  const sizes = round.lists!.map(({ rule, size }) => [rule, size])
  expect(Object.fromEntries(sizes)).toEqual({
    'host-t2-s2': 2,
    'host-t2-r3': 3,
    'host-t2-r3-owners': 0,
  })
  for (const rule of ['host-t2-s2', 'host-t2-r3'] as const) {
    const values = Object.keys(FLAGS)
    const { results } = await leader.ask(values, 'fraude-onderzoek', rule)
    const expected = values.map((value) => ({ over: OVER[rule].includes(value) }))
    expect(results).toEqual(expected)
  }
  for (const member of federation.members) {
    expect(await member.ended(round.round)).toMatchObject({ state: 'published' })
    const { json } = await member.api('GET', '/flags?kind=host&rule=host-t2-r3-owners')
    const { flags } = json as { flags: { value: string; over: boolean }[] }
    const mine = Object.keys(FLAGS).filter((value) => FLAGS[value]![member.id] !== undefined)
    expect(flags.map(({ value }) => value).sort()).toEqual(mine.sort())
    const over = flags.filter((flag) => flag.over).map(({ value }) => value)
    expect(over.sort()).toEqual(mine.filter((v) => OVER['host-t2-r3-owners'].includes(v)))
  }
})

test('a member that is killed while a round is published has its own results of that round', async () => {
  const leader = federation.member('bank-a')
  const value = 'since.example'
  const over = async (member: Member) => {
    const { json } = await member.api('GET', '/flags?kind=host&rule=host-t2-r3-owners')
    const { flags } = json as { flags: { value: string; over: boolean }[] }
    return flags.find((flag) => flag.value === value)?.over
  }
  const cut = ['bank-b', 'platform'].map((id) => federation.member(id))
  for (const member of cut) await member.flag([value], 'host', [2])
  const [behind, before] = cut as [Member, Member]
  // Behind the transaction that says so, and before the word comes.
  bend(behind.ctx.store.lists, 'accept', (accept) => async (...given) => {
    await accept(...given)
    return new Promise(() => {})
  })
  before.lie('rounds/publish', () => new Promise(() => {}))
  const round = await startRound(leader.ctx, leader.rounds, 'host')
  await leader.ended(round)
  await eventually(async () => {
    const { state } = (await behind.ctx.store.rounds.get(round))!
    return state === 'published' ? true : undefined
  })
  expect(await over(before)).toBe(false)
  for (const member of cut) await member.restart()
  expect(await over(behind)).toBe(true)
  expect(await before.ctx.store.rounds.get(round)).toMatchObject({ state: 'failed' })
  await catchUp(before.ctx)
  expect(await before.ctx.store.rounds.get(round)).toMatchObject({ state: 'published' })
  expect(await over(before)).toBe(true)
})

test('a list in force says what its rule asks', async () => {
  const { json } = await federation.member('telecom').api('GET', '/status')
  const { lists } = json as { lists: List[] }
  expect(lists.find(({ rule }) => rule === 'host-t2-s2')).toMatchObject({
    threshold: 2,
    minSectors: 2,
  })
  expect(lists.find(({ rule }) => rule === 'host-t2-r3')).toMatchObject({
    threshold: 2,
    reports: 3,
  })
  expect(parseConvenant(federation.convenant)).toEqual(federation.convenant)
})

test('who is left out may not leave a sector that a rule needs with one member', async () => {
  lyingShare(federation, federation.member('bank-b'), (list, plan) => {
    const { slots } = plan.partners[list.partner]!
    for (const bin of [0, 1]) writeCell(plan, list, bin, slots - 1, 0n)
  })
  const round = await federation.member('telecom').round()
  expect(round).toMatchObject({ state: 'failed', reason: 'SECTOR_ALONE' })
})

test('a round for which too few have a list names all who have none, also after a restart', async () => {
  const empty = await Federation.open({ contributorsMayChange: true })
  try {
    const leader = empty.member('bank-a')
    await leader.generateKey()
    await empty.member('bank-b').stop()
    await leader.flag(['host-1.example'])
    const failed = await leader.round()
    const named = ['bank-b', 'platform', 'telecom']
    const told = {
      ...{ state: 'failed', reason: 'TOO_FEW_CONTRIBUTORS', culprit: 'bank-b', culprits: named },
      leftOut: [
        { member: 'bank-b', reason: 'PEER_UNREACHABLE' },
        { member: 'platform', reason: 'STAYED_OUT' },
        { member: 'telecom', reason: 'STAYED_OUT' },
      ],
    }
    expect(failed).toMatchObject(told)
    const entry = (await leader.entries()).find(({ type }) => type === 'round.failed')
    expect(entry).toMatchObject({ reason: 'TOO_FEW_CONTRIBUTORS', parties: ['bank-b'] })
    expect(await leader.record(entry!)).toMatchObject({ leftOut: told.leftOut, culprits: named })
    await leader.restart()
    expect((await leader.api('GET', `/rounds/${failed.round}`)).json).toMatchObject(told)
    // Only its coordinator knows.
    const other = (await empty.member('telecom').api('GET', `/rounds/${failed.round}`)).json
    expect(other).toMatchObject({ state: 'failed', culprit: 'bank-b' })
    expect(other).not.toHaveProperty('culprits')
  } finally {
    await empty.close()
  }
})

test('a compute node that refuses the coordinator is named beside it: either clock may be wrong', async () => {
  const two = await Federation.open({ contributorsMayChange: true })
  try {
    const leader = two.member('bank-a')
    await leader.generateKey()
    two.member('telecom').lie('rounds/announce', async (from) => {
      throw new ProtocolError('CLOCK_SKEW', { culprit: from })
    })
    expect(await leader.round()).toMatchObject({
      ...{ state: 'failed', reason: 'CLOCK_SKEW', culprit: 'bank-a', refusedBy: 'telecom' },
    })
    const entry = (await leader.entries()).find(({ type }) => type === 'round.failed')
    expect(entry).toMatchObject({ reason: 'CLOCK_SKEW', parties: ['bank-a', 'telecom'] })
  } finally {
    await two.close()
  }
})
