/** What time ends by itself: records of a purpose's day, keys of periods, flags; each at its term, once. */

import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { indexKeyOf, type PurposeDay } from '@drempel/node/internal/config'
import {
  createRetention,
  disclose,
  rememberAsked,
  resultClasses,
  stuckRecords,
  summariseFlags,
} from '@drempel/node/internal/sessions'
import type { Diagnosis } from '@drempel/protocol/api'
import { hex, utf8 } from '@drempel/protocol/encoding'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Federation, random } from '../../kit/federation.ts'
import type { Member } from '../../kit/member.ts'
import { installAll, successorOf } from '../../kit/successor.ts'

const [HOUR, DAY] = [3_600_000, 86_400_000]
/** Days: real time goes on while the test looks, so a day after a look is a little later. */
const MOMENT = 0.001
const SECRET = { case: 'zaak-zeven' }

let federation: Federation
let node: Member
let period: string
let look: () => Promise<void>
let place: { readonly origin: string; readonly index: number }
const lines: string[] = []

const terms = () => new Map(federation.convenant.purposes.map((p) => [p.id, p.retentionDays]))
const longest = () => Math.max(...terms().values())
const isThere = async () => (await node.ctx.periodKeys.list()).includes(period)
const shreds = async () =>
  (await node.entries()).filter((one) => one.type === 'shred' && one.shredded === period)

/** The clock so far behind the end of the quarter, and another quarter begun. */
function daysAfter(days: number): void {
  const [year, quarter] = [Number(period.slice(0, 4)), Number(period.slice(5))]
  federation.clock.ahead = Date.UTC(year, 3 * quarter) + days * DAY - Date.now()
}

async function beginPeriod(): Promise<void> {
  place = await node.ctx.audit.append({ type: 'node.started' }, SECRET)
  period = place.origin.slice(-6)
  look = createRetention({ ...node.ctx, log: (_, message) => void lines.push(message) })
  lines.length = 0
}

beforeAll(async () => {
  federation = await Federation.open({ size: 3, background: false })
  node = federation.member('bank-a')
})
afterAll(() => federation.close())

