/** A key holder that lies in a key generation: named, entered, no half key, and the next one succeeds. */

import { enterRest } from '@drempel/node/internal/sessions'
import {
  base64,
  fromBase64,
  type Json,
  jcs,
  ProtocolError,
  parseJcs,
  utf8,
} from '@drempel/protocol/encoding'
import { encodeTranscript, signTranscript } from '@drempel/protocol/oprf'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { bend } from '../kit/bend.ts'
import { Holder, resign, type Session, type Statement, sessionOf } from '../kit/dkg.ts'
import { Federation, random } from '../kit/federation.ts'
import type { Lie, Member } from '../kit/member.ts'
import { expectRefusal, post } from '../kit/peer.ts'

const HOLDERS = ['bank-a', 'bank-b', 'telecom']

let federation: Federation
let leader: Member
let liar: Member
let outsider: Member
let undo: (() => void)[] = []

beforeAll(async () => {
  federation = await Federation.open({
    rules: [{ kind: 'host', t: 2 }],
    keyHolders: { members: HOLDERS, quorum: 3 },
  })
  leader = federation.member('bank-a')
  liar = federation.member('telecom')
  outsider = federation.member('platform')
})

afterAll(() => federation.close())

afterEach(() => {
  for (const each of undo) each()
  undo = []
})

const lie = (step: string, answer: Lie, by = liar) => {
  undo.push(by.lie(`keys/${step}`, answer))
}

/** Current epochs at all members; the same everywhere. */
async function epoch(): Promise<string | null> {
  const rows = await Promise.all(
    federation.members.map(({ ctx }) => ctx.store.keys.current('host')),
  )
  const shown = rows.map((row) => (row === null ? null : `${row.epoch} ${base64(row.transcript)}`))
  expect(new Set(shown).size).toBe(1)
  for (const [i, { id }] of federation.members.entries()) {
    expect((rows[i]?.sealedShare ?? null) !== null).toBe(rows[i] !== null && HOLDERS.includes(id))
  }
  return rows[0]?.epoch ?? null
}

/** The generation fails with this code and culprit, and changes nothing. */
async function expectFailure(expected: { code: string; culprit: string; at?: unknown }) {
  const before = await epoch()
  const entries = await leader.adds(async () => {
    await expect(leader.generateKey()).rejects.toMatchObject(expected)
  })
  expect(entries).toMatchObject([{ type: 'key.failed', parties: [expected.culprit] }])
  expect(await epoch()).toBe(before)
}

/** What failed before does not stand in the way of the next. */
async function expectSuccess() {
  const before = await epoch()
  await leader.generateKey()
  expect(Number(await epoch())).toBeGreaterThan(Number(before ?? 0))
}

const asStatement = (value: unknown) => value as Statement
const asJson = (value: unknown) => value as Json

/** Bends the broadcast, or each share, that the liar would have sent. */
const bendBroadcast = (bend: (statement: Statement) => Statement | Json) =>
  lie('begin', async (_from, _body, honest) => asJson(bend(asStatement(await honest()))))
const bendShares = (bend: (shares: Statement[]) => Statement[]) =>
  lie('shares', async (_from, _body, honest) => {
    const { shares } = (await honest()) as unknown as { shares: Statement[] }
    return asJson({ shares: bend(shares) })
  })

const flip = (text: string, at: number) => {
  const bytes = fromBase64(text)
  bytes[at < 0 ? bytes.length + at : at]! ^= 1
  return base64(bytes)
}

describe('a holder whose first message is false', () => {
  test.each<[string, string, (statement: Statement) => Statement | Json]>([
    ['is no statement', 'BAD_REQUEST', () => ({ ok: true })],
    [
      'has a signature that is none',
      'BAD_STATEMENT',
      (s) => ({ ...s, signature: flip(s.signature, 5) }),
    ],
    [
      'has a false proof of possession',
      'BAD_POSSESSION',
      (s) => resign(liar, 'dkg.round1', s, { message: flip(s.body.message, -1) }),
    ],
    [
      'has no form',
      'BAD_MESSAGE',
      (s) => resign(liar, 'dkg.round1', s, { message: base64(random(99)) }),
    ],
    [
      'is of another session',
      'STATEMENTS_DIFFER',
      (s) => resign(liar, 'dkg.round1', s, { session: '0'.repeat(64) }),
    ],
    [
      'is for one only',
      'STATEMENTS_DIFFER',
      (s) => resign(liar, 'dkg.round1', s, { to: 'bank-a' }),
    ],
    ["is another holder's", 'MISSING_HOLDER', (s) => resign(leader, 'dkg.round1', s, {})],
  ])('%s', async (_, code, bend) => {
    bendBroadcast(bend)
    await expectFailure({ code, culprit: 'telecom' })
  })

  test('and the next generation succeeds', expectSuccess)
})

