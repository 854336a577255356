/** A purpose that asks four eyes: who puts a question can't ask it until somebody else agreed. */

import { createRetention } from '@drempel/node/internal/sessions'
import type { CheckResponse, QuestionView } from '@drempel/protocol/api'
import { fromHex, jcs } from '@drempel/protocol/encoding'
import { sealedCommit } from '@drempel/protocol/log'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Federation } from '../kit/federation.ts'
import { eventually, type Member } from '../kit/member.ts'
import { readProblem } from '../kit/peer.ts'

const PURPOSE = 'fraude-onderzoek'
const DAY = 86_400_000

let federation: Federation
let asker: Member
let ann: string
let ben: string

beforeAll(async () => {
  federation = await Federation.open({
    amend: (convenant) => ({
      ...convenant,
      purposes: convenant.purposes.map((purpose) => ({ ...purpose, fourEyes: true })),
    }),
  })
  for (const member of federation.members) await member.flag(['over.example'])
  asker = federation.member('bank-a')
  ann = await asker.person('ann', 'analyst')
  ben = await asker.person('ben', 'analyst')
  await asker.generateKey()
  expect(await asker.round()).toMatchObject({ state: 'published' })
})

afterAll(() => federation.close())

const question = {
  kind: 'host',
  purpose: PURPOSE,
  rule: 'host-t2',
  value: 'over.example',
  case: 'Z-9',
}

async function put(token = ann): Promise<QuestionView> {
  const { status, json } = await asker.api('POST', '/questions', question, token)
  expect(status).toBe(201)
  return json as QuestionView
}
const send = (id: string, step: string, body: object, token: string) =>
  asker.api('POST', `/questions/${id}/${step}`, body as never, token)
const approve = (id: string, token = ben) => send(id, 'decision', { approve: true }, token)
const ask = (id: string, token = ann) => send(id, 'answer', {}, token)
const codeOf = async (sent: ReturnType<typeof send>) => {
  const { status, text } = await sent
  const { code, at } = readProblem(text, status)
  return at === undefined ? code : `${code} ${at}`
}
const queries = async (member: Member) =>
  (await member.entries()).filter(({ type }) => /^(query|oprf)\./.test(type))

test('nobody asks alone, and the refusal is logged', async () => {
  const before = (await queries(asker)).length
  const refused = asker.api('POST', '/checks', question, ann)
  expect(await codeOf(refused)).toBe('REFUSED APPROVAL_REQUIRED')
  expect((await queries(asker)).slice(before)).toMatchObject([
    { type: 'query.refused', reason: 'APPROVAL_REQUIRED', purpose: PURPOSE },
  ])
})

test('one person puts it, another agrees, the first asks; the log is bound to both', async () => {
  const before = (await queries(asker)).length
  const { id } = await put()
  expect(await approve(id)).toMatchObject({
    status: 200,
    json: { state: 'approved', proposer: { name: 'ann' }, decider: { name: 'ben' } },
  })
  const { status, json } = await ask(id)
  expect(status).toBe(200)
  expect(json).toMatchObject({ answer: 'over', purpose: PURPOSE, humanDecisionRequired: true })
  const { txid } = json as CheckResponse
  const added = (await queries(asker))
    .slice(before)
    .filter((entry) => !entry.type.startsWith('oprf'))
  expect(added.map(({ type }) => type)).toEqual(['query.intent', 'query.result'])
  for (const entry of added) {
    const { txid: of, approvalCommit } = entry as { txid?: string; approvalCommit?: string }
    expect(of).toBe(txid)
    const record = (await asker.ctx.audit.openRecord(entry.origin, entry.at)) as {
      approval: { salt: string; proposer: { name: string }; decider: { name: string } }
      case: string
    }
    const { salt, ...approval } = record.approval
    expect([approval.proposer.name, approval.decider.name]).toEqual(['ann', 'ben'])
    expect(sealedCommit(fromHex(salt), jcs(approval))).toBe(approvalCommit)
    expect(record.case).toBe('Z-9')
  }
  // Holders evaluated under an intent that commits to an approval, and name no one.
  for (const holder of federation.members) {
    const text = JSON.stringify(await holder.entries())
    expect(text).not.toMatch(/"(ann|ben)"/)
  }
})