describe('the records of a day', () => {
  type Place = { readonly origin: string; readonly index: number }
  const places = new Map<string, Place>()
  const value = 'asked.example'
  let [shortest, longer]: readonly [string, string] = ['', '']
  let begun: number
  let backup: string

  /** What a node enters and indexes of a check. */
  async function ask(purpose: string): Promise<void> {
    const txid = hex(random(16))
    await rememberAsked(node.ctx, { kind: 'host', purpose }, txid, [value])
    const place = await node.ctx.audit.append(
      {
        ...{ type: 'query.intent', role: 'asker', protocol: 'check' },
        ...{ txid, purpose, parties: ['bank-b'], kind: 'host', rule: 'host-t2' },
        ...{ sizeBucket: 16, batch: '0'.repeat(64) },
      },
      SECRET,
    )
    places.set(purpose, place)
  }
  const open = (purpose: string) => {
    const { origin, index } = places.get(purpose)!
    return node.ctx.audit.openRecord(origin, index)
  }
  const erased = { code: 'RECORD_ERASED' }
  /** So long after the last midnight before the asking. */
  const daysOn = (days: number) => {
    federation.clock.ahead = begun + days * DAY - Date.now()
  }
  const ended = async () =>
    (await node.entries()).flatMap((one) =>
      one.type === 'records.ended' ? [[one.purpose, one.through]] : [],
    )
  const asked = async () => (await disclose(node.ctx, 'host', value)).queries.map((q) => q.purpose)

  beforeAll(async () => {
    const byTerm = [...terms()].sort(([, a], [, b]) => a - b)
    shortest = byTerm[0]![0]
    longer = byTerm.at(-1)![0]
    // The first of a quarter: terms of weeks end in it.
    const now = new Date()
    begun = Date.UTC(now.getUTCFullYear(), 3 * Math.floor(now.getUTCMonth() / 3) + 3)
    daysOn(0.5)
    for (const purpose of [shortest, longer]) await ask(purpose)
    const { store } = node.live.node.home.paths
    backup = `${store}.backup`
    await node.stop()
    await cp(store, backup)
    await node.restart()
    look = createRetention(node.ctx)
  })

  test('end at the term of their purpose, within the quarter, and with them how they are found', async () => {
    const days = terms().get(shortest)!
    expect(days).toBeLessThan(80)
    daysOn(days)
    await look()
    expect([await open(shortest), await open(longer)]).toEqual([SECRET, SECRET])
    expect((await asked()).sort()).toEqual([shortest, longer].sort())
    daysOn(days + 1 + MOMENT)
    await look()
    await expect(open(shortest)).rejects.toMatchObject(erased)
    expect(await open(longer)).toEqual(SECRET)
    expect(await asked()).toEqual([longer])
    const through = new Date(begun).toISOString().slice(0, 10)
    expect(await ended()).toEqual([[shortest, through]])
    // The quarter goes on, in one log that verifies.
    expect(places.get(shortest)!.origin).toBe(await node.ctx.audit.origin())
    await node.ctx.audit.verifySelf()
    await look()
    expect(await ended()).toHaveLength(1)
  })

  test('open from no backup of the store, whose bytes have no key of them', async () => {
    const { paths, purposeKeys } = node.live.node.home
    const key = await purposeKeys.load((await purposeKeys.list())[0]!)
    await node.stop()
    const bytes = await readFile(backup)
    for (const form of [key!, indexKeyOf(key!)]) {
      const key = Buffer.from(form)
      const written = [key, key.toString('hex'), key.toString('base64')]
      expect(written.map((one) => bytes.includes(one))).toEqual([false, false, false])
    }
    const present = await readFile(paths.store)
    await cp(backup, paths.store)
    await rm(join(paths.periods, 'logs.sealed'))
    await node.restart()
    await expect(open(shortest)).rejects.toMatchObject(erased)
    expect(await open(longer)).toEqual(SECRET)
    await node.stop()
    await writeFile(paths.store, present)
    await node.restart()
  })

  test('are given a day when the clock jumps, and are kept when it jumped back', async () => {
    look = createRetention(node.ctx)
    const days = terms().get(longer)!
    daysOn(days + 400)
    await look()
    expect(await open(longer)).toEqual(SECRET)
    daysOn(1)
    await look()
    daysOn(days + 400.5)
    await look()
    expect(await open(longer)).toEqual(SECRET)
    daysOn(days + 401.6)
    // Nothing is attested that was not done.
    const { purposeKeys, periodKeys } = node.ctx
    const folders = [purposeKeys, periodKeys].map((keys) => ({ keys, erase: keys.erase }))
    const failing = async () => {
      throw Object.assign(new Error(), { code: 'EIO' })
    }
    for (const { keys } of folders) Object.assign(keys, { erase: failing })
    await expect(look()).rejects.toThrow()
    for (const { keys, erase } of folders) Object.assign(keys, { erase })
    expect([await open(longer), (await ended()).length]).toEqual([SECRET, 1])
    // As after a crash between the erasing and the entry.
    const audit = node.ctx.audit as { append: typeof node.ctx.audit.append }
    const { append } = audit
    audit.append = async (event, record) => {
      if (event.type !== 'records.ended') return append(event, record)
      audit.append = append
      throw Object.assign(new Error(), { code: 'EIO' })
    }
    await expect(look()).rejects.toThrow()
    await expect(open(longer)).rejects.toMatchObject(erased)
    expect(new Set((await stuckRecords(node.ctx)).map(({ cause }) => cause))).toEqual(
      new Set(['entry']),
    )
    expect(await ended()).toHaveLength(1)
    look = createRetention(node.ctx)
    await look()
    expect((await ended()).map(([purpose]) => purpose)).toEqual([shortest, longer])
    expect(await node.ctx.store.asked.periods()).toEqual([])
  })

  test('end by the longest term that was in force, and on time after a clock that was ahead', async () => {
    const [agreed, then] = [terms().get(shortest)!, terms().get(longer)! + 403]
    const days = agreed + 9
    daysOn(then)
    await ask(shortest)
    for (const retentionDays of [days, agreed - 9]) {
      const purposes = federation.convenant.purposes.map((one) =>
        one.id === shortest ? { ...one, retentionDays } : one,
      )
      await installAll(
        federation,
        successorOf(federation, () => ({ purposes })),
      )
    }
    for (const before of [8 - MOMENT, 6]) {
      daysOn(then + days - before)
      await look()
    }
    expect(await open(shortest)).toEqual(SECRET)
    daysOn(then + days + 40)
    await look()
    daysOn(then + days + 1 + MOMENT)
    await look()
    expect(await open(shortest)).toEqual(SECRET)
    daysOn(then + days + 2 + 2 * MOMENT)
    await look()
    await expect(open(shortest)).rejects.toMatchObject(erased)
  })
})