describe('a holder whose shares are false', () => {
  test.each<[string, unknown, (shares: Statement[]) => Statement[]]>([
    [
      'bent',
      expect.stringMatching(/BAD_SHARE/),
      (shares) =>
        shares.map((s) => resign(liar, 'dkg.share', s, { message: flip(s.body.message, -1) })),
    ],
    [
      'swapped',
      expect.stringMatching(/WRONG_RECIPIENT|BAD_SHARE/),
      ([a, b]) => [
        resign(liar, 'dkg.share', a!, { to: b!.body.to }),
        resign(liar, 'dkg.share', b!, { to: a!.body.to }),
      ],
    ],
  ])('%s, to all', async (_, at, bend) => {
    bendShares(bend)
    await expectFailure({ code: expect.any(String), culprit: 'telecom' } as never)
    expect(at).toBeDefined()
  })

  test('bent for one: that one says so, and it stands in its log', async () => {
    const victim = federation.member('bank-b')
    bendShares((shares) =>
      shares.map((s) =>
        s.body.to === victim.id
          ? resign(liar, 'dkg.share', s, { message: flip(s.body.message, -1) })
          : s,
      ),
    )
    const before = (await victim.entries()).length
    await expectFailure({ code: 'KEY_FAILED', culprit: 'telecom', at: 'bank-b: BAD_SHARE' })
    const [entry] = (await victim.entries()).slice(before)
    expect(entry).toMatchObject({ type: 'key.failed', parties: ['telecom'], reason: 'BAD_SHARE' })
  })

  test('missing for one', async () => {
    bendShares((shares) => shares.filter(({ body }) => body.to !== 'bank-a'))
    await expectFailure({ code: 'MISSING_HOLDER', culprit: 'telecom' })
  })

  test('sent twice', async () => {
    bendShares((shares) => [...shares, ...shares])
    await expectFailure({ code: 'DUPLICATE_HOLDER', culprit: 'telecom' })
  })

  test('and the next generation succeeds', expectSuccess)
})

describe('a holder whose last message is false', () => {
  type Finished = { transcript: string; statement: { signature: string; body: object } }
  const bendFinish = (bend: (finished: Finished) => object) =>
    lie('finish', async (_from, _body, honest) =>
      asJson(bend((await honest()) as unknown as Finished)),
    )

  test('another transcript', async () => {
    bendFinish(({ transcript, statement }) => ({ transcript: flip(transcript, 90), statement }))
    await expectFailure({ code: 'STATEMENTS_DIFFER', culprit: 'telecom' })
  })

  test('the same transcript, badly signed', async () => {
    bendFinish(({ transcript, statement }) => ({
      transcript,
      statement: { ...statement, signature: flip(statement.signature, 0) },
    }))
    await expectFailure({ code: 'BAD_STATEMENT', culprit: 'telecom' })
  })

  test('no more than garbage', async () => {
    lie('finish', async () => random(10))
    await expectFailure({ code: 'BAD_REQUEST', culprit: 'telecom' })
  })

  test('and the next generation succeeds', expectSuccess)

  test('a holder that will not install has its share all the same, and fetches the rest', async () => {
    lie('install', async () => {
      throw new TypeError('down')
    })
    const row = await leader.generateKey()
    expect((await liar.ctx.store.keys.current('host'))?.epoch).not.toBe(row.epoch)
    for (const each of undo) each()
    undo = []
    await liar.restart()
    const caughtUp = async () => (await liar.ctx.store.keys.current('host'))?.epoch === row.epoch
    await expect.poll(caughtUp).toBe(true)
    expect(await epoch()).toBe(row.epoch)
  })
})

/** The liar leads: it tells the two others what it likes, and has two polynomials. */
async function generations(session: Session) {
  const [one, two] = [0, 1].map(() => new Holder(federation, liar, session)) as [Holder, Holder]
  const others = ['bank-a', 'bank-b']
  const begun: Statement[] = []
  for (const id of others) begun.push((await one.step(id, 'begin', session)).json)
  const run = async (self: Holder) => {
    const broadcasts = [...begun, self.broadcast]
    const shares = self.shares(broadcasts)
    for (const id of others) {
      const { status, json } = await self.step(id, 'shares', asJson({ session, broadcasts }))
      if (status === 200) shares.push(...(json as { shares: Statement[] }).shares)
    }
    const answers = []
    for (const id of others) {
      const mine = shares.filter(({ body }) => body.to === id)
      answers.push(await self.step(id, 'finish', asJson({ session, broadcasts, shares: mine })))
    }
    return { broadcasts, shares, answers }
  }
  return { one, two, run }
}

