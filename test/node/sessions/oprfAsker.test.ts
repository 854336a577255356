/** An asker that lies to a key holder: refused with a code, entered in the holder's log, nothing evaluated. */

import { ByteReader, ByteWriter, concat, signerFromSeed, utf8 } from '@drempel/protocol/encoding'
import { sizeBucket } from '@drempel/protocol/log'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Federation, random } from '../kit/federation.ts'
import type { Member } from '../kit/member.ts'
import { clientOf, expectRefusal, fetchRaw, post, signed } from '../kit/peer.ts'
import { ask, elements, encodeQuestion, intend, questionOf } from '../kit/question.ts'

const QUOTA = 40
const BATCH = 20
const LIST_CAP = 1_000

let federation: Federation
let asker: Member
let holder: Member

beforeAll(async () => {
  federation = await Federation.open({
    kinds: ['host', 'domain'],
    rules: [
      { kind: 'host', t: 2 },
      { kind: 'domain', t: 2 },
    ],
    quotaPerDay: QUOTA,
    maxBatch: BATCH,
    listCap: LIST_CAP,
    amend: (convenant) => ({ ...convenant, suspended: ['bank-b'] }),
  })
  asker = federation.member('platform')
  holder = federation.member('telecom')
  await federation.member('bank-a').generateKey()
})

afterAll(() => federation.close())

afterEach(() => {
  federation.clock.ahead = 0
})

const evaluate = (body: Uint8Array) => () => post(asker, holder, 'oprf/evaluate', body)
const refused = (reason: string, from = asker.id) =>
  ({ type: 'oprf.refused', reason, parties: [from] }) as const

/** The holder answers an honest question, so what came before did it no harm. */
async function expectHonestAnswer(): Promise<void> {
  const blinded = elements(1)
  const question = { protocol: 'check', purpose: 'fraude-onderzoek' }
  const { status, body } = await evaluate(await ask(asker, blinded, { question }))()
  expect(status).toBe(200)
  expect(new ByteReader(body).block(32).length).toBe(32)
}

test('an honest question is answered, and entered once', async () => {
  const added = await holder.adds(expectHonestAnswer)
  expect(added).toMatchObject([{ type: 'oprf.evaluated', parties: [asker.id] }])
})

test('without an intent', async () => {
  const blinded = elements(2)
  for (const receipt of ['', 'x', 'c2sp.org/tlog-proof@v1\n']) {
    const body = encodeQuestion(questionOf(), receipt, blinded)
    const { problem } = await expectRefusal(holder, evaluate(body), 'BAD_RECEIPT', {
      ...refused('BAD_RECEIPT'),
    })
    expect(problem.culprit).toBe(asker.id)
  }
  await expectHonestAnswer()
})

test('with the intent of another batch', async () => {
  const question = questionOf()
  const receipt = await intend(asker, question, elements(2))
  const body = encodeQuestion(question, receipt, elements(2))
  const { problem } = await expectRefusal(holder, evaluate(body), 'INTENT_MISMATCH', {
    ...refused('INTENT_MISMATCH'),
    txid: question.txid,
  })
  expect(problem.at).toBe('batch')
})

test.each([
  ['kind', 'domain'],
  ['purpose', 'klantacceptatie'],
  ['rule', 'domain-t2'],
  ['epoch', '2'],
  ['protocol', 'check'],
  ['txid', '00'.repeat(16)],
  ['parties', ['bank-a', 'platform']],
  ['sizeBucket', sizeBucket(2_000)],
] as const)('with an intent of another %s', async (field, value) => {
  const body = await ask(asker, elements(2), { intent: { [field]: value } })
  const attempt = expectRefusal(holder, evaluate(body), 'INTENT_MISMATCH')
  expect((await attempt).problem.at).toBe(field)
})

test("with an intent in another member's log", async () => {
  const blinded = elements(2)
  const question = questionOf()
  const receipt = await intend(federation.member('bank-a'), question, blinded)
  const body = encodeQuestion(question, receipt, blinded)
  const { problem } = await expectRefusal(holder, evaluate(body), 'INTENT_MISMATCH', {
    ...refused('INTENT_MISMATCH'),
  })
  expect(problem.at).toBe('origin')
})

test('with an intent whose checkpoint another member signed', async () => {
  const blinded = elements(2)
  const question = questionOf()
  const receipt = await intend(asker, question, blinded)
  const other = await intend(federation.member('bank-a'), question, blinded)
  // The signature is the last line of either.
  const last = (text: string) => text.trimEnd().split('\n').at(-1)!
  const bent = receipt.replace(last(receipt), last(other))
  const { status, problem } = await evaluate(encodeQuestion(question, bent, blinded))()
  expect(status).toBe(422)
  expect(problem.culprit).toBe(asker.id)
})

