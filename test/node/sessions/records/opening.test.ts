/** A sealed record, opened by two people of two sides; and by nobody else. */

import { openedRecord, proposal as proposalSchema, proposals } from '@drempel/protocol/api'
import { type Json, jcs } from '@drempel/protocol/encoding'
import { parseEvent, sealedCommit } from '@drempel/protocol/log'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Federation } from '../../kit/federation.ts'
import type { Member } from '../../kit/member.ts'

const HOUR = 3_600_000
const SECRET = { operator: 'a1b2c3d4e5f6', case: 'zaak-zeven' }
const REASON = 'toezicht dossier twaalf'

let federation: Federation
let node: Member
const tokens = new Map<string, string>()
let origin: string
let index: number

beforeAll(async () => {
  federation = await Federation.open({ size: 3 })
  node = federation.member('bank-a')
  await token('jansen', ['auditor'])
  await token('devries', ['fg'])
  await token('bakker', ['operator'])
  await token('visser', ['admin'])
  await token('smit', ['analyst'])
  await token('mulder', ['auditor', 'operator'])
  const entry = await node.ctx.audit.append({ type: 'node.started' }, SECRET)
  origin = entry.origin
  index = entry.index
})
afterAll(() => federation.close())

async function token(name: string, roles: readonly string[], key = name): Promise<string> {
  const made = await node.api('POST', '/tokens', { name, roles: [...roles] })
  const { id, token: secret } = made.json as { id: string; token: string }
  tokens.set(key, secret)
  return id
}

const as = (who: string, method: string, path: string, body?: Json) =>
  node.api(method, path, body, tokens.get(who)!)
const propose = (who: string, more: object = {}) =>
  as(who, 'POST', '/proposals', { act: 'open', origin, index, reason: REASON, ...more } as Json)
const decide = (who: string, id: string, approve = true) =>
  as(who, 'POST', `/proposals/${id}/decision`, { approve })
const open = (who: string, id: string) => as(who, 'POST', `/proposals/${id}/opening`, {})

async function proposed(who = 'jansen'): Promise<string> {
  const { status, json } = await propose(who)
  expect(status).toBe(201)
  return proposalSchema.parse(json).id
}

async function approved(): Promise<string> {
  const id = await proposed()
  expect((await decide('bakker', id)).status).toBe(200)
  return id
}

const refusal = (code: string, at?: string, status = 403) => ({
  status,
  json: { code, ...(at === undefined ? {} : { at }) },
})

describe('opened by two', () => {
  test('the record is shown, after the log says so', async () => {
    const id = await approved()
    const added = await node.adds(async () => {
      const { status, json, header } = await open('jansen', id)
      expect(status).toBe(200)
      expect(header('cache-control')).toBe('no-store')
      expect(openedRecord.parse(json)).toMatchObject({ origin, index, record: SECRET })
    })
    const leaf = parseEvent(await node.ctx.audit.leaf(origin, index))
    const [entry, ...more] = added.filter(({ type }) => type === 'record.opened')
    expect(more).toEqual([])
    expect(entry).toMatchObject({
      capacities: ['auditor', 'operator'],
      entry: { origin, index, commit: leaf.commit },
    })
    expect(Object.keys(entry!).sort()).toEqual(
      [
        ...['v', 'type', 'time', 'software', 'retentionClass', 'period', 'commit', 'at', 'origin'],
        ...['convenant', 'approvalCommit', 'capacities', 'entry'],
      ].sort(),
    )
  })

  test('who and why stand in the record of that entry, bound by its leaf', async () => {
    const added = await node.adds(async () => void (await open('jansen', await approved())))
    const entry = added.find(({ type }) => type === 'record.opened')!
    const { approval, salt } = (await node.record(entry)) as {
      approval: { readonly [name: string]: Json }
      salt: string
    }
    expect(approval).toMatchObject({
      reason: REASON,
      proposer: { name: 'jansen', capacity: 'auditor' },
      decider: { name: 'bakker', capacity: 'operator' },
    })
    const commit = sealedCommit(new Uint8Array(Buffer.from(salt, 'hex')), jcs(approval))
    expect(entry).toMatchObject({ approvalCommit: commit })
    const leaf = new TextDecoder().decode(await node.ctx.audit.leaf(entry.origin, entry.at))
    for (const word of [REASON, 'jansen', 'bakker', 'zaak-zeven']) expect(leaf).not.toContain(word)
  })

  test('an fg asks, an admin agrees: both sides have two roles', async () => {
    const id = await proposed('devries')
    expect((await decide('visser', id)).json).toMatchObject({
      state: 'approved',
      decider: { name: 'visser', capacity: 'admin' },
    })
    expect((await open('devries', id)).json).toMatchObject({ record: SECRET })
  })

  test('both may see what waits, with its reason; who only asks may not', async () => {
    const id = await proposed()
    for (const who of ['jansen', 'bakker']) {
      const { json } = await as(who, 'GET', '/proposals')
      expect(proposals.parse(json).proposals[0]).toMatchObject({ id, reason: REASON })
    }
    expect((await as('smit', 'GET', '/proposals')).status).toBe(403)
    expect((await propose('smit')).status).toBe(403)
  })
})

