/** What is conspicuous and what is not, over a real store and its counters. */

import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EvaluationWatch, QuestionWatch } from '@drempel/node/internal/sessions/alerts'
import { openSqliteStore, type Store } from '@drempel/node/internal/store'
import { quotaDay } from '@drempel/protocol/convenant'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

/** Tuesday, 12:00 in Amsterdam. */
const NOON = Date.parse('2027-06-15T10:00:00Z')
const DAY = 86_400_000
const SCOPE = 'evaluated/bank-b/fraude-onderzoek'

let path: string
let store: Store
let now: number
let logged: object[]

beforeEach(async () => {
  path = mkdtempSync(join(tmpdir(), 'drempel-alerts-'))
  now = NOON
  logged = []
  store = await openSqliteStore({ path: join(path, 'store.db'), clock: () => now })
})

afterEach(async () => {
  await store.close()
  rmSync(path, { recursive: true })
})

const world = () => ({
  store,
  clock: () => now,
  log: () => {},
  audit: {
    append: async (event: object) => {
      logged.push(event)
      return { origin: 'drempel/proef/bank-a/2027Q2', index: logged.length }
    },
  } as never,
})
const random = (length: number) => new Uint8Array(randomBytes(length))
const codes = async () =>
  (await store.alerts.list({ all: true, limit: 99 })).map(({ code }) => code).sort()

describe('a key holder', () => {
  let watch: EvaluationWatch
  let today: number
  beforeEach(() => {
    watch = new EvaluationWatch(world(), undefined)
    today = 0
  })

  const evaluate = async (count: number) => {
    today += count
    const asked = { asker: 'bank-b', purpose: 'fraude-onderzoek', kind: 'iban' as const }
    await watch.observe({ ...asked, count, today, share: 10_000, scope: SCOPE })
  }
  const askedBefore = async (days: number, amount: number) => {
    for (let i = 1; i <= days; i++) {
      const key = quotaDay(NOON - i * DAY)
      await (await store.usage.claim({ scope: SCOPE, key, amount, limit: 1e6 })).durable
    }
  }

  it('sees four times the usual amount of a day', async () => {
    await askedBefore(10, 100)
    await evaluate(400)
    expect(await codes()).toEqual([])
    await evaluate(1)
    expect(await codes()).toEqual(['VOLUME_UNUSUAL'])
    expect(logged).toEqual([
      {
        ...{ type: 'alert.raised', role: 'key-holder', reason: 'VOLUME_UNUSUAL' },
        ...{ parties: ['bank-b'], purpose: 'fraude-onderzoek', kind: 'iban' },
      },
    ])
  })

  it('takes days without questions for days off, and few questions never for many', async () => {
    await askedBefore(1, 2)
    await evaluate(50)
    expect(await codes()).toEqual([])
    await evaluate(1)
    expect(await codes()).toEqual(['VOLUME_UNUSUAL'])
  })

  it('gives who never asked before half of the quota', async () => {
    await evaluate(5_000)
    expect(await codes()).toEqual([])
    await evaluate(1)
    expect(await codes()).toEqual(['VOLUME_UNUSUAL'])
  })

  it('sees requests that come faster than people ask', async () => {
    for (let i = 0; i < 120; i++) await evaluate(0)
    now += 60_000
    for (let i = 0; i < 120; i++) await evaluate(0)
    expect(await codes()).toEqual([])
    await evaluate(0)
    expect(await codes()).toEqual(['RATE_UNUSUAL'])
  })

  it('sees many questions at night, and none in the day', async () => {
    await evaluate(30)
    expect(await codes()).toEqual([])
    // 04:30 in summer time.
    now = Date.parse('2027-06-16T02:30:00Z')
    today = 0
    await evaluate(20)
    expect(await codes()).toEqual([])
    await evaluate(1)
    expect(await codes()).toEqual(['HOURS_UNUSUAL'])
  })

  it('knows the hours that the node was told', async () => {
    const hours = { timeZone: 'America/New_York', from: 9, until: 17, outside: 0 }
    watch = new EvaluationWatch(world(), hours)
    // 06:00 there.
    await evaluate(1)
    expect(await codes()).toEqual(['HOURS_UNUSUAL'])
  })

  it('raises each once a day, also after a restart', async () => {
    for (let i = 0; i < 400; i++) await evaluate(0)
    watch = new EvaluationWatch(world(), undefined)
    for (let i = 0; i < 400; i++) await evaluate(0)
    expect(await codes()).toEqual(['RATE_UNUSUAL'])
    now += DAY
    for (let i = 0; i < 400; i++) await evaluate(0)
    expect(await codes()).toEqual(['RATE_UNUSUAL', 'RATE_UNUSUAL'])
    expect(logged).toHaveLength(2)
  })
})

