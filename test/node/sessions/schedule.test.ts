/** Rounds by the convenant's clock: what is due starts once, at one node, with a fresh key where one is due. */

import { startDueRounds } from '@drempel/node/internal/sessions'
import { fromUtf8 } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Federation } from '../kit/federation.ts'
import type { Member } from '../kit/member.ts'
import { installAll, successorOf } from '../kit/successor.ts'

const HOUR = 3_600_000
const EVERY = 6

let federation: Federation
let first: Member

beforeAll(async () => {
  federation = await Federation.open({
    size: 3,
    kinds: ['host', 'domain'],
    rules: [
      { kind: 'host', t: 2 },
      { kind: 'domain', t: 2 },
    ],
    schedule: { everyHours: EVERY },
    keyEpochDays: 1,
  })
  first = federation.member(federation.convenant.computeNodes[0]!)
})

afterAll(() => federation.close())

const due = (member = first) => startDueRounds(member.ctx, member.rounds)
const epoch = async (kind: IdentifierKind) => (await first.ctx.store.keys.current(kind))?.epoch

/** Kinds of the rounds that this adds; without flags each ends by itself. */
async function starts(work: () => Promise<unknown>): Promise<string[]> {
  const rows = () => first.ctx.store.rounds.list({ limit: 99 })
  const before = (await rows()).length
  await work()
  const added = (await rows()).slice(0, -before || undefined)
  for (const { id, coordinator } of added) {
    expect(coordinator).toBe(first.id)
    expect(await first.ended(id)).toMatchObject({ state: 'failed' })
  }
  return added.map(({ kind }) => kind).sort()
}

test('nothing starts at the other compute nodes', async () => {
  const others = federation.members.filter((member) => member !== first)
  expect(await starts(() => Promise.all(others.map(due)))).toEqual([])
  for (const { ctx } of others) expect(await ctx.store.keys.list()).toEqual([])
})

test('one kind that cannot start does not keep the others waiting', async () => {
  const holder = federation.member('bank-b')
  const undo = holder.lie('keys/begin', async (_from, body, honest) => {
    if (fromUtf8(body).includes('"host"')) throw new TypeError('down')
    return honest()
  })
  expect(await starts(due)).toEqual(['domain'])
  undo()
  expect([await epoch('host'), await epoch('domain')]).toEqual([undefined, '1'])
  expect(await starts(due)).toEqual(['host'])
  expect([await epoch('host'), await epoch('domain')]).toEqual(['1', '1'])
})

test('what started is not due until its hours are over', async () => {
  expect(await starts(due)).toEqual([])
  federation.clock.ahead = EVERY * HOUR - 60_000
  expect(await starts(due)).toEqual([])
  federation.clock.ahead = EVERY * HOUR + 60_000
  expect(await starts(due)).toEqual(['domain', 'host'])
  expect(await starts(due)).toEqual([])
  expect([await epoch('host'), await epoch('domain')]).toEqual(['1', '1'])
})

test('a round that an operator started counts, and a key past its days is replaced first', async () => {
  federation.clock.ahead = 25 * HOUR
  await first.generateKey('domain')
  const { status } = await first.api('POST', '/rounds', { kind: 'domain' })
  expect(status).toBe(202)
  expect(await starts(due)).toEqual(['host'])
  expect([await epoch('host'), await epoch('domain')]).toEqual(['2', '2'])
})

test('by hand means never by the clock', async () => {
  const round = { schedule: 'manual', keyEpochDays: 1 } as const
  await installAll(
    federation,
    successorOf(federation, () => ({ round })),
  )
  federation.clock.ahead = 50 * HOUR
  expect(await starts(due)).toEqual([])
})