describe('a period', () => {
  beforeAll(beginPeriod)

  test('is not ended while it is written, whatever the terms', async () => {
    await look()
    expect(await isThere()).toBe(true)
  })

  test('loses its key when the longest term is over, a day after that was told', async () => {
    await node.ctx.audit.append({ type: 'node.started' }, null)
    daysAfter(longest() - 1)
    await look()
    expect(lines).toEqual([])
    daysAfter(longest())
    await look()
    await look()
    expect([lines, await isThere()]).toEqual([['log.retention-ends'], true])
    daysAfter(longest() + 0.9)
    await look()
    expect(await isThere()).toBe(true)
    const added = await node.adds(async () => {
      daysAfter(longest() + 1 + MOMENT)
      await look()
      expect(await isThere()).toBe(false)
    })
    expect(added).toMatchObject([{ type: 'shred', shredded: period, reason: 'RETENTION_ENDED' }])
    expect(added[0]).not.toHaveProperty('capacities')
    expect(lines).toEqual(['log.retention-ends', 'log.shredded'])
    await expect(node.ctx.audit.openRecord(place.origin, place.index)).rejects.toMatchObject({
      code: 'RECORD_ERASED',
    })
    federation.clock.ahead += 2 * HOUR
    expect(await node.adds(look)).toEqual([])
    await node.ctx.audit.verifySelf()
  })
})

describe('an end that goes wrong', () => {
  beforeAll(beginPeriod)

  test('of a clock that was ahead begins its day again', async () => {
    daysAfter(longest() + 400)
    await look()
    daysAfter(longest())
    await look()
    daysAfter(longest() + 0.9)
    await look()
    expect([await isThere(), (await shreds()).length]).toEqual([true, 0])
  })

  test('between the erasing and the entry is entered at the next look', async () => {
    const audit = node.ctx.audit as { append: typeof node.ctx.audit.append }
    const { append } = audit
    audit.append = async (event, record) => {
      if (event.type !== 'shred' || event.shredded !== period) return append(event, record)
      audit.append = append
      throw Object.assign(new Error(), { code: 'EIO' })
    }
    daysAfter(longest() + 1 + MOMENT)
    await expect(look()).rejects.toThrow()
    expect([await isThere(), (await shreds()).length]).toEqual([false, 0])
    // As after a crash: nothing in memory knows of it.
    look = createRetention(node.ctx)
    await look()
    await look()
    expect((await shreds()).length).toBe(1)
  })
})

test('an end whose entry is there, and the note of that is not, is entered once', async () => {
  const { ctx } = node
  const purpose = [...terms().keys()][0]!
  await rememberAsked(ctx, { kind: 'host', purpose }, hex(random(16)), ['asked.example'])
  const { origin } = await ctx.audit.append({ type: 'node.started' }, null)
  federation.clock.ahead += 92 * DAY
  await ctx.audit.append({ type: 'node.started' }, null)
  const ends = ['records.ended', 'shred'] as const
  const entered = async () =>
    (await node.entries()).flatMap(({ type, ...one }) =>
      'shredded' in one && one.shredded === origin.slice(-6) ? [type] : [],
    )
  const audit = ctx.audit as { append: typeof ctx.audit.append }
  const { append } = audit
  audit.append = async (event, record) => {
    const appended = await append(event, record)
    if (!ends.some((type) => type === event.type)) return appended
    throw Object.assign(new Error(), { code: 'EIO' })
  }
  for (const days of [900, 1 + MOMENT]) {
    federation.clock.ahead += days * DAY
    await createRetention(ctx)().catch(() => {})
  }
  audit.append = append
  expect(await entered()).toEqual(ends)
  for (let looks = 0; looks < 2; looks++) await createRetention(ctx)()
  expect(await entered()).toEqual(ends)
  expect(await stuckRecords(ctx)).toEqual([])
})