describe('a liar that leads', () => {
  const next = async (change: Partial<Session> = {}) =>
    sessionOf(federation, { epoch: String(Number(await epoch()) + 1), ...change })

  test('can run an honest generation', async () => {
    const session = await next()
    const { one, run } = await generations(session)
    const { broadcasts, shares, answers } = await run(one)
    const { transcript } = one.finish(broadcasts, shares)
    const statements = [
      ...answers.map(({ json }) => (json as { statement: Json }).statement),
      signTranscript(transcript, liar.id, liar.ctx.signer) as unknown as Json,
    ]
    const { kind } = session
    const install = { kind, epoch: session.epoch, transcript: base64(encodeTranscript(transcript)) }
    // Who holds no share may bring it too, but nobody may leave a signature out or make one up.
    const forged = statements.map((statement, i) =>
      i === 0 ? { ...asStatement(statement), signature: base64(random(64)) } : statement,
    )
    const bring = (body: object) => () =>
      post(outsider, leader, 'keys/install', asJson({ ...install, ...body }))
    await expectRefusal(leader, bring({ statements: forged }), 'BAD_STATEMENT')
    await expectRefusal(leader, bring({ statements: statements.slice(1) }), 'MISSING_SIGNATURE')
    await expectRefusal(leader, bring({ statements: [] }), 'MISSING_SIGNATURE')
    const bent = { statements, transcript: flip(install.transcript, 90) }
    expect((await bring(bent)()).status).toBeGreaterThanOrEqual(400)
    const later = { statements, epoch: String(Number(session.epoch) + 1) }
    await expectRefusal(leader, bring(later), 'WRONG_CONTEXT')
    // Its own share it never made here: it has no business with the key.
    const own = () => post(outsider, liar, 'keys/install', asJson({ ...install, statements }))
    await expectRefusal(liar, own, 'NO_KEY')
    expect((await bring({ statements })()).status).toBe(200)
    expect((await bring({ statements })()).status).toBe(200)
    // Now bank-b and the outsider learn of it too; the liar's node has no share and goes without.
    await leader.generateKey()
    await epoch()
  })

  test("can't get two transcripts of one epoch signed", async () => {
    const session = await next()
    const { one, two, run } = await generations(session)
    const first = await run(one)
    expect(first.answers.map(({ status }) => status)).toEqual([200, 200])
    const second = await run(two)
    expect(second.answers.map(({ problem }) => problem.code)).toEqual([
      'BAD_REQUEST',
      'BAD_REQUEST',
    ])
    // Nor by another session of the same epoch.
    const again = { ...session, session: '1'.repeat(64) }
    expect((await one.step('bank-a', 'begin', again)).problem.code).toBe('BUSY')
    await leader.generateKey()
    await epoch()
  })

  test("can't have two sessions of one epoch open", async () => {
    const session = await next()
    const { one, run } = await generations(session)
    const other = { ...session, session: '2'.repeat(64) }
    expect((await one.step('bank-a', 'begin', other)).status).toBe(200)
    const { answers } = await run(one)
    expect(answers[0]!.problem).toMatchObject({ code: 'BAD_REQUEST', culprit: 'telecom' })
    await leader.generateKey()
  })

  test('tells holders different things: their transcripts differ, and no key comes of it', async () => {
    const session = await next()
    const { one, two } = await generations(session)
    const broadcast = asStatement((await one.step('bank-b', 'begin', session)).json)
    const begun = asStatement((await one.step('bank-a', 'begin', session)).json)
    const told = (self: Holder) => [begun, broadcast, self.broadcast]
    const shares = async (self: Holder, to: string) => {
      const from = HOLDERS.filter((id) => id !== to && id !== liar.id)[0]!
      const body = asJson({ session, broadcasts: told(self) })
      const reply = (await self.step(from, 'shares', body)).json as { shares: Statement[] }
      return [...reply.shares, ...self.shares(told(self))].filter(({ body }) => body.to === to)
    }
    const plans = [
      { self: one, to: 'bank-a', shares: await shares(one, 'bank-a') },
      { self: two, to: 'bank-b', shares: await shares(two, 'bank-b') },
    ]
    const digests = []
    for (const { self, to, shares } of plans) {
      const body = { session, broadcasts: told(self), shares }
      const { status, json } = await self.step(to, 'finish', asJson(body))
      expect(status).toBe(200)
      digests.push((json as { statement: { body: { digest: string } } }).statement.body.digest)
    }
    expect(digests[0]).not.toBe(digests[1])
    const before = await epoch()
    await leader.generateKey()
    expect(Number(await epoch())).toBeGreaterThan(Number(before))
  })

  test.each<[string, string, () => Partial<Session>]>([
    ['an epoch that exists', 'BUSY', () => ({ epoch: '1' })],
    ['an epoch far ahead', 'BAD_REQUEST', () => ({ epoch: '999999999' })],
    ['no epoch', 'BAD_REQUEST', () => ({ epoch: '0' })],
    ['another convenant', 'CONVENANT_DIFFERS', () => ({ convenant: '0'.repeat(64) })],
    ['no session', 'BAD_REQUEST', () => ({ session: 'x' })],
    ['another kind', 'BAD_REQUEST', () => ({ kind: '__proto__' })],
  ])('begins with %s', async (_, code, change) => {
    const session = await next(change())
    const begin = () => post(liar, leader, 'keys/begin', asJson(session))
    await expectRefusal(leader, begin, code)
  })

  test('goes on with a session that never began', async () => {
    const session = await next()
    const share = () => post(liar, leader, 'keys/shares', asJson({ session, broadcasts: [] }))
    await expectRefusal(leader, share, 'BAD_REQUEST')
  })
})

