/** The life of a key: its days, its one round where the convenant says so, and the end of its share. */

import { catchUp } from '@drempel/node/internal/sessions'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Federation } from '../kit/federation.ts'
import { Lead } from '../kit/lead.ts'
import type { Member } from '../kit/member.ts'
import { publish } from '../kit/publication.ts'
import { tagAll } from '../kit/tags.ts'

const DAY = 86_400_000
const RULES = [{ kind: 'host', t: 2 }] as const

const isOver = async (asker: Member, value: string) => {
  const { results, list } = await asker.ask([value], 'klantacceptatie')
  return { ...results[0], epoch: list.epoch }
}

const epochs = async ({ ctx }: Member) =>
  (await ctx.store.keys.list('host')).map(({ epoch, state, sealedShare }) => ({
    epoch,
    state,
    share: sealedShare !== null,
  }))

describe('a key of some days', () => {
  let federation: Federation
  let leader: Member
  /** Holds no share. */
  let partner: Member

  beforeAll(async () => {
    federation = await Federation.open({
      rules: RULES,
      keyEpochDays: 2,
      maxAgeHours: 24 * 30,
      keyHolders: { members: ['bank-a', 'telecom', 'platform'], quorum: 3 },
    })
    leader = federation.member('bank-a')
    partner = federation.member('bank-b')
    await leader.generateKey()
    await publish(federation, ['first.example'])
    for (const member of federation.members) await member.flag(['second.example'])
  })

  afterAll(() => federation.close())

  test('serves rounds for these days, and no longer', async () => {
    const start = () => leader.api('POST', '/rounds', { kind: 'host' })
    federation.clock.ahead = 2 * DAY + 60_000
    expect(await start()).toMatchObject({ status: 409, json: { code: 'KEY_EXPIRED' } })
    // Checks go on: the list in force is of that epoch.
    expect(await isOver(leader, 'first.example')).toEqual({ over: true, epoch: '1' })
  })

  test('is kept beside its successor while a list of its epoch is in force', async () => {
    await leader.generateKey()
    for (const { ctx } of federation.members) await catchUp(ctx)
    expect(await epochs(leader)).toEqual([
      { epoch: '2', state: 'active', share: true },
      { epoch: '1', state: 'retired', share: true },
    ])
    expect(await isOver(leader, 'first.example')).toEqual({ over: true, epoch: '1' })
    expect(await isOver(partner, 'second.example')).toEqual({ over: false, epoch: '1' })
  })

  test('of which no list was made is erased first: two at most', async () => {
    await leader.generateKey()
    const added = await leader.adds(() => catchUp(leader.ctx))
    expect(added).toMatchObject([{ type: 'key.erased', epoch: '2', role: 'key-holder' }])
    expect(await epochs(leader)).toEqual([
      { epoch: '3', state: 'active', share: true },
      { epoch: '2', state: 'dropped', share: false },
      { epoch: '1', state: 'retired', share: true },
    ])
    expect(await isOver(leader, 'first.example')).toEqual({ over: true, epoch: '1' })
  })

  test('is erased with its tags when the list of another epoch is in force', async () => {
    await tagAll(federation)
    const index = leader.ctx.vault.blindIndex('host', 'second.example')
    const { id } = (await leader.ctx.store.flags.get('host', index))!
    await leader.ctx.store.tags.put('host', '1', [{ id, sealed: new Uint8Array(40) }])
    await publish(federation, ['second.example'], 3)
    expect(await isOver(leader, 'second.example')).toEqual({ over: true, epoch: '3' })
    for (const member of federation.members) {
      const role = member === partner ? 'partner' : 'key-holder'
      const added = await member.adds(() => catchUp(member.ctx))
      const erased = added.filter(({ type }) => type === 'key.erased')
      const old = erased.map((entry) => 'epoch' in entry && entry.epoch)
      expect([member.id, old.at(-1)]).toEqual([member.id, '1'])
      for (const entry of erased) expect(entry).toMatchObject({ role, kind: 'host' })
      const rows = await epochs(member)
      expect(rows.map(({ state }) => state)).toEqual(['active', 'dropped', 'dropped'])
      expect(rows.map(({ share }) => share)).toEqual([member !== partner, false, false])
      expect(await member.adds(() => catchUp(member.ctx))).toEqual([])
    }
    const { tags } = leader.ctx.store
    expect(await tags.page('host', '1', 0, { limit: 9 })).toEqual([])
    expect(await tags.page('host', '3', 0, { limit: 9 })).toHaveLength(1)
  })

  test('and evaluates nothing more, for nobody', async () => {
    const { keys } = leader.ctx.store
    expect((await keys.get('host', '1'))?.sealedShare).toBeNull()
    expect(await keys.setState('host', '1', 'active')).toBe(false)
    const { json } = await leader.api('GET', '/keys')
    expect((json as { epochs: { epoch: string }[] }).epochs).toMatchObject([{ epoch: '3' }])
  })
})

test('a key of one round serves one', async () => {
  const federation = await Federation.open({ size: 3, rules: RULES, keyEpochDays: 'round' })
  const leader = federation.member('bank-a')
  expect(await leader.api('POST', '/rounds', { kind: 'host' })).toMatchObject({
    status: 409,
    json: { code: 'NO_KEY' },
  })
  await leader.generateKey()
  for (const member of federation.members) await member.flag(['all.example'])
  await tagAll(federation)
  // Not before: until a list was made of it, a key may wait for its round.
  federation.clock.ahead = 90 * DAY
  expect(await (await Lead.open(federation, leader)).commitments()).toHaveLength(3)
  await publish(federation, ['over.example'])
  await expect(Lead.open(federation, leader)).rejects.toThrow('KEY_EXPIRED')
  await leader.generateKey()
  expect(await isOver(leader, 'over.example')).toEqual({ over: true, epoch: '1' })
  await tagAll(federation)
  expect(await (await Lead.open(federation, leader)).commitments()).toHaveLength(3)
  await federation.close()
})