test('with a stale intent', async () => {
  const body = await ask(asker, elements(2))
  federation.clock.ahead = 17 * 60_000
  await expectRefusal(holder, evaluate(body), 'INTENT_STALE', refused('INTENT_STALE'))
})

test('of an epoch or kind without a key', async () => {
  for (const question of [{ epoch: '2' }, { kind: 'domain', rule: 'domain-t2' }]) {
    const body = await ask(asker, elements(2), { question })
    await expectRefusal(holder, evaluate(body), 'NO_KEY', refused('NO_KEY'))
  }
})

test('with a transaction that was served before', async () => {
  const body = await ask(asker, elements(1), { question: { protocol: 'check' } })
  expect((await evaluate(body)()).status).toBe(200)
  await expectRefusal(holder, evaluate(body), 'TXID_REPLAYED', refused('TXID_REPLAYED'))
})

test('with two requests of one transaction at once: one is served', async () => {
  const body = await ask(asker, elements(1), { question: { protocol: 'check' } })
  const answers = await Promise.all(Array.from({ length: 4 }, evaluate(body)))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409])
})

test('with more than the purpose allows in one batch', async () => {
  const body = await ask(asker, elements(BATCH + 1))
  const { problem } = await expectRefusal(holder, evaluate(body), 'REFUSED', {
    ...refused('BATCH_TOO_LARGE'),
  })
  expect(problem.at).toBe('BATCH_TOO_LARGE')
})

test.each([
  ['UNKNOWN_PURPOSE', { purpose: 'curiosity' }],
  ['UNKNOWN_PURPOSE', { purpose: 'constructor' }],
  ['UNKNOWN_RULE', { rule: 'host-t1' }],
  ['RULE_OF_OTHER_KIND', { rule: 'domain-t2' }],
  ['ASKER_NOT_ALLOWED', { purpose: 'klantacceptatie', protocol: 'check' }],
] as const)('for what the convenant does not allow: %s', async (code, question) => {
  const body = await ask(asker, elements(1), { question })
  const { problem } = await expectRefusal(holder, evaluate(body), 'REFUSED', refused(code))
  expect(problem.at).toBe(code)
})

test.each([
  [['telecom']],
  [['bank-b', 'platform', 'telecom']],
  [['bank-a', 'nobody', 'platform', 'telecom']],
])('of recipients that are no quorum in good standing: %j', async (parties) => {
  const body = await ask(asker, elements(1), { intent: { parties } })
  await expectRefusal(holder, evaluate(body), 'REFUSED', refused('RECIPIENTS_INVALID'))
})

test('as a suspended member, or as nobody', async () => {
  const suspended = federation.member('bank-b')
  const body = await ask(suspended, elements(1))
  await expectRefusal(
    holder,
    () => post(suspended, holder, 'oprf/evaluate', body),
    'REFUSED',
    refused('MEMBER_SUSPENDED', 'bank-b'),
  )
  const nobody = clientOf(federation, { id: 'nobody', signer: signerFromSeed(random(32)) })
  const unknown = () => post(asker, holder, 'oprf/evaluate', body, nobody)
  await expect(unknown()).resolves.toMatchObject({ status: 401, problem: { code: 'UNKNOWN_PEER' } })
  const posing = clientOf(federation, { id: 'platform', signer: signerFromSeed(random(32)) })
  const pretending = () => post(asker, holder, 'oprf/evaluate', body, posing)
  await expectRefusal(holder, pretending, 'SIGNATURE_INVALID', { type: 'peer.refused' })
  nobody.close()
  posing.close()
})

