/** What supervisors may know of answers: classes over whole months, and nothing of one query. */

import { createRetention } from '@drempel/node/internal/sessions'
import type { CheckResponse, ResultClasses } from '@drempel/protocol/api'
import { base64, fromBase64, fromUtf8, jcs } from '@drempel/protocol/encoding'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Federation } from '../../kit/federation.ts'
import type { Member } from '../../kit/member.ts'
import { readProblem } from '../../kit/peer.ts'

const PURPOSE = 'fraude-onderzoek'
const FLAGGED = Array.from({ length: 30 }, (_, i) => `over${i}.example`)

let federation: Federation
let asker: Member
let month: string
const txids: string[] = []

beforeAll(async () => {
  federation = await Federation.open()
  for (const member of federation.members) await member.flag(FLAGGED)
  asker = federation.member('bank-a')
  await asker.generateKey()
  expect(await asker.round()).toMatchObject({ state: 'published' })
  month = new Date(asker.ctx.clock()).toISOString().slice(0, 7)
})

afterAll(() => federation.close())

async function ask(value: string): Promise<void> {
  const question = { kind: 'host', purpose: PURPOSE, rule: 'host-t2', value }
  const { json } = await asker.api('POST', '/checks', question)
  txids.push((json as CheckResponse).txid)
}

const feedback = (txid: string, outcome: string, item = 0) =>
  asker.api('POST', '/feedback', { txid, item, outcome })

/** At the first moment of a later month, or so long before it. */
async function after<Value>(
  months: number,
  work: () => Promise<Value>,
  before = 0,
): Promise<Value> {
  const now = asker.ctx.clock()
  const date = new Date(`${month}-01T00:00:00Z`)
  const ahead = date.setUTCMonth(date.getUTCMonth() + months) - before - now
  federation.clock.ahead += ahead
  try {
    return await work()
  } finally {
    federation.clock.ahead -= ahead
  }
}

async function told(): Promise<ResultClasses> {
  const { json } = await asker.api('GET', `/classes?month=${month}`)
  return json as ResultClasses
}

/** As they would stand if no more feedback were taken, and before anybody was told. */
async function classes(): Promise<ResultClasses['classes']> {
  const { classes } = await after(4, told)
  await asker.ctx.store.meta.set(`feedback-closed/${month}`, '')
  return classes
}

test('a month that has not ended is not counted', async () => {
  const { status, text } = await asker.api('GET', `/classes?month=${month}`)
  expect(readProblem(text, status)).toMatchObject({ code: 'PERIOD_IN_USE', at: month })
})

test('fewer than twenty queries are silence, whatever was answered', async () => {
  for (const value of FLAGGED.slice(0, 19)) await ask(value)
  expect(await classes()).toEqual([
    {
      ...{ purpose: PURPOSE, kind: 'host', queries: null },
      ...{ over: null, feedback: null, confirmed: null, refuted: null },
    },
  ])
})

test('from twenty on shares are told, in classes', async () => {
  await ask('elsewhere.example')
  expect(await classes()).toMatchObject([
    { queries: 20, over: { above: 0.5, upTo: 1 }, feedback: null },
  ])
  for (const value of FLAGGED.slice(19)) await ask(value)
  for (const txid of txids.slice(0, 19))
    expect((await feedback(txid, 'confirmed')).status).toBe(200)
  // The one that was not over counts for nothing, and is taken all the same.
  expect((await feedback(txids[19]!, 'confirmed')).status).toBe(200)
  expect(await classes()).toMatchObject([
    { queries: 31, feedback: { above: 0.5, upTo: 1 }, confirmed: null, refuted: null },
  ])
  for (const txid of txids.slice(20)) await feedback(txid, 'refuted')
  const refuted = { above: 0.25, upTo: 0.5 }
  expect(await classes()).toMatchObject([
    { feedback: { above: 0.5, upTo: 1 }, confirmed: { above: 0.5, upTo: 1 }, refuted },
  ])
  // The last word counts.
  for (const txid of txids.slice(0, 12)) await feedback(txid, 'none')
  expect(await classes()).toMatchObject([{ confirmed: { above: 0.1, upTo: 0.25 }, refuted }])
})