describe('an asker', () => {
  let watch: QuestionWatch
  beforeEach(() => {
    watch = new QuestionWatch(world(), random)
  })
  const phone = (n: number) => `+3161234${String(n).padStart(4, '0')}`

  it('sees one identifier asked again and again, and not a busy day', async () => {
    const ask = (value: string) => watch.observe('phone', 'fraude-onderzoek', [value])
    for (let i = 0; i < 3; i++) await ask(phone(1))
    for (let i = 0; i < 300; i++) await ask(phone(2 + 131 * i))
    expect(await codes()).toEqual([])
    await ask(phone(1))
    expect(await codes()).toEqual(['IDENTIFIER_REPEATED'])
    expect(logged).toEqual([
      {
        ...{ type: 'alert.raised', role: 'asker', reason: 'IDENTIFIER_REPEATED' },
        ...{ purpose: 'fraude-onderzoek', kind: 'phone' },
      },
    ])
  })

  it('sees one identifier asked again under another purpose each time', async () => {
    const ask = (purpose: string, value = phone(1)) => watch.observe('phone', purpose, [value])
    for (const purpose of ['a', 'b', 'b', 'a']) await ask(purpose)
    expect(await codes()).toEqual([])
    await ask('c')
    await ask('c')
    expect(await codes()).toEqual(['IDENTIFIER_REPEATED'])
    expect(await store.alerts.list({ all: true, limit: 1 })).toMatchObject([
      { purpose: null, kind: 'phone' },
    ])
    // One purpose that is enough by itself is told by name, whatever was asked for others.
    await ask('a')
    await ask('a')
    expect(
      (await store.alerts.list({ all: true, limit: 2 })).map(({ purpose }) => purpose),
    ).toEqual(expect.arrayContaining([null, 'a']))
  })

  it('sees nothing in one question for each of many purposes, nor in two for a few', async () => {
    for (let n = 0; n < 40; n++) await watch.observe('phone', `p${n}`, [phone(1)])
    for (let n = 0; n < 300; n++) {
      for (const purpose of ['a', 'a', 'b', 'b'])
        await watch.observe('phone', purpose, [phone(131 * n)])
    }
    expect(await codes()).toEqual([])
  })

  it('sees a range swept under several purposes, and no number of it twice', async () => {
    const sweep = async (purpose: string, from: number, until: number) => {
      for (let n = from; n < until; n++) await watch.observe('phone', purpose, [phone(4_200 + n)])
    }
    await sweep('a', 0, 5)
    await sweep('b', 0, 9)
    expect(await codes()).toEqual([])
    await sweep('a', 9, 10)
    expect(await codes()).toEqual(['RANGE_SWEPT'])
    expect(logged).toEqual([
      { type: 'alert.raised', role: 'asker', reason: 'RANGE_SWEPT', kind: 'phone' },
    ])
  })

  it('counts an identifier once in a batch, and anew the next day', async () => {
    await watch.observe('host', 'p', Array<string>(50).fill('a.example'))
    for (let day = 0; day < 9; day++, now += DAY) await watch.observe('host', 'p', ['a.example'])
    expect(await codes()).toEqual([])
  })

  it.each([
    ['phone', (n: number) => phone(4_200 + n)],
    ['device', (n: number) => `350000000000${String(10 + n)}`],
    // Neighbours with the check digits that belong to them.
    ['iban', (n: number) => `NL${10 + 7 * n}INGB00012345${10 + n}`],
  ] as const)('sees a range of %s swept', async (kind, value) => {
    for (let n = 0; n < 9; n++) await watch.observe(kind, 'p', [value(n)])
    // The same once more is no other number.
    await watch.observe(kind, 'p', [value(0)])
    expect(await codes()).toEqual([])
    await watch.observe(kind, 'p', [value(9)])
    expect(await codes()).toEqual(['RANGE_SWEPT'])
  })

  it('sees accounts swept of which one in eleven is given out, and none that lie apart', async () => {
    const account = (n: number) => `NL10INGB000123${String(n).padStart(4, '0')}`
    for (let n = 0; n < 9; n++) await watch.observe('iban', 'p', [account(5 + 11 * n)])
    const apart = Array.from({ length: 9 }, (_, n) => account(1_000 * (n + 1)))
    await watch.observe('iban', 'p', apart)
    expect(await codes()).toEqual([])
    await watch.observe('iban', 'p', [account(5 + 11 * 9)])
    expect(await codes()).toEqual(['RANGE_SWEPT'])
  })

  it('knows no ranges of names, nor of what lies apart', async () => {
    const hosts = Array.from({ length: 40 }, (_, i) => `shop${100 + i}.example`)
    await watch.observe('host', 'p', hosts)
    await watch.observe(
      'phone',
      'p',
      Array.from({ length: 40 }, (_, i) => phone(100 * i)),
    )
    expect(await codes()).toEqual([])
  })

  it('keeps no identifier, and nothing that it could be looked up by', async () => {
    const value = phone(4_711)
    for (let i = 0; i < 9; i++) await watch.observe('phone', 'p', [value])
    expect(await codes()).toEqual(['IDENTIFIER_REPEATED'])
    const rows = JSON.stringify(await store.alerts.list({ all: true, limit: 9 }))
    await store.close()
    const text = rows + JSON.stringify(logged) + readFileSync(join(path, 'store.db'), 'latin1')
    expect(text).not.toContain(value.slice(1))
    store = await openSqliteStore({ path: join(path, 'store.db'), clock: () => now })
  })
})
