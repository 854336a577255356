/** A period's key erased by two people: leaves still verify, records open no more, from no backup. */

import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { proposal as proposalSchema, shredded } from '@drempel/protocol/api'
import type { Json } from '@drempel/protocol/encoding'
import { openCheckpoint, parseTilePath, verifierKey, verifyLog } from '@drempel/protocol/log'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Federation } from '../../kit/federation.ts'
import type { Member } from '../../kit/member.ts'

const DAY = 86_400_000
const SECRET = { operator: 'a1b2c3d4e5f6', case: 'zaak-zeven' }

let federation: Federation
let node: Member
let tokens: ReadonlyMap<string, string>
/** The log of the quarter in which the test began. */
let origin: string
let period: string
let index: number

beforeAll(async () => {
  federation = await Federation.open({ size: 3 })
  node = federation.member('bank-a')
  tokens = await node.people({ jansen: 'auditor', bakker: 'operator', visser: 'admin' })
  const entry = await node.ctx.audit.append({ type: 'node.started' }, SECRET)
  origin = entry.origin
  period = origin.slice(-6)
  index = entry.index
})
afterAll(() => federation.close())

const as = (who: string, method: string, path: string, body?: Json) =>
  node.api(method, path, body, tokens.get(who)!)
const propose = (more: object = {}) =>
  as('bakker', 'POST', '/proposals', {
    ...{ act: 'shred', period, force: false, reason: 'einde termijn' },
    ...more,
  } as Json)
const decide = (who: string, id: string, approve = true) =>
  as(who, 'POST', `/proposals/${id}/decision`, { approve })
const shred = (who: string, id: string) => as(who, 'POST', `/proposals/${id}/shredding`, {})
const openIt = () =>
  as('jansen', 'POST', '/proposals', { act: 'open', origin, index, reason: 'toezicht' })
const keyFiles = async () =>
  (await readdir(node.live.node.home.paths.periods)).filter((name) => name.startsWith(period))
const nextQuarter = async () => {
  federation.clock.ahead += 95 * DAY
  await node.ctx.audit.append({ type: 'node.started' }, null)
}

/** Every entry of the first quarter, from the leaves up. */
async function verifies(): Promise<void> {
  const { audit, signer } = node.ctx
  const note = (await audit.checkpoint(origin))!
  const checkpoint = openCheckpoint(note, verifierKey(origin, signer.publicKey))
  let entries = 0
  await verifyLog(
    checkpoint,
    async (tile) => {
      const { level, index, width } = tile
      const [n, part] = [String(index).padStart(3, '0'), width === 256 ? '' : `.p/${width}`]
      const path = `tile/${level}/${n}${part}`
      expect(parseTilePath(path)).toEqual(tile)
      return (await audit.tile(origin, path)) ?? undefined
    },
    () => entries++,
  )
  expect(entries).toBe(checkpoint.size)
}

async function agreedShred(more: object = {}): Promise<string> {
  const { status, json } = await propose(more)
  expect(status).toBe(201)
  const { id } = proposalSchema.parse(json)
  expect((await decide('jansen', id)).status).toBe(200)
  return id
}

const refusal = (status: number, code: string, at?: string) => ({
  status,
  json: { code, ...(at === undefined ? {} : { at }) },
})