test('a month whose classes were told is not moved by feedback that comes after', async () => {
  const fromMonth = new Date(`${month}-01T00:00:00Z`)
  const feedbackFrom = new Date(fromMonth.setUTCMonth(fromMonth.getUTCMonth() + 4)).toISOString()
  const early = await after(1, told)
  expect(early).toMatchObject({
    feedbackFrom,
    classes: [{ queries: 31, over: { above: 0.5, upTo: 1 }, feedback: null, confirmed: null }],
  })
  // Any of these would be another class, had anything been told of it.
  for (const txid of txids.slice(0, 12)) {
    expect((await after(4, () => feedback(txid, 'confirmed'), 60_000)).status).toBe(200)
  }
  expect(await after(4, told, 60_000)).toEqual(early)
  const closed = (await after(4, told)).classes
  expect(closed).toMatchObject([{ confirmed: { above: 0.5, upTo: 1 } }])
  for (const txid of txids) {
    const { status, text } = await after(4, () => feedback(txid, 'none'))
    expect(readProblem(text, status)).toMatchObject({ code: 'FEEDBACK_CLOSED', at: month })
  }
  // Nor by a clock that was set back, also where the node starts meanwhile.
  await after(4, () => asker.restart(), 60_000)
  for (const txid of txids) {
    const { status, text } = await after(4, () => feedback(txid, 'none'), 60_000)
    expect(readProblem(text, status)).toMatchObject({ code: 'FEEDBACK_CLOSED', at: month })
  }
  expect((await after(4, told)).classes).toEqual(closed)
  await asker.ctx.store.meta.set(`feedback-closed/${month}`, '')
})

test('feedback is for answers that this node gave, and shows nothing in the store', async () => {
  const problem = async (sent: ReturnType<typeof feedback>) => {
    const { status, text } = await sent
    return readProblem(text, status).code
  }
  expect(await problem(feedback('00'.repeat(16), 'none'))).toBe('UNKNOWN_RECEIPT')
  expect(await problem(feedback(txids[0]!, 'none', 1))).toBe('UNKNOWN_RECEIPT')
  const rows = [txids[0]!, txids[14]!, txids[25]!].map((txid) => asker.ctx.store.feedback.get(txid))
  const sizes = (await Promise.all(rows)).map(([row]) => row!.sealed.length)
  expect(new Set(sizes).size).toBe(1)
})

test('an analyst gives feedback and sees no classes; an auditor the other way round', async () => {
  const analyst = await asker.person('analyst', 'analyst')
  const auditor = await asker.person('auditor', 'auditor')
  const body = { txid: txids[0]!, item: 0, outcome: 'none' }
  expect((await asker.api('GET', `/classes?month=${month}`, undefined, analyst)).status).toBe(403)
  expect((await asker.api('POST', '/feedback', body, auditor)).status).toBe(403)
})

test('the same is told after the records of those answers ended, and no more can be told of one', async () => {
  const before = await classes()
  const { ahead } = federation.clock
  const { retentionDays } = federation.convenant.purposes.find(({ id }) => id === PURPOSE)!
  // What looks, looks once an hour.
  for (const days of [retentionDays + 0.5, retentionDays + 2]) {
    federation.clock.ahead = ahead + days * 86_400_000
    await createRetention(asker.ctx)()
  }
  expect(await asker.ctx.purposeKeys.list()).toEqual([])
  federation.clock.ahead = ahead
  const problem = await feedback(txids[0]!, 'none')
  expect(readProblem(problem.text, problem.status).code).toBe('RECORD_ERASED')
  expect(await classes()).toEqual(before)
  // Whoever has the store without the master key sees no number of them.
  const kept = (await asker.ctx.store.meta.get(`classes/${month}`))!
  expect(Buffer.from(kept, 'base64').toString('latin1')).not.toContain('queries')
})

test('sums of an older release, which had nothing of what was refuted, say nothing of it', async () => {
  const [before] = await classes()
  const { store, vault, random } = asker.ctx
  const place = `classes/${month}`
  const opened = fromUtf8(vault.open(place, fromBase64((await store.meta.get(place))!)))
  const older = jcs(JSON.parse(opened.replaceAll(/,"refuted":[0-9]+/g, '')))
  expect(older.length).toBeLessThan(opened.length)
  await store.meta.set(place, base64(vault.seal(place, older, random)))
  expect(await classes()).toEqual([{ ...before, refuted: null }])
})