describe('is refused', () => {
  test('when one decides on a question of their own, or under a second token of the same name', async () => {
    const { id } = await put()
    expect(await codeOf(approve(id, ann))).toBe('DUAL_CONTROL self')
    expect(await codeOf(approve(id, await asker.person('ann', 'analyst')))).toBe(
      'DUAL_CONTROL holder',
    )
    expect(await codeOf(ask(id))).toBe('NOT_APPROVED waiting')
  })

  test('for whom an auditor or an operator would decide', async () => {
    const { id } = await put()
    for (const role of ['auditor', 'operator', 'fg']) {
      expect(await codeOf(approve(id, await asker.person('cas', role)))).toMatch(/^FORBIDDEN /)
    }
  })

  test('when another than who put it asks, or it is asked again', async () => {
    const { id } = await put()
    await approve(id)
    expect(await codeOf(ask(id, ben))).toBe('DUAL_CONTROL proposer')
    const both = await Promise.all([ask(id), ask(id)])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409])
    expect(await codeOf(ask(id))).toBe('NOT_APPROVED used')
  })

  test('when it was denied, when it is too late, when the second token was revoked', async () => {
    const denied = await put()
    await send(denied.id, 'decision', { approve: false }, ben)
    expect(await codeOf(ask(denied.id))).toBe('NOT_APPROVED denied')
    expect(await codeOf(approve(denied.id))).toBe('NOT_APPROVED denied')

    const cas = await asker.person('cas', 'analyst')
    const revoked = await put()
    await approve(revoked.id, cas)
    await asker.api('DELETE', `/tokens/${cas.split('_')[1]}`)
    expect(await codeOf(ask(revoked.id))).toBe('DUAL_CONTROL revoked')

    const late = await put()
    await approve(late.id)
    federation.clock.ahead += 3 * DAY
    expect(await codeOf(ask(late.id))).toBe('NOT_APPROVED expired')
    federation.clock.ahead -= 3 * DAY
  })

  test('as a proposal of another sort, or one that does not exist', async () => {
    const { id } = await put()
    const { json } = await asker.api('GET', '/proposals', undefined, await asker.person('fg', 'fg'))
    expect(json).toEqual({ proposals: [] })
    const admin = await asker.api('POST', `/proposals/${id}/decision`, { approve: true })
    expect(readProblem(admin.text, admin.status).code).toBe('UNKNOWN_PROPOSAL')
    expect(await codeOf(ask('00'.repeat(16)))).toBe('UNKNOWN_PROPOSAL')
  })
})

describe('what a question asks about is forgotten', () => {
  const { value: _, ...about } = question
  const values = ['over.example', 'forgotten.example']
  const putMany = async () => {
    const { json } = await asker.api('POST', '/questions', { ...about, values }, ann)
    return (json as QuestionView).id
  }
  const shown = async (id: string) =>
    (await asker.api('GET', `/questions/${id}/values`, undefined, ann)).json
  const gone = (id: string) =>
    eventually(async () => {
      const { values } = (await shown(id)) as { readonly values: readonly string[] }
      return values.length === 0 || undefined
    })
  const listed = async (id: string) => {
    const { json } = await asker.api('GET', '/questions', undefined, ann)
    return (json as { questions: QuestionView[] }).questions.find((one) => one.id === id)
  }

  test('when it was asked, and when it was denied', async () => {
    const [asked, denied, waiting] = [await putMany(), await putMany(), await putMany()]
    await approve(asked)
    expect((await ask(asked)).status).toBe(200)
    await gone(asked)
    await send(denied, 'decision', { approve: false }, ben)
    expect(await shown(denied)).toEqual({ values: [], case: 'Z-9' })
    expect(await shown(waiting)).toEqual({ values, case: 'Z-9' })
    expect(await listed(asked)).toMatchObject({ state: 'used', count: 2, value: null, case: 'Z-9' })
  })

  test('when it failed, and when nobody asked it in time', async () => {
    const { id } = await put()
    await approve(id)
    const { store } = asker.ctx
    const { end } = store.proposals
    store.proposals.end = async () => {
      throw new Error('no disk')
    }
    expect((await ask(id)).status).toBe(500)
    store.proposals.end = end
    await gone(id)
    const late = await putMany()
    const look = createRetention(asker.ctx)
    await look()
    expect(await shown(late)).toEqual({ values, case: 'Z-9' })
    federation.clock.ahead += 3 * DAY + 60_000
    await look()
    expect(await shown(late)).toEqual({ values: [], case: 'Z-9' })
    expect(await listed(late)).toMatchObject({ state: 'expired', count: 2 })
    federation.clock.ahead -= 3 * DAY + 60_000
  })
})