test('a flag goes a day after it expired, and the summary of the quarter still counts it', async () => {
  const { ctx } = node
  const now = ctx.clock()
  const row = (name: string, expires: number | null) => ({
    index: ctx.vault.blindIndex('host', name),
    sealed: utf8(name),
    ...{ taxonomy: 'x', evidence: 'y', reports: 1, since: now, expires },
  })
  const rows = [row('a.nl', now + HOUR), row('b.nl', now + 30 * DAY), row('c.nl', null)]
  await summariseFlags(ctx)
  await ctx.store.flags.upsert('host', rows, 'import')
  look = createRetention(ctx)
  const left = async () => (await ctx.store.flags.page('host', { limit: 9 })).length
  federation.clock.ahead += 23 * HOUR
  await look()
  expect(await left()).toBe(3)
  federation.clock.ahead += 2 * HOUR
  await look()
  expect(await left()).toBe(2)
  expect(await ctx.store.flags.get('host', rows[0]!.index)).toBeNull()
  federation.clock.ahead += 100 * DAY
  await look()
  expect(await left()).toBe(1)
  const added = await node.adds(() => summariseFlags(ctx))
  const summed = added.find((one) => one.type === 'flag.summary' && one.kind === 'host')!
  expect(await node.record(summed)).toMatchObject({ added: 3, withdrawn: 0 })
})

test('what can not be read, or not be done, keeps nothing else from its end', async () => {
  const { ctx } = node
  const { feedback, proposals, flags } = ctx.store
  const [purpose, stuck] = [...terms().keys()] as [string, string]
  const txid = hex(random(16))
  await rememberAsked(ctx, { kind: 'host', purpose: stuck }, hex(random(16)), ['asked.example'])
  await rememberAsked(ctx, { kind: 'host', purpose }, txid, ['asked.example'])
  const { origin, index } = await ctx.audit.append(
    {
      ...{ type: 'query.result', role: 'asker', protocol: 'check', status: 'answered' },
      ...{ txid, purpose, parties: ['bank-b'], kind: 'host', rule: 'host-t2', sizeBucket: 16 },
    },
    { over: '1' },
  )
  await feedback.put(txid, 0, random(64))
  const expiresAt = ctx.clock() + HOUR
  const question = { act: 'ask', subject: purpose, proposer: 'x', sealed: random(64) } as const
  await proposals.create({ ...question, id: hex(random(16)), expiresAt })
  const bent = flags as { forgetExpired: typeof flags.forgetExpired }
  const { forgetExpired } = bent
  bent.forgetExpired = async () => {
    throw Object.assign(new Error(), { code: 'EIO' })
  }
  const keys = ctx.purposeKeys as { erase: typeof ctx.purposeKeys.erase }
  const { erase } = keys
  keys.erase = async (of) => {
    if (of.purpose === stuck) throw Object.assign(new Error(), { code: 'EPERM' })
    return erase(of)
  }
  const ended = async () =>
    (await node.entries()).flatMap((one) => (one.type === 'records.ended' ? [one.purpose] : []))
  const before = await ended()
  look = createRetention(ctx)
  for (const days of [900, 1 + MOMENT]) {
    federation.clock.ahead += days * DAY
    await expect(look()).rejects.toMatchObject({ code: 'EIO' })
  }
  bent.forgetExpired = forgetExpired
  await expect(ctx.audit.openRecord(origin, index)).rejects.toMatchObject({ code: 'RECORD_ERASED' })
  // Nothing is attested of the key that could not be erased, until it is.
  await expect(look()).rejects.toMatchObject({ code: 'EPERM' })
  expect((await ended()).slice(before.length)).toEqual([purpose])
  keys.erase = erase
  await look()
  expect((await ended()).slice(before.length)).toEqual([purpose, stuck])
})

