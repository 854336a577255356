/** What time ends by itself: keys of periods, the index of queries, flags; each at its term, once. */

import { createRetention, summariseFlags } from '@drempel/node/internal/sessions'
import { utf8 } from '@drempel/protocol/encoding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Federation } from '../../kit/federation.ts'
import type { Member } from '../../kit/member.ts'

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
const indexes = async () =>
  (await node.ctx.indexKeys.list()).filter((key) => key.period === period).map((key) => key.purpose)
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
  for (const purpose of terms().keys()) await node.ctx.indexKeys.create(period, purpose)
  look = createRetention({ ...node.ctx, log: (_, message) => void lines.push(message) })
  lines.length = 0
}

beforeAll(async () => {
  federation = await Federation.open({ size: 3, background: false })
  node = federation.member('bank-a')
})
afterAll(() => federation.close())

describe('a period', () => {
  beforeAll(beginPeriod)

  test('is not ended while it is written, whatever the terms', async () => {
    await look()
    expect([await isThere(), (await indexes()).length]).toEqual([true, terms().size])
  })

  test('loses the index of each purpose at the end of its own term', async () => {
    const shortest = Math.min(...terms().values())
    daysAfter(shortest - 1)
    await look()
    expect((await indexes()).length).toBe(terms().size)
    daysAfter(shortest)
    await look()
    const left = [...terms()].filter(([, days]) => days > shortest).map(([id]) => id)
    expect(left.length).toBeGreaterThan(0)
    expect((await indexes()).sort()).toEqual(left.sort())
    expect(await node.ctx.audit.openRecord(place.origin, place.index)).toEqual(SECRET)
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