describe('a generation of which nothing came', () => {
  const failures = async () =>
    (await leader.entries()).flatMap((one) => (one.type === 'key.failed' ? [one] : []))
  const bent = () => bendShares((shares) => shares.map((s) => ({ ...s, signature: '' })))

  test('since its leader stopped is entered when that starts, once', async () => {
    const before = (await failures()).length
    const asked = Promise.withResolvers<void>()
    lie('shares', () => {
      asked.resolve()
      return new Promise(() => {})
    })
    const led = leader.generateKey().catch((error: unknown) => error)
    await asked.promise
    await leader.restart()
    expect(await led).toBeInstanceOf(Error)
    for (let starts = 0; starts < 2; starts++) {
      expect((await failures()).slice(before)).toMatchObject([
        { kind: 'host', role: 'key-holder', reason: 'NODE_RESTARTED', parties: ['bank-a'] },
      ])
      await leader.restart()
    }
  })

  test('is not blamed on the restart that cut its entry off from the note of that', async () => {
    bent()
    const restore = bend(leader.ctx.store.meta, 'set', (set) => async (key, value) => {
      if (!key.startsWith('dkg-led/') || value !== '') return set(key, value)
      throw new ProtocolError('STORE_FAILED')
    })
    const before = (await failures()).length
    await expect(leader.generateKey()).rejects.toMatchObject({ culprit: 'telecom' })
    restore()
    await leader.restart()
    expect((await failures()).slice(before)).toMatchObject([{ parties: ['telecom'] }])
  })

  test('has the entry that there was no room for when there is, with its own reason', async () => {
    bent()
    const before = (await failures()).length
    const restore = bend(leader.ctx.audit, 'append', (append) => async (event, record) => {
      if (event.type === 'key.failed') throw new ProtocolError('LOG_UNAVAILABLE')
      return append(event, record)
    })
    await expect(leader.generateKey()).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
    // Nor is another begun without it.
    await expect(leader.generateKey()).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
    restore()
    for (let times = 0; times < 2; times++) await enterRest(leader.ctx)
    expect((await failures()).slice(before)).toMatchObject([{ parties: ['telecom'] }])
  })

  test('stands in the way of none', expectSuccess)
})

test('who holds no share neither leads nor takes part', async () => {
  const session = sessionOf(federation, { epoch: '99' })
  const begin = () => post(outsider, leader, 'keys/begin', asJson(session))
  const { problem } = await expectRefusal(leader, begin, 'NOT_HOLDER')
  expect(problem.culprit).toBe('platform')
  const there = () => post(liar, outsider, 'keys/begin', asJson(session))
  await expectRefusal(outsider, there, 'NOT_HOLDER')
  await expect(outsider.generateKey()).rejects.toMatchObject({ code: 'NOT_HOLDER' })
})

test("an older epoch's key does not come back at a node that missed it", async () => {
  await outsider.stop()
  const old = await leader.generateKey()
  const current = await leader.generateKey()
  await outsider.restart()
  const caughtUp = async () => (await outsider.ctx.store.keys.current('host'))?.epoch
  await expect.poll(caughtUp).toBe(current.epoch)
  const install = {
    kind: 'host',
    epoch: old.epoch,
    transcript: base64(old.transcript),
    statements: old.signatures,
  }
  const replay = () => post(liar, outsider, 'keys/install', asJson(install))
  await expectRefusal(outsider, replay, 'KEY_EXPIRED')
  expect(await epoch()).toBe(current.epoch)
})

test('bodies that are no requests', async () => {
  for (const step of ['begin', 'shares', 'finish', 'install', 'current']) {
    for (const body of [new Uint8Array(), random(50), utf8('{"a":1}'), utf8('[]'), jcs(null)]) {
      const send = () => post(liar, leader, `keys/${step}`, body)
      await expectRefusal(leader, send, 'BAD_REQUEST')
    }
  }
  const { body } = await post(liar, leader, 'keys/current', { kind: 'host' })
  expect(parseJcs(body)).toHaveProperty('key.statements')
})