describe('of several that are over, one that can not end', () => {
  const failing = <Of extends object>(
    holder: Of,
    name: keyof Of,
    meant: (...args: never[]) => boolean,
  ) => {
    const bent = holder as { [name in keyof Of]: (...args: never[]) => Promise<unknown> }
    const honest = bent[name]
    bent[name] = async (...args) => {
      if (meant(...args)) throw Object.assign(new Error(), { code: 'EPERM' })
      return honest.apply(holder, args)
    }
    return () => {
      bent[name] = honest
    }
  }
  const told: object[] = []
  const looking = () =>
    createRetention({
      ...node.ctx,
      log: (_, message, about = {}) => told.push({ message, ...about }),
    })
  const stuck = () => stuckRecords(node.ctx)
  beforeEach(() => void told.splice(0))

  test('quarter keeps no other, and is told until it does', async () => {
    const { periodKeys, audit } = node.ctx
    const quarters: string[] = []
    for (const _ of [1, 2, 3]) {
      federation.clock.ahead += 92 * DAY
      quarters.push((await audit.append({ type: 'node.started' }, SECRET)).origin.slice(-6))
    }
    federation.clock.ahead += 92 * DAY
    await audit.append({ type: 'node.started' }, null)
    const [first, second, third] = quarters as [string, string, string]
    const shredded = async () =>
      (await node.entries()).flatMap((one) =>
        one.type === 'shred' && quarters.includes(one.shredded) ? [one.shredded] : [],
      )
    const honest = failing(periodKeys, 'erase', (period: string) => period === first)
    // The entry of another fails.
    const writing = failing(
      audit,
      'append',
      ({ shredded }: { shredded?: string }) => shredded === second,
    )
    for (const days of [900, 1 + MOMENT]) {
      federation.clock.ahead += days * DAY
      await looking()().catch(() => {})
    }
    expect(await shredded()).toEqual([third])
    expect(await periodKeys.list()).toContain(first)
    expect(await periodKeys.list()).not.toContain(second)
    expect(await stuck()).toEqual([
      { period: first, cause: 'key' },
      { period: second, cause: 'entry' },
    ])
    const of = (period: string) => ({ message: 'log.not-ended', period, code: 'INTERNAL' })
    expect(told).toEqual(expect.arrayContaining([of(first), of(second)]))
    const { checks } = (await node.api('GET', '/doctor')).json as Diagnosis
    expect(checks.find(({ name }) => name === 'retention')).toMatchObject({
      ...{ ok: false, detail: `past its term: ${first}, ${second}` },
      next: expect.stringMatching(/^may the node delete.*; erased, and not in the log.*; see log/),
    })
    // Nobody can say of a folder that can't be read what is left in it.
    const unseen = failing(periodKeys, 'list', () => true)
    expect((await stuck()).map(({ cause }) => cause)).toEqual(['key', 'key'])
    unseen()

    writing()
    await expect(looking()()).rejects.toMatchObject({ code: 'EPERM' })
    expect(await shredded()).toEqual([third, second])
    honest()
    await looking()()
    expect(await shredded()).toEqual([third, second, first])
    expect(await stuck()).toEqual([])
  })

  /** An answer that was yes. */
  const answer = async (purpose: string) => {
    const txid = hex(random(16))
    await rememberAsked(node.ctx, { kind: 'host', purpose }, txid, ['asked.example'])
    return node.ctx.audit.append(
      {
        ...{ type: 'query.result', role: 'asker', protocol: 'check', status: 'answered' },
        ...{ txid, purpose, parties: ['bank-b'], kind: 'host', rule: 'host-t2', sizeBucket: 16 },
      },
      { over: '1' },
    )
  }

  test('day keeps its quarter, until its answers are counted', async () => {
    const { ctx } = node
    const purpose = [...terms().keys()][0]!
    federation.clock.ahead += 92 * DAY
    const month = new Date(ctx.clock()).toISOString().slice(0, 7)
    const { origin, index } = await answer(purpose)
    const period = origin.slice(-6)
    const here = (one: string, at: number) => one === origin && at === index
    const unreadable = failing(ctx.audit, 'openRecord', here)
    federation.clock.ahead += 92 * DAY
    await ctx.audit.append({ type: 'node.started' }, null)
    federation.clock.ahead += 900 * DAY
    await looking()()
    federation.clock.ahead += (1 + MOMENT) * DAY
    await expect(looking()()).rejects.toMatchObject({ code: 'EPERM' })
    expect(await ctx.periodKeys.list()).toContain(period)
    expect((await stuck()).map((one) => one.purpose)).toEqual([purpose])
    unreadable()
    expect(await ctx.audit.openRecord(origin, index)).toEqual({ over: '1' })
    await looking()()
    expect(await ctx.periodKeys.list()).not.toContain(period)
    expect(await stuck()).toEqual([])
    expect(await resultClasses(ctx, month)).toMatchObject([{ purpose, kind: 'host' }])
  })

  test('day keeps none of another purpose, nor what was begun before it', async () => {
    const { ctx } = node
    const [begun, unread] = [...terms().keys()] as [string, string]
    const ended = async () =>
      (await node.entries()).flatMap((one) => (one.type === 'records.ended' ? [one.purpose] : []))
    // Their quarter is not over by then.
    const afterTerms = async () => {
      for (const days of [longest() + 1, 1 + MOMENT]) {
        federation.clock.ahead += days * DAY
        await looking()().catch(() => {})
      }
    }
    const inQuarter = () => {
      const now = new Date(ctx.clock())
      const middle = Date.UTC(now.getUTCFullYear(), 3 * Math.floor(now.getUTCMonth() / 3) + 4, 9)
      federation.clock.ahead += middle - now.getTime()
    }
    const before = (await ended()).length
    federation.clock.ahead += 92 * DAY
    inQuarter()
    await answer(begun)
    const locked = failing(ctx.purposeKeys, 'erase', ({ purpose }: PurposeDay) => purpose === begun)
    await afterTerms()
    locked()
    expect((await stuck()).map(({ purpose, cause }) => [purpose, cause])).toEqual([[begun, 'key']])

    federation.clock.ahead += 92 * DAY
    inQuarter()
    await answer(begun)
    const { origin, index } = await answer(unread)
    const unreadable = failing(ctx.audit, 'openRecord', (...place: unknown[]) => {
      return place.join() === [origin, index].join()
    })
    told.splice(0)
    await afterTerms()
    expect((await ended()).slice(before)).toEqual([begun, begun])
    expect((await stuck()).map(({ purpose, cause }) => [purpose, cause])).toEqual([
      [unread, 'answers'],
    ])
    const { checks } = (await node.api('GET', '/doctor')).json as Diagnosis
    expect(checks.find(({ name }) => name === 'retention')).toMatchObject({
      next: expect.stringMatching(/^answers of those days cannot be counted.*log fsck; see log/),
    })
    const period = origin.slice(-6)
    expect(told).toContainEqual({
      ...{ message: 'log.not-ended', period, purpose: unread, code: 'INTERNAL' },
    })
    unreadable()
    // Not erased either: its answers are yet to be counted.
    expect(await ctx.audit.openRecord(origin, index)).toEqual({ over: '1' })
    await looking()()
    expect((await ended()).slice(before)).toContain(unread)
    expect(await stuck()).toEqual([])
  })
})

test('terms that can not be read keep no flag from its end, and are told', async () => {
  const { ctx } = node
  const { clock, store } = ctx
  const index = ctx.vault.blindIndex('host', 'd.nl')
  const about = {
    taxonomy: 'x',
    evidence: 'y',
    reports: 1,
    since: clock(),
    expires: clock() + HOUR,
  }
  await store.flags.upsert('host', [{ index, sealed: utf8('d.nl'), ...about }], 'import')
  const convenants = store.convenants as { history: typeof store.convenants.history }
  const { history } = convenants
  convenants.history = async () => {
    throw Object.assign(new Error(), { code: 'EIO' })
  }
  look = createRetention(ctx)
  federation.clock.ahead += 2 * DAY
  await expect(look()).rejects.toMatchObject({ code: 'EIO' })
  convenants.history = history
  expect(await store.flags.get('host', index)).toBeNull()
})