describe('is refused', () => {
  test('for the period that is written, for one to come, and for none', async () => {
    expect(await propose({ force: true })).toMatchObject(refusal(409, 'PERIOD_IN_USE', period))
    expect(await propose({ period: '2999Q1', force: true })).toMatchObject(
      refusal(409, 'PERIOD_IN_USE'),
    )
    expect(await propose({ period: '2020Q1', force: true })).toMatchObject(
      refusal(404, 'UNKNOWN_PERIOD'),
    )
    expect((await propose({ period: '../2020Q1' })).status).toBe(400)
  })

  test('while the longest retention of the convenant runs, unless both say force', async () => {
    await nextQuarter()
    const [year, quarter] = [Number(period.slice(0, 4)), Number(period.slice(5))]
    const days = Math.max(...federation.convenant.purposes.map((p) => p.retentionDays))
    const ends = new Date(Date.UTC(year, 3 * quarter) + days * DAY).toISOString().slice(0, 10)
    expect(await propose()).toMatchObject(refusal(409, 'RETENTION_RUNS', ends))
    expect((await propose({ force: true })).json).toMatchObject({ force: true, state: 'waiting' })
  })

  test('to one alone, and to who supervises', async () => {
    const { id } = proposalSchema.parse((await propose({ force: true })).json)
    expect(await shred('bakker', id)).toMatchObject(refusal(409, 'NOT_APPROVED', 'waiting'))
    expect(await decide('visser', id)).toMatchObject(refusal(403, 'DUAL_CONTROL', 'side'))
    const asked = { act: 'shred', period, force: true, reason: 'x' }
    expect(await as('jansen', 'POST', '/proposals', asked)).toMatchObject(
      refusal(403, 'DUAL_CONTROL', 'side'),
    )
    expect(await keyFiles()).not.toEqual([])
  })

  test('when an approval to open is offered for it', async () => {
    const { id } = proposalSchema.parse((await openIt()).json)
    expect((await decide('bakker', id)).status).toBe(200)
    expect(await shred('bakker', id)).toMatchObject(refusal(404, 'UNKNOWN_PROPOSAL'))
    expect((await as('jansen', 'POST', `/proposals/${id}/opening`, {})).json).toMatchObject({
      record: SECRET,
    })
  })

  test('again by the clock, when it went back after both agreed', async () => {
    const id = await agreedShred({ force: true })
    federation.clock.ahead -= 95 * DAY
    expect(await shred('bakker', id)).toMatchObject(refusal(409, 'PERIOD_IN_USE'))
    federation.clock.ahead += 95 * DAY
    expect(await keyFiles()).not.toEqual([])
  })
})

describe('a shred', () => {
  test('that a crash cut off is carried on at the next start', async () => {
    const id = await agreedShred({ force: true })
    const { home } = node.live.node
    const backup = await readFile(join(home.paths.periods, `${period}.key`))
    // The process ends between the erasing and the entry.
    const audit = node.ctx.audit as { append: typeof node.ctx.audit.append }
    const { append } = audit
    audit.append = async (event, record) => {
      if (event.type === 'shred') throw Object.assign(new Error(), { code: 'EIO' })
      return append(event, record)
    }
    expect((await shred('bakker', id)).status).toBe(500)
    expect(await keyFiles()).toEqual([])
    const added = await node.adds(() => node.restart())
    expect(added.filter(({ type }) => type === 'shred')).toMatchObject([
      { shredded: period, reason: 'FORCED', capacities: ['auditor', 'operator'] },
    ])
    expect((await node.adds(() => node.restart())).map(({ type }) => type)).not.toContain('shred')
    // Only for the tests that follow; a copy that somebody keeps is what nobody can see.
    await writeFile(join(home.paths.periods, `${period}.key`), backup, { mode: 0o600 })
    expect(await node.ctx.audit.openRecord(origin, index)).toEqual(SECRET)
  })

  test('leaves a log that verifies, and no backup of the store that opens', async () => {
    const { paths } = node.live.node.home
    await node.stop()
    const backup = `${paths.store}.backup`
    await cp(paths.store, backup)
    await node.restart()
    // What a crash leaves of a key that was being made is a key as well.
    const key = await readFile(join(paths.periods, `${period}.key`))
    for (const left of ['.new', '.new.new']) {
      await writeFile(join(paths.periods, `${period}.key${left}`), key, { mode: 0o600 })
    }
    federation.clock.ahead += 366 * DAY
    await node.ctx.audit.append({ type: 'node.started' }, null)
    const id = await agreedShred()
    const added = await node.adds(async () => {
      const { status, json } = await shred('bakker', id)
      expect(status).toBe(200)
      expect(shredded.parse(json)).toMatchObject({ period, erased: true })
    })
    expect(added.filter(({ type }) => type === 'shred')).toMatchObject([
      { shredded: period, reason: 'RETENTION_ENDED' },
    ])
    expect(await keyFiles()).toEqual([])
    expect((await openIt()).json).toMatchObject({ code: 'RECORD_ERASED' })
    await verifies()

    await node.stop()
    // Of the same day as the folder's own list of logs, which would tell.
    await cp(backup, paths.store)
    await rm(join(paths.periods, 'logs.sealed'))
    await node.restart()
    expect((await openIt()).json).toMatchObject({ code: 'RECORD_ERASED' })
    await expect(node.ctx.audit.openRecord(origin, index)).rejects.toMatchObject({
      code: 'RECORD_ERASED',
    })
    expect((await node.ctx.store.log.sealed(origin, index))?.sealed).not.toHaveLength(0)
    await verifies()
    // Nor does a key that is made anew open what another one sealed.
    await node.live.node.home.periodKeys.create(period)
    await expect(node.ctx.audit.openRecord(origin, index)).rejects.toMatchObject({
      code: 'RECORD_DAMAGED',
    })
  })
})