test.each([
  ['the identity', new Uint8Array(32), 'IDENTITY_ELEMENT'],
  ['a non-canonical encoding', new Uint8Array(32).fill(0xff), 'BAD_ELEMENT'],
  // Negative field element; and a point of order 8 of edwards25519, which ristretto255 has not.
  ['a negative encoding', new Uint8Array(32).map((_, i) => (i === 0 ? 1 : 0)), 'BAD_ELEMENT'],
  [
    'a point of small order',
    Uint8Array.from(
      Buffer.from('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'hex'),
    ),
    'BAD_ELEMENT',
  ],
])('with %s among the elements', async (_, element, code) => {
  const body = await ask(asker, concat(elements(1), element))
  await expectRefusal(holder, evaluate(body), code, refused(code))
  await expectRefusal(holder, evaluate(body), 'TXID_REPLAYED')
})

test('with half an element, none, or too many', async () => {
  for (const length of [31, 33, 63]) {
    const body = await ask(asker, random(length))
    await expectRefusal(holder, evaluate(body), 'REFUSED', refused('COUNT_INVALID'))
  }
  const none = await ask(asker, new Uint8Array())
  await expectRefusal(holder, evaluate(none), 'REFUSED', refused('COUNT_INVALID'))
  const many = encodeQuestion(questionOf(), 'x', new Uint8Array(70_000 * 32))
  await expectRefusal(holder, evaluate(many), 'BAD_REQUEST', {
    type: 'peer.refused',
    reason: 'BAD_REQUEST',
    parties: [asker.id],
  })
  const huge = new Uint8Array(4 << 20)
  await expectRefusal(holder, evaluate(huge), 'BODY_TOO_LARGE', { type: 'peer.refused' })
  await expectHonestAnswer()
})

test('with bytes that are no request', async () => {
  const good = await ask(asker, elements(1))
  const header = (text: string) =>
    new ByteWriter().block(utf8(text)).block(utf8('x')).block(elements(1)).finish()
  const bodies = [
    new Uint8Array(),
    random(100),
    good.subarray(0, good.length - 1),
    concat(good, new Uint8Array(1)),
    header('{}'),
    header(`${'['.repeat(20_000)}${']'.repeat(20_000)}`),
    header('{"a":1} '),
    new ByteWriter().block(random(40)).block(random(40)).block(random(32)).finish(),
    encodeQuestion({ ...questionOf(), extra: 1 }, 'x', elements(1)),
    encodeQuestion({ ...questionOf(), kind: '__proto__' }, 'x', elements(1)),
    encodeQuestion({ ...questionOf(), epoch: '01' }, 'x', elements(1)),
    encodeQuestion({ ...questionOf(), txid: 'AA'.repeat(16) }, 'x', elements(1)),
  ]
  for (const body of bodies) {
    await expectRefusal(holder, evaluate(body), 'BAD_REQUEST', {
      type: 'peer.refused',
      reason: 'BAD_REQUEST',
    })
  }
  await expectHonestAnswer()
})

test('unsigned, replayed, redirected, of another time, or with another body', async () => {
  const body = await ask(asker, elements(1), { question: { protocol: 'check' } })
  const request = signed(asker, holder, 'oprf/evaluate', body)
  const { 'content-digest': digest, ...unsigned } = request.headers
  const entry = (reason: string) => ({ type: 'peer.refused', reason })
  const attempts: readonly (readonly [string, typeof request])[] = [
    ['SIGNATURE_MISSING', { ...request, headers: {} as typeof request.headers }],
    ['SIGNATURE_MISSING', { ...request, headers: unsigned as typeof request.headers }],
    ['SIGNATURE_INVALID', { ...request, url: request.url.replace('oprf/evaluate', 'keys/begin') }],
    ['DIGEST_MISMATCH', { ...request, body: concat(body, new Uint8Array(1)) }],
    ['CLOCK_SKEW', signed(asker, holder, 'oprf/evaluate', body, Date.now() - 120_000)],
  ]
  expect(digest).toMatch(/^sha-256/)
  for (const [code, bent] of attempts) {
    await expectRefusal(holder, () => fetchRaw(bent), code, entry(code))
  }
  expect((await fetchRaw(request)).status).toBe(200)
  await expectRefusal(holder, () => fetchRaw(request), 'REPLAYED', entry('REPLAYED'))
})

test("beyond the holder's share of quota and budget", async () => {
  const share = Math.floor((QUOTA * 3) / 4)
  const today = `evaluated/${asker.id}/fraude-onderzoek`
  const used = await holder.ctx.store.usage.used(today, new Date().toISOString().slice(0, 10))
  expect(used).toBeLessThan(share)
  for (let left = share - used; left > 0; left -= BATCH) {
    const body = await ask(asker, elements(Math.min(left, BATCH)))
    expect((await evaluate(body)()).status).toBe(200)
  }
  const one = await ask(asker, elements(1), { question: { protocol: 'check' } })
  await expectRefusal(holder, evaluate(one), 'REFUSED', refused('QUOTA_EXCEEDED'))
  // The tagging of flags has its own budget: twice the cap of a list, of which a holder grants q/n.
  const { epochBudget } = federation.convenant.kinds[0]!
  const many = elements(1_500)
  const tags = (blinded: Uint8Array) => {
    const { purpose, rule, ...question } = questionOf({ protocol: 'tag' })
    return intend(asker, question, blinded).then((receipt) =>
      encodeQuestion(question, receipt, blinded),
    )
  }
  expect(epochBudget).toBe(Math.ceil((2 * LIST_CAP * 4) / 3))
  expect((await evaluate(await tags(many))()).status).toBe(200)
  const over = await tags(many)
  await expectRefusal(holder, evaluate(over), 'REFUSED', refused('BUDGET_EXCEEDED'))
})

test('a flood of refused requests does not fill the log', async () => {
  // Counted by the minute: all of it in one.
  federation.clock.ahead = 60_000 - (Date.now() % 60_000)
  const added = await holder.adds(async () => {
    for (let i = 0; i < 100; i++) await post(asker, holder, 'oprf/evaluate', new Uint8Array(1))
  })
  expect(added.length).toBeLessThanOrEqual(60)
})
