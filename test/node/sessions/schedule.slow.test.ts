/** Rounds by the convenant's clock: what is due starts once, at one node, with a fresh key where one is due. */

import { createSchedule } from '@drempel/node/internal/sessions'
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

/** As a node that was just started. */
const due = (member = first) => createSchedule(member.ctx, member.rounds)()
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

test('what can not start is tried ever more seldom, and soon again after it could', async () => {
  const schedule = createSchedule(first.ctx, first.rounds)
  const tried: number[] = []
  let minute = 0
  const without = (kind: IdentifierKind) =>
    federation.member('bank-b').lie('keys/begin', async (_from, body, honest) => {
      if (!fromUtf8(body).includes(`"${kind}"`)) return honest()
      tried.push(minute)
      throw new TypeError('down')
    })
  const ticks = async (begin: number, from: number, to: number) => {
    for (minute = from; minute < to; minute += 0.5) {
      federation.clock.ahead = begin + minute * 60_000
      await schedule()
    }
  }
  const restore = without('host')
  expect(await starts(() => ticks(60 * HOUR, 0, 125))).toEqual(['domain'])
  expect(tried).toEqual([0, 1, 3, 7, 15, 31, 61, 91, 121])
  restore()
  expect(await starts(() => ticks(60 * HOUR, 125, 151))).toEqual([])
  expect(await starts(() => ticks(60 * HOUR, 151, 152))).toEqual(['host'])
  without('host')
  tried.length = 0
  expect(await starts(() => ticks(90 * HOUR, 0, 5))).toEqual(['domain'])
  expect(tried).toEqual([0, 1, 3])
})

test('by hand means never by the clock', async () => {
  const round = { schedule: 'manual', keyEpochDays: 1 } as const
  await installAll(
    federation,
    successorOf(federation, () => ({ round })),
  )
  federation.clock.ahead = 120 * HOUR
  expect(await starts(due)).toEqual([])
})
