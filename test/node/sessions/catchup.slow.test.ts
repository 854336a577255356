/** A member that was away: it fetches what it missed, from whoever has it, and believes signatures alone. */

import { catchUp } from '@drempel/node/internal/sessions'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Federation, random } from '../kit/federation.ts'
import { eventually, type Lie, type Member } from '../kit/member.ts'
import { encodePublication, publicationOf, publish } from '../kit/publication.ts'
import { tagAll } from '../kit/tags.ts'

let federation: Federation
let leader: Member
/** Holds no share and does not compute: the others go on without it. */
let away: Member
let undo: (() => void)[] = []

beforeAll(async () => {
  federation = await Federation.open({
    rules: [{ kind: 'host', t: 2 }],
    contributorsMayChange: true,
    keyHolders: { members: ['bank-a', 'telecom', 'platform'], quorum: 3 },
  })
  leader = federation.member('bank-a')
  away = federation.member('bank-b')
})

afterAll(() => federation.close())

afterEach(() => {
  for (const each of undo) each()
  undo = []
})

const isOver = async (asker: Member, value: string) => (await asker.ask([value])).results[0]

const epochOf = async ({ ctx }: Member) => (await ctx.store.keys.current('host'))?.epoch
const list = ({ ctx }: Member) => ctx.store.lists.current('host', 'host-t2')

test('a member away for key and list has both when it is back', async () => {
  await away.stop()
  await leader.generateKey()
  await Promise.allSettled([publish(federation, ['over.example'])])
  expect(await list(leader)).not.toBeNull()
  await away.restart()
  await eventually(async () => (await list(away)) ?? undefined)
  expect(await isOver(away, 'over.example')).toEqual({ over: true })
  const types = (await away.entries()).map(({ type }) => type)
  expect(types.filter((type) => /^(key|list)\./.test(type))).toEqual(['key.epoch', 'list.accepted'])
})

describe('garbage from whom is asked first', () => {
  const lies: readonly (readonly [string, Record<string, Lie>])[] = [
    ['bytes', { 'keys/current': async () => random(50), 'lists/current': async () => random(50) }],
    [
      'JSON of another form',
      {
        'keys/current': async () => ({ key: { kind: 'host', epoch: '9' } }),
        'lists/current': async () => ({ ok: true }),
      },
    ],
    [
      'faults',
      {
        'keys/current': async () => {
          throw new TypeError('secret detail')
        },
      },
    ],
    [
      'a key and a list that nobody else signed',
      {
        'keys/current': async (_from, _body, honest) => {
          const { key } = (await honest()) as { key: { statements: unknown[] } }
          return { key: { ...key, epoch: '99', statements: [] } } as never
        },
        'lists/current': async () => {
          const later = { createdAt: new Date(Date.now() + 60_000).toISOString() }
          const { statements, keys } = publicationOf(federation, random(9), later)
          return encodePublication({ statements: [0, 0, 0].map(() => statements[0]!), keys })
        },
      },
    ],
  ]

  test.each(lies)('%s', async (_, lie) => {
    // The first two of the order in which members are asked.
    for (const [name, bend] of Object.entries(lie)) undo.push(leader.lie(name, bend))
    const deaf: Lie = async () => ({ ok: true })
    undo.push(away.lie('keys/install', deaf), away.lie('rounds/publish', deaf))
    const { epoch } = await leader.generateKey()
    await publish(federation, ['over.example'])
    expect(await epochOf(away)).not.toBe(epoch)
    expect((await list(away))?.digest).not.toBe((await list(leader))?.digest)
    const added = await away.adds(() => catchUp(away.ctx))
    expect(await epochOf(away)).toBe(epoch)
    expect((await list(away))?.digest).toBe((await list(leader))?.digest)
    expect(await isOver(away, 'over.example')).toEqual({ over: true })
    // Nothing that was false came into the log as true.
    const kept = added.filter(({ type }) => /^(key\.epoch|list)/.test(type))
    expect(kept.map(({ type }) => type)).toEqual(['key.epoch', 'list.accepted'])
  })
})

test('a member that stopped in a round gave it up, and takes the list that came of it', async () => {
  await leader.generateKey()
  for (const member of federation.members)
    await member.flag([`${member.id}.example`, 'all.example'])
  await tagAll(federation)
  away.lie('rounds/commitment', async () => ({ ready: false, step: 'tagging' }))
  const ended = leader.round()
  const open = () => away.ctx.store.rounds.open()
  await eventually(async () => ((await open()).length > 0 ? true : undefined))
  const [row] = await open()
  await away.stop()
  expect(await ended).toMatchObject({
    state: 'published',
    contributors: ['bank-a', 'platform', 'telecom'],
  })
  // What it is told on its way up is not what it needs to know that it gave up.
  for (const id of federation.convenant.computeNodes) {
    federation.member(id).lie('lists/current', async () => encodePublication())
  }
  await away.restart()
  expect(await away.ctx.store.rounds.get(row!.id)).toMatchObject({
    state: 'failed',
    reason: 'NODE_RESTARTED',
    culprit: 'bank-b',
  })
  expect((await list(away))?.round).not.toBe(row!.id)
  const failures = (await away.entries()).filter(({ type }) => type === 'round.failed')
  expect(failures).toMatchObject([{ reason: 'NODE_RESTARTED', round: row!.id, role: 'partner' }])

  await leader.restart()
  await catchUp(away.ctx)
  expect((await list(away))?.round).toBe(row!.id)
  expect(await away.ctx.store.rounds.get(row!.id)).toMatchObject({
    state: 'published',
    reason: null,
    culprit: null,
  })
  expect(await isOver(away, 'all.example')).toEqual({ over: true })
})
