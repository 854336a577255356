/** Threshold lists that were never signed so: none comes into force, and none enters the log as published. */

import { compareBytes, concat, fromUtf8, type Json, jcs } from '@drempel/protocol/encoding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Federation, random } from '../kit/federation.ts'
import { Lead } from '../kit/lead.ts'
import type { Member } from '../kit/member.ts'
import { expectRefusal, post } from '../kit/peer.ts'
import {
  type Body,
  bodyOf,
  encodePublication,
  KEY_BITS,
  type Publication,
  publicationOf,
  signList,
} from '../kit/publication.ts'

const WIDTH = KEY_BITS / 8

let federation: Federation
let liar: Member
let victim: Member
/** Consumes no list. */
let outsider: Member

beforeAll(async () => {
  federation = await Federation.open({
    rules: [
      { kind: 'host', t: 2 },
      { kind: 'host', t: 3 },
      { kind: 'host', t: 2, output: 'owners' },
    ],
    amend: (convenant) => {
      const consumers = ['bank-a', 'telecom', 'platform']
      return {
        ...convenant,
        rules: convenant.rules.map((rule) =>
          rule.output === 'list' ? { ...rule, consumers } : rule,
        ),
        purposes: convenant.purposes.map((purpose) => ({
          ...purpose,
          askers: purpose.askers.filter((id) => consumers.includes(id)),
        })),
      }
    },
  })
  liar = federation.member('telecom')
  victim = federation.member('bank-a')
  outsider = federation.member('bank-b')
})

afterAll(() => federation.close())

const sorted = (count: number) =>
  concat(...Array.from({ length: count }, () => random(WIDTH)).sort(compareBytes))
const publish =
  (body: Uint8Array, to = victim) =>
  () =>
    post(liar, to, 'rounds/publish', body)
const inForce = (member: Member, rule = 'host-t2') => member.ctx.store.lists.current('host', rule)
const statementOf = (id: string, body: Body) => signList(body, federation.member(id))

async function expectNothing(body: Uint8Array, code: string, to = victim): Promise<void> {
  const before = await to.ctx.store.lists.inForce()
  const added = await to.adds(() => expectRefusal(to, publish(body, to), code))
  expect(added.map(({ type }) => type)).not.toContain('round.published')
  expect(added.map(({ type }) => type)).not.toContain('list.accepted')
  // What could be read is entered as a list that was refused, and who brought it.
  const refused = code === 'BAD_REQUEST' ? [] : [{ reason: code, parties: ['telecom'] }]
  expect(added.filter(({ type }) => type === 'list.refused')).toMatchObject(refused)
  expect(await to.ctx.store.lists.inForce()).toEqual(before)
}

describe('a list with signatures that do not carry it', () => {
  const keys = sorted(5)

  test.each<[string, string, () => Publication]>([
    [
      'of two',
      'BAD_REQUEST',
      () => ({
        ...publicationOf(federation, keys),
        statements: publicationOf(federation, keys).statements.slice(1),
      }),
    ],
    [
      'of one, three times',
      'STATEMENTS_DIFFER',
      () => {
        const statement = statementOf('telecom', bodyOf(federation, keys))
        return { statements: [statement, statement, statement], keys }
      },
    ],
    [
      'of one in three names',
      'BAD_STATEMENT',
      () => {
        const statement = statementOf('telecom', bodyOf(federation, keys)) as object
        const statements = federation.convenant.computeNodes.map((member) => ({
          ...statement,
          member,
        }))
        return { statements: statements as unknown as Json[], keys }
      },
    ],
    [
      'of somebody who does not compute',
      'STATEMENTS_DIFFER',
      () => {
        const body = bodyOf(federation, keys)
        const ids = ['bank-b', 'telecom', 'platform']
        return { statements: ids.map((id) => statementOf(id, body)), keys }
      },
    ],
    [
      'over different lists',
      'STATEMENTS_DIFFER',
      () => {
        const [a, b] = [bodyOf(federation, keys), bodyOf(federation, keys)]
        const ids = federation.convenant.computeNodes
        return { statements: ids.map((id, i) => statementOf(id, i === 1 ? b : a)), keys }
      },
    ],
  ])('%s', async (_, code, make) => {
    await expectNothing(encodePublication(make()), code)
  })
})

