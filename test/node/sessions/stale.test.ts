/** A list beyond its age: marked where the purpose wants an answer at once, refused where it is strict. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { Federation } from '../kit/federation.ts'
import type { Member } from '../kit/member.ts'
import { publish } from '../kit/publication.ts'

const HOUR = 3_600_000
const MINUTE = 60_000

let federation: Federation
let asker: Member

beforeAll(async () => {
  federation = await Federation.open({ rules: [{ kind: 'host', t: 2 }], maxAgeHours: 1 })
  asker = federation.member('bank-a')
  await asker.generateKey()
  await publish(federation, ['over.example'])
})

afterAll(() => federation.close())

const ask = (purpose: string, value = 'over.example') =>
  asker.api('POST', '/checks', { kind: 'host', purpose, rule: 'host-t2', value })
const PROMPT = 'fraude-onderzoek'
const STRICT = 'klantacceptatie'

test('within its age both purposes get an answer, with the age', async () => {
  federation.clock.ahead = HOUR - MINUTE
  for (const purpose of [PROMPT, STRICT]) {
    const { status, json } = await ask(purpose)
    expect([status, json]).toMatchObject([200, { answer: 'over', stale: false }])
    const { listAgeSeconds } = json as { listAgeSeconds: number }
    expect(listAgeSeconds).toBeGreaterThanOrEqual(59 * 60)
    expect(listAgeSeconds).toBeLessThan(60 * 60)
  }
})

test('beyond it a prompt purpose is answered, marked', async () => {
  federation.clock.ahead = HOUR + MINUTE
  const added = await asker.adds(async () => {
    expect(await ask(PROMPT)).toMatchObject({
      status: 200,
      json: { answer: 'over', stale: true },
    })
    expect(await ask(PROMPT, 'under.example')).toMatchObject({
      json: { answer: 'not-over', stale: true },
    })
  })
  expect(added.filter(({ type }) => type === 'query.result')).toMatchObject([
    { status: 'answered' },
    { status: 'answered' },
  ])
})

test('beyond it a strict purpose is refused: entered, and asked of nobody', async () => {
  federation.clock.ahead = HOUR + MINUTE
  const holders = federation.members.filter((member) => member !== asker)
  const heads = () => Promise.all(holders.map(async (member) => (await member.entries()).length))
  const before = await heads()
  const used = () => asker.ctx.store.usage.used(`queried/${STRICT}`, today())
  const today = () => new Date(asker.ctx.clock()).toISOString().slice(0, 10)
  const spent = await used()
  const added = await asker.adds(async () => {
    const { status, json, text } = await ask(STRICT)
    expect([status, json]).toMatchObject([403, { code: 'REFUSED', at: 'LIST_STALE' }])
    expect(text).not.toContain('over.example')
  })
  expect(added).toMatchObject([
    {
      type: 'query.refused',
      role: 'asker',
      reason: 'LIST_STALE',
      purpose: STRICT,
      rule: 'host-t2',
    },
  ])
  expect(await heads()).toEqual(before)
  expect(await used()).toBe(spent)
})

test('a fresh list ends it', async () => {
  await publish(federation, ['over.example'])
  expect(await ask(STRICT)).toMatchObject({
    status: 200,
    json: { answer: 'over', stale: false },
  })
})
