import { randomBytes } from 'node:crypto'
import {
  createOperators,
  createProblemMapper,
  httpProblems,
  type OperatorEnv,
  problemHandler,
  type TokenRecord,
} from '@drempel/node/internal/http'
import { sodium } from '@drempel/protocol/encoding'
import { Hono } from 'hono'
import { beforeEach, describe, expect, it, vi } from 'vitest'

const random = (length: number) => new Uint8Array(randomBytes(length))
const clock = () => 5
const elsewhere = createOperators({ store: { get: async () => undefined }, random, clock })
const { token, record } = elsewhere.issue({ name: 'An', roles: ['analyst'] })

let now: number
let records: Map<string, TokenRecord>
let app: Hono<OperatorEnv>

beforeEach(() => {
  now = 1_000_000
  records = new Map([[record.id, record]])
  const operators = createOperators({
    store: { get: async (id) => records.get(id) },
    random,
    clock: () => now,
  })
  app = new Hono<OperatorEnv>()
  app.onError(problemHandler(createProblemMapper({ table: httpProblems, random })))
  app.get('/check', operators.requireRole('analyst', 'operator'), (c) => c.json(c.get('operator')))
  app.get('/admin', operators.requireRole('admin'), (c) => c.text('in'))
})

async function ask(path: string, authorization?: string) {
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
  const response = await app.request(path, { headers })
  const body = (await response.json().catch(() => ({}))) as { code?: string }
  return { status: response.status, body, code: body.code }
}

/** It may have underscores of its own. */
function secretOf(token: string): string {
  return token.split('_').slice(2).join('_')
}

describe('a bearer token', () => {
  it('opens what its roles open, and nothing else', async () => {
    const answer = await ask('/check', `Bearer ${token}`)
    expect(answer.body).toEqual({ id: record.id, name: 'An', roles: ['analyst'] })
    const refused = { status: 403, code: 'FORBIDDEN', body: { at: 'admin' } }
    expect(await ask('/admin', `Bearer ${token}`)).toMatchObject(refused)
  })

  it('gives no right by a role that is none', async () => {
    records.set(record.id, { ...record, roles: ['root', 'operator'] })
    expect((await ask('/check', `Bearer ${token}`)).body).toMatchObject({ roles: ['operator'] })
    records.set(record.id, { ...record, roles: ['root'] })
    expect((await ask('/check', `Bearer ${token}`)).code).toBe('FORBIDDEN')
  })

  it('is kept as Argon2id only', () => {
    const secret = secretOf(token)
    expect(record.hash).toMatch(/^\$argon2id\$/)
    expect(JSON.stringify(record)).not.toContain(secret)
    expect(record).toMatchObject({ createdAt: 5, revokedAt: null })
  })

  it('is refused when absent, malformed, of another, or off by one character', async () => {
    const other = elsewhere.issue({ name: 'Bo', roles: ['admin'] }).token
    const last = token.endsWith('A') ? 'E' : 'A'
    const bad = [
      undefined,
      '',
      'Bearer',
      'Bearer x',
      `Basic ${token}`,
      `Bearer ${token}A`,
      `Bearer ${token.slice(0, -1)}${last}`,
      `Bearer ${other}`,
      `Bearer drm_${record.id}_${secretOf(other)}`,
    ]
    for (const authorization of bad) {
      const answer = await ask('/check', authorization)
      expect({ authorization, code: answer.code }).toEqual({
        authorization,
        code: 'UNAUTHENTICATED',
      })
    }
  })

  it('stops working the moment it is revoked, also when it was verified before', async () => {
    expect((await ask('/check', `Bearer ${token}`)).status).toBe(200)
    records.set(record.id, { ...record, revokedAt: now })
    expect((await ask('/check', `Bearer ${token}`)).code).toBe('UNAUTHENTICATED')
    records.delete(record.id)
    expect((await ask('/check', `Bearer ${token}`)).code).toBe('UNAUTHENTICATED')
  })

  it('pays for Argon2 once', async () => {
    const argon2 = vi.spyOn(sodium, 'crypto_pwhash_str_verify')
    for (let i = 0; i < 20; i++) {
      expect((await ask('/check', `Bearer ${token}`)).status).toBe(200)
    }
    expect(argon2).toHaveBeenCalledTimes(1)
  })

  it('pays for none where it was made, and of no other record', async () => {
    const argon2 = vi.spyOn(sodium, 'crypto_pwhash_str_verify')
    const kept: { record?: TokenRecord } = {}
    const maker = createOperators({ store: { get: async () => kept.record }, random, clock })
    const made = maker.issue({ name: 'Cy', roles: ['fg'] })
    const enter = (secret = made.token) => maker.authenticate(`Bearer ${secret}`, 'here')
    // Made, and not stored yet.
    await expect(enter()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    kept.record = made.record
    expect(await enter()).toEqual({ id: made.record.id, name: 'Cy', roles: ['fg'] })
    kept.record = { ...made.record, revokedAt: 6 }
    await expect(enter()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(argon2).not.toHaveBeenCalled()
    const adopted = maker.adopt(made.token, { name: 'Di', roles: ['fg'] })
    kept.record = { ...adopted, hash: record.hash }
    await expect(enter()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(argon2).toHaveBeenCalledTimes(1)
    expect(() => maker.adopt('drm_x', { name: 'Di', roles: [] })).toThrow('UNAUTHENTICATED')
  })

  it('cannot be guessed at speed: after ten failures a minute of TOO_MANY_ATTEMPTS', async () => {
    const guess = () => {
      const stranger = Buffer.from(random(6)).toString('hex')
      return ask('/check', `Bearer drm_${stranger}_${'A'.repeat(43)}`)
    }
    await ask('/check', `Bearer ${token}`)
    for (let i = 0; i < 10; i++) expect((await guess()).code).toBe('UNAUTHENTICATED')
    expect(await guess()).toMatchObject({ status: 429, code: 'TOO_MANY_ATTEMPTS' })
    // Who is known keeps working beside the guesser.
    expect((await ask('/check', `Bearer ${token}`)).status).toBe(200)
    now += 60_000
    expect((await guess()).code).toBe('UNAUTHENTICATED')
  })
})