describe('is refused', () => {
  test('to one alone, by any way around', async () => {
    const id = await proposed()
    expect(await open('jansen', id)).toMatchObject(refusal('NOT_APPROVED', 'waiting', 409))
    expect(await decide('jansen', id)).toMatchObject(refusal('DUAL_CONTROL', 'side'))
    expect(await decide('devries', id)).toMatchObject(refusal('DUAL_CONTROL', 'side'))
    expect(await propose('bakker')).toMatchObject(refusal('DUAL_CONTROL', 'side'))
  })

  test('to a token that could be both people, that of init too', async () => {
    const id = await proposed()
    expect(await propose('mulder')).toMatchObject(refusal('DUAL_CONTROL', 'both-sides'))
    expect(await decide('mulder', id)).toMatchObject(refusal('DUAL_CONTROL', 'both-sides'))
    const first = await node.api('POST', `/proposals/${id}/decision`, { approve: true })
    expect(first).toMatchObject(refusal('DUAL_CONTROL', 'both-sides'))
  })

  test('to two tokens of one holder', async () => {
    const id = await proposed()
    await token('jansen', ['operator'], 'jansen-2')
    expect(await decide('jansen-2', id)).toMatchObject(refusal('DUAL_CONTROL', 'holder'))
  })

  test('to anyone but who proposed it', async () => {
    const id = await approved()
    expect(await open('devries', id)).toMatchObject(refusal('DUAL_CONTROL', 'proposer'))
    expect(await open('bakker', id)).toMatchObject(refusal('DUAL_CONTROL', 'side'))
    expect((await open('jansen', id)).status).toBe(200)
  })

  test('twice, also at once', async () => {
    const id = await approved()
    const added = await node.adds(async () => {
      const answers = await Promise.all([1, 2, 3].map(() => open('jansen', id)))
      const codes = answers.map(({ status }) => status).sort()
      expect(codes).toEqual([200, 409, 409])
    })
    expect(added.filter(({ type }) => type === 'record.opened')).toHaveLength(1)
    expect(await open('jansen', id)).toMatchObject(refusal('NOT_APPROVED', 'used', 409))
  })

  test('when the other said no, and no is final', async () => {
    const id = await proposed()
    expect((await decide('bakker', id, false)).json).toMatchObject({ state: 'denied' })
    expect(await decide('visser', id)).toMatchObject(refusal('NOT_APPROVED', 'denied', 409))
    expect(await open('jansen', id)).toMatchObject(refusal('NOT_APPROVED', 'denied', 409))
  })

  test('when it is too late, for the decision and for the reading', async () => {
    const [waiting, agreed] = [await proposed(), await approved()]
    federation.clock.ahead += 73 * HOUR
    expect(await decide('bakker', waiting)).toMatchObject(refusal('NOT_APPROVED', 'expired', 409))
    expect(await open('jansen', agreed)).toMatchObject(refusal('NOT_APPROVED', 'expired', 409))
  })

  test('when the token that agreed was revoked since', async () => {
    const id = await token('bos', ['operator'])
    const waiting = await proposed()
    expect((await decide('bos', waiting)).status).toBe(200)
    await node.api('DELETE', `/tokens/${id}`)
    expect(await open('jansen', waiting)).toMatchObject(refusal('DUAL_CONTROL', 'revoked'))
  })

  test('for what is not there', async () => {
    expect((await propose('jansen', { index: 99_999 })).json).toMatchObject({
      code: 'LOG_ENTRY_UNKNOWN',
    })
    const none = '0'.repeat(32)
    expect(await open('jansen', none)).toMatchObject(refusal('UNKNOWN_PROPOSAL', undefined, 404))
    expect((await propose('jansen', { reason: ' ' })).status).toBe(400)
  })

  test('when the log can not be written: nothing is shown', async () => {
    const id = await approved()
    const log = node.ctx.store.log as { append: typeof node.ctx.store.log.append }
    const { append } = log
    log.append = async () => {
      throw Object.assign(new Error(), { code: 'SQLITE_FULL' })
    }
    const answer = await open('jansen', id)
    log.append = append
    expect(answer).toMatchObject(refusal('LOG_UNAVAILABLE', undefined, 503))
    expect(answer.text).not.toContain('zaak-zeven')
    expect(await open('jansen', id)).toMatchObject(refusal('NOT_APPROVED', 'used', 409))
  })

  test('a restart forgets no step', async () => {
    const [waiting, agreed] = [await proposed(), await approved()]
    await node.restart()
    expect((await open('jansen', agreed)).json).toMatchObject({ record: SECRET })
    expect((await decide('bakker', waiting)).json).toMatchObject({ state: 'approved' })
  })
})