describe('the questions of others', () => {
  type Listed = { readonly questions: readonly QuestionView[] }
  const of = async (id: string, token: string) => {
    const { json } = await asker.api('GET', '/questions', undefined, token)
    return (json as Listed).questions.find((one) => one.id === id)
  }
  const shown = (id: string, token: string) =>
    asker.api('GET', `/questions/${id}/values`, undefined, token)

  test('are listed while they wait, without what they ask and in which case', async () => {
    const dirk = await asker.person('dirk', 'analyst')
    const { id } = await put()
    expect(await of(id, ann)).toMatchObject({ value: 'over.example', case: 'Z-9' })
    for (const token of [ben, dirk]) {
      const one = await of(id, token)
      expect(one).toMatchObject({ state: 'waiting', purpose: PURPOSE, proposer: { name: 'ann' } })
      expect(one).toMatchObject({ value: null, case: null })
      expect((await shown(id, token)).json).toEqual({ values: ['over.example'], case: 'Z-9' })
    }
    await approve(id)
    expect(await of(id, ben)).toMatchObject({ state: 'approved', value: 'over.example' })
    expect(await of(id, dirk)).toBeUndefined()
    expect(await codeOf(shown(id, dirk))).toBe('UNKNOWN_PROPOSAL')
    expect((await shown(id, ben)).status).toBe(200)
    // Another token of the same person.
    expect(await of(id, await asker.person('ann', 'analyst'))).toMatchObject({ case: 'Z-9' })
  })
})

describe('many at once', () => {
  const { value: _, ...about } = question
  const screen = (values: readonly string[], token = ann) =>
    asker.api('POST', '/questions', { ...about, values } as never, token)

  test('are put, shown to who decides, and asked as one query', async () => {
    const values = ['over.example', 'x y', 'under.example']
    const refused = asker.api('POST', '/screens', { ...about, values }, ann)
    expect(await codeOf(refused)).toBe('REFUSED APPROVAL_REQUIRED')
    const { status, json } = await screen(values)
    expect(status).toBe(201)
    const { id } = json as QuestionView
    expect(json).toMatchObject({ protocol: 'screen', count: 3, value: null, state: 'waiting' })
    expect(JSON.stringify(json)).not.toContain('over.example')
    const shown = await asker.api('GET', `/questions/${id}/values`, undefined, ben)
    expect(shown.json).toEqual({ values, case: 'Z-9' })
    const auditor = await asker.person('cas', 'auditor')
    const hidden = await asker.api('GET', `/questions/${id}/values`, undefined, auditor)
    expect(hidden.status).toBe(403)
    expect(await codeOf(ask(id))).toBe('NOT_APPROVED waiting')
    await approve(id)
    const before = (await queries(asker)).length
    const answer = await ask(id)
    expect(answer.json).toMatchObject({
      results: [{ answer: 'over' }, { rejected: 'HOST_CHARACTER' }, { answer: 'not-over' }],
      humanDecisionRequired: true,
    })
    const intents = (await queries(asker)).slice(before).filter((e) => e.type === 'query.intent')
    expect(intents).toMatchObject([{ protocol: 'screen', sizeBucket: 64 }])
    expect(intents[0]).toHaveProperty('approvalCommit')
    expect(await codeOf(ask(id))).toBe('NOT_APPROVED used')
  })

  test('that no query takes are not put', async () => {
    const { maxBatch } = federation.convenant.purposes.find(({ id }) => id === PURPOSE)!
    const names = Array.from({ length: maxBatch + 1 }, (_, i) => `n${i}.example`)
    expect(await codeOf(screen(names))).toBe('BAD_REQUEST values')
    expect((await screen([])).status).toBe(400)
  })
})

test('the store holds the question sealed, also over a restart', async () => {
  const { id } = await put()
  await approve(id)
  const row = await asker.ctx.store.proposals.get(id)
  expect(JSON.stringify(row)).not.toContain('over.example')
  await asker.restart()
  expect((await ask(id)).status).toBe(200)
})