describe('a list that three signed, and that does not fit', () => {
  const keys = sorted(5)
  const of = (change: Partial<Body>, own = keys) => publicationOf(federation, own, change)

  test.each<[string, string, () => Publication]>([
    ['of another convenant', 'CONVENANT_DIFFERS', () => of({ convenant: '0'.repeat(64) })],
    ['of no rule', 'STATEMENTS_DIFFER', () => of({ rule: 'host-t9' })],
    ['of another threshold', 'STATEMENTS_DIFFER', () => of({ threshold: 3 })],
    ['of another kind', 'STATEMENTS_DIFFER', () => of({ kind: 'iban' })],
    ['with other keys', 'STATEMENTS_DIFFER', () => ({ ...of({}), keys: sorted(5) })],
    ['with fewer keys', 'STATEMENTS_DIFFER', () => ({ ...of({}), keys: keys.slice(WIDTH) })],
    ['with no keys', 'STATEMENTS_DIFFER', () => ({ ...of({}), keys: new Uint8Array() })],
    ['of another size', 'STATEMENTS_DIFFER', () => of({ size: 4 })],
    [
      'with keys out of order',
      'STATEMENTS_DIFFER',
      () => of({}, concat(keys.slice(WIDTH), keys.slice(0, WIDTH))),
    ],
    ['with a key twice', 'STATEMENTS_DIFFER', () => of({}, concat(keys.slice(0, WIDTH), keys))],
    ['with half a key', 'STATEMENTS_DIFFER', () => of({ size: 1 }, keys.slice(3))],
    ['with a field too many', 'BAD_REQUEST', () => of({ extra: 1 } as Partial<Body>)],
    ['of no salt', 'BAD_REQUEST', () => of({ salt: '' })],
    ['keys for an answer to owners', 'STATEMENTS_DIFFER', () => of({ rule: 'host-t2-owners' })],
  ])('%s', async (_, code, make) => {
    await expectNothing(encodePublication(make()), code)
  })

  test('and a good one beside it comes into force neither', async () => {
    const body = encodePublication(of({}), of({ rule: 'host-t3', threshold: 2 }))
    await expectNothing(body, 'STATEMENTS_DIFFER')
  })

  test('the same rule twice', async () => {
    const body = encodePublication(of({}), of({}, sorted(2)))
    await expectNothing(body, 'STATEMENTS_DIFFER')
  })

  test('for who may not hold its keys', async () => {
    await expectNothing(encodePublication(of({})), 'STATEMENTS_DIFFER', outsider)
    const bare = { ...of({}), keys: new Uint8Array() }
    expect((await publish(encodePublication(bare), outsider)()).status).toBe(200)
    expect((await inForce(outsider))?.keys).toHaveLength(0)
  })
})

test('bytes that are no lists', async () => {
  const good = encodePublication(publicationOf(federation, sorted(3)))
  const nested = '['.repeat(300_000) + ']'.repeat(300_000)
  const forms = [
    new Uint8Array(),
    new Uint8Array([0, 0]),
    new Uint8Array([255, 255]),
    random(200),
    good.slice(0, -1),
    concat(good, new Uint8Array(1)),
    encodePublication({ statements: [], keys: new Uint8Array() }),
    encodePublication({ statements: [1, 2, 3], keys: new Uint8Array() }),
    jcs({ ok: true }),
    concat(good.slice(0, 2), new Uint8Array([0, 9, 39, 192]), new TextEncoder().encode(nested)),
  ]
  for (const body of forms) await expectNothing(body, 'BAD_REQUEST')
})

test('an older list does not come back', async () => {
  const old = encodePublication(
    publicationOf(federation, sorted(4), {
      createdAt: new Date(Date.now() - 60_000).toISOString(),
    }),
  )
  expect((await publish(old)()).status).toBe(200)
  const fresh = encodePublication(publicationOf(federation, sorted(2)))
  expect((await publish(fresh)()).status).toBe(200)
  const current = await inForce(victim)
  expect(current?.keys).toHaveLength(2 * WIDTH)
  const added = await victim.adds(publish(old))
  expect(added.map(({ type }) => type)).not.toContain('list.accepted')
  expect(await inForce(victim)).toEqual(current)
  expect((await publish(fresh)()).status).toBe(200)
})

test('who may hold no keys is handed none', async () => {
  const { body } = await post(outsider, victim, 'lists/current', { kind: 'host' })
  const keys = (await inForce(victim))!.keys
  expect(Buffer.from(body).includes(Buffer.from(keys.subarray(0, WIDTH)))).toBe(false)
  const { body: theirs } = await post(liar, victim, 'lists/current', { kind: 'host' })
  expect(Buffer.from(theirs).includes(Buffer.from(keys.subarray(0, WIDTH)))).toBe(true)
  for (const kind of ['', 'iban', '__proto__']) {
    const answer = await post(liar, victim, 'lists/current', { kind })
    expect(fromUtf8(answer.body)).toBe('\0\0')
  }
})

test('a peer that answers catching up with rubbish does not keep others from being heard', async () => {
  // It is asked first, before the others.
  const undo = outsider.lie('keys/current', async () => ({ key: { kind: 'host' } }))
  const keys = sorted(3)
  const platform = federation.member('platform')
  const made = encodePublication(publicationOf(federation, keys))
  await liar.ctx.call('platform', 'rounds/publish', made)
  await victim.restart()
  await expect.poll(async () => (await inForce(victim))?.keys.length).toBe(keys.length)
  undo()
  expect((await inForce(platform))?.keys).toEqual((await inForce(victim))?.keys)
})

describe('while a round is under way', () => {
  test('lists of another announcement, or not all of its rules', async () => {
    await victim.generateKey()
    for (const member of federation.members) await member.flag(['both.example'])
    const lead = await Lead.open(federation, liar)
    await lead.commitments()
    const { digest } = victim.rounds.find(lead.round)!
    const keys = sorted(1)
    const make = (change: Partial<Body>) =>
      publicationOf(federation, keys, { round: lead.round, announcement: digest, ...change })
    await expectNothing(
      encodePublication(make({ announcement: '0'.repeat(64) })),
      'STATEMENTS_DIFFER',
    )
    await expectNothing(encodePublication(make({})), 'STATEMENTS_DIFFER')
    expect(victim.rounds.find(lead.round)).toBeDefined()
  })
})
