/** A kind of which members are told counts alone, once a period. */

import { startRound } from '@drempel/node/internal/sessions'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Federation } from '../kit/federation.ts'
import { asJson } from '../kit/lead.ts'

let federation: Federation

const names = (name: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${name}-${i}.example`)

beforeAll(async () => {
  federation = await Federation.open({
    kinds: ['host', 'domain', 'email'],
    rules: [
      { kind: 'host', t: 2, output: 'aggregates' },
      {
        kind: 'domain',
        t: 2,
        output: 'aggregates',
        aggregates: { show: 'overlaps', minCell: 12, everyDays: 7 },
      },
      {
        kind: 'email',
        t: 2,
        output: 'aggregates',
        aggregates: { show: 'histogram', minCell: 10, from: 1, upTo: 3, everyDays: 7 },
      },
    ],
  })
  const leader = federation.member('bank-a')
  const emails = (first: number, count: number) =>
    Array.from({ length: count }, (_, i) => `${first + i}@a.example`)
  await leader.flag(emails(0, 46), 'email')
  for (const id of ['bank-b', 'telecom']) await federation.member(id).flag(emails(0, 14), 'email')
  await federation.member('platform').flag(emails(0, 30), 'email')
  for (const kind of ['host', 'domain', 'email'] as const) await leader.generateKey(kind)
  for (const kind of ['host', 'domain'] as const) {
    const all = names('all', 15)
    await leader.flag([...all, ...names('banks', 8), ...names('a', 20)], kind)
    await federation.member('bank-b').flag([...all, ...names('banks', 8)], kind)
    await federation.member('telecom').flag([...all, ...names('three', 12)], kind)
    await federation.member('platform').flag([...names('three', 12), 'all-3.example'], kind)
  }
})

afterAll(() => federation.close())

const again = (member: string, kind: IdentifierKind) => {
  const { ctx, rounds } = federation.member(member)
  return startRound(ctx, rounds, kind)
}

test('every member gets the same counts, no keys, and no second release in the period', async () => {
  const round = await federation.member('bank-a').round('host')
  expect(round).toMatchObject({ state: 'published', leftOut: [] })
  const overlap = (a: string, b: string, count: number | null) => ({ members: [a, b], count })
  const aggregates = {
    // 8 + 12 by two; 14 by three; 1 by all four, so that none of them is shown.
    histogram: [null, null, null],
    overlaps: [
      overlap('bank-a', 'bank-b', 20),
      overlap('bank-a', 'platform', null),
      overlap('bank-a', 'telecom', 20),
      overlap('bank-b', 'platform', null),
      overlap('bank-b', 'telecom', 20),
      overlap('platform', 'telecom', 10),
    ],
  }
  for (const member of federation.members) {
    const { state, lists } = await member.ended(round.round)
    expect({ state, lists }).toMatchObject({
      state: 'published',
      lists: [{ rule: 'host-t2-aggregates', size: 0, aggregates }],
    })
    const list = await member.ctx.store.lists.current('host', 'host-t2-aggregates')
    expect(list?.keys).toHaveLength(0)
    const { json } = await member.api('GET', '/status')
    expect((json as { lists: unknown[] }).lists).toEqual([])
  }
  for (const member of ['bank-a', 'telecom', 'platform'])
    await expect(again(member, 'host')).rejects.toMatchObject({
      code: 'REFUSED',
      at: 'RELEASE_TOO_SOON',
    })
})

test('what one member alone holds is counted where the rule says so, without what fills lists up', async () => {
  // 16 by one, 16 by two, 14 by all four.
  expect(await federation.member('bank-a').round('email')).toMatchObject({
    lists: [{ size: 0, aggregates: { from: 1, histogram: [20, 20, 10] } }],
  })
})

test('a round that fails once counts were opened has spent the release, at every node', async () => {
  const platform = federation.member('platform')
  const honest = platform.lie('rounds/outcome', async (_from, _body, answer) => {
    const reply = (await answer()) as { ready: boolean }
    return reply.ready ? Promise.reject(new Error('gone')) : asJson(reply)
  })
  const failed = await federation.member('bank-a').round('domain')
  honest()
  expect(failed.state).toBe('failed')
  for (const id of federation.convenant.computeNodes) {
    expect(await federation.member(id).ended(failed.round)).toMatchObject({ state: 'failed' })
    await expect(again(id, 'domain')).rejects.toMatchObject({
      code: 'REFUSED',
      at: 'RELEASE_TOO_SOON',
    })
  }
})

test('a coordinator that forgets its release is refused by the others', async () => {
  const { ctx } = federation.member('bank-a')
  await ctx.store.meta.set('released/domain', '0')
  const id = await again('bank-a', 'domain')
  expect(await federation.member('bank-a').ended(id)).toMatchObject({
    state: 'failed',
    reason: 'RELEASE_TOO_SOON',
  })
})
