/** The operator API against its own users: no token, the wrong role, bodies that are none. */

import type { Diagnosis } from '@drempel/protocol/api'
import { type Json, ProtocolError } from '@drempel/protocol/encoding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bend } from '../kit/bend.ts'
import { Federation, random } from '../kit/federation.ts'
import type { Member } from '../kit/member.ts'
import { readProblem } from '../kit/peer.ts'

const ROLES = ['analyst', 'operator', 'auditor', 'fg', 'admin'] as const
type Role = (typeof ROLES)[number]

let federation: Federation
let node: Member
const tokens = new Map<Role, string>()

beforeAll(async () => {
  federation = await Federation.open({ size: 3 })
  node = federation.member('bank-a')
  for (const role of ROLES) {
    tokens.set(role, await node.person(role, role))
  }
})

afterAll(() => federation.close())

const question = { kind: 'host', purpose: 'fraude-onderzoek', rule: 'host-t2' }
const subject = { kind: 'host', value: 'a.example' }
const all = ROLES

/** Method, path, who may, a body that the route understands. */
type Route = readonly [method: string, path: string, allowed: readonly Role[], body?: Json]
const table: readonly Route[] = [
  ['GET', '/status', all],
  ['GET', '/doctor', all],
  ['GET', '/convenant', all],
  ['GET', '/convenant/versions', all],
  ['POST', '/convenant/sign', ['admin'], { convenant: {} }],
  ['PUT', '/convenant', ['admin'], { convenant: {} }],
  ['GET', '/keys', all],
  ['GET', '/rounds', all],
  ['GET', `/rounds/${'0'.repeat(32)}`, all],
  ['POST', '/rounds', ['operator', 'admin'], { kind: 'host' }],
  ['POST', '/flags/import', ['operator', 'admin'], { kind: 'host', import: 'x', rows: [] }],
  [
    'POST',
    '/flags/import/finish',
    ['operator', 'admin'],
    { kind: 'host', import: 'x', replace: false },
  ],
  ['GET', '/flags?kind=host', ['operator', 'admin']],
  ['POST', '/flags/withdraw', ['operator', 'admin'], { kind: 'host', values: ['a.example'] }],
  ['GET', '/own?kind=host&rule=host-t2', ['operator', 'admin']],
  ['POST', '/checks', ['analyst', 'admin'], { ...question, value: 'a.example' }],
  ['POST', '/screens', ['analyst', 'admin'], { ...question, values: ['a.example'] }],
  ['GET', `/receipts/${'0'.repeat(32)}`, ['analyst', 'auditor', 'admin']],
  ['GET', '/log', all],
  ['GET', '/witnessing', ['auditor', 'fg', 'admin']],
  ['GET', '/subjects', ['fg']],
  ['POST', '/subjects/access', ['fg'], { ...subject, proof: 'x' }],
  ['POST', '/subjects/objection', ['fg'], { ...subject, proof: 'x' }],
  ['POST', '/subjects/erasure', ['fg'], { ...subject, proof: 'x' }],
  ['POST', '/subjects/rectification', ['fg'], { ...subject, proof: 'x', reports: 2 }],
  ['POST', '/subjects/lift', ['fg'], { ...subject, case: '2026-0001' }],
  ['POST', '/subjects/2026-9999/extension', ['fg'], { reason: 'x' }],
  ['POST', '/subjects/2026-9999/closing', ['fg'], { outcome: 'granted' }],
  ['GET', '/recalls', ['analyst', 'fg', 'admin']],
  ['POST', '/recalls/99/closing', ['analyst', 'fg', 'admin']],
  ['GET', '/tokens', ['admin']],
  ['POST', '/tokens', ['admin'], { name: 'x', roles: ['fg'] }],
  ['DELETE', '/tokens/000000000000', ['admin']],
]

const routes = table.map(([method, path, allowed, body]) => ({ method, path, allowed, body }))

async function refused(
  code: string,
  status: number,
  answer: { readonly status: number; readonly text: string },
): Promise<void> {
  const problem = readProblem(answer.text, answer.status)
  expect({ code: problem.code, status: answer.status }).toEqual({ code, status })
}

describe.each(routes)('$method $path', ({ method, path, allowed, body }) => {
  test('wants a token', async () => {
    const without = await node.api(method, path, body, null)
    await refused('UNAUTHENTICATED', 401, without)
    expect(without.header('www-authenticate')).toBe('Bearer')
    await refused('UNAUTHENTICATED', 401, await node.api(method, path, body, 'drm_x_y'))
  })

  test.each(ROLES)('as %s', async (role) => {
    const answer = await node.api(method, path, body, tokens.get(role)!)
    if (!allowed.includes(role)) {
      await refused('FORBIDDEN', 403, answer)
      return
    }
    expect([401, 403]).not.toContain(answer.status)
    expect(answer.status).toBeLessThan(500)
    if (answer.status >= 400) readProblem(answer.text, answer.status)
  })
})

test('the doctor says the same in the language that is asked for', async () => {
  const told = async (language: string) => {
    const headers = { authorization: `Bearer ${node.token}`, 'accept-language': language }
    const answer = await fetch(`${node.descriptor.url}/api/v1/doctor`, { headers })
    return ((await answer.json()) as Diagnosis).checks
  }
  const [en, nl] = [await told('en-GB'), await told('nl-NL')]
  expect(nl.map(({ ok }) => ok)).toEqual(en.map(({ ok }) => ok))
  expect(en.map(({ name }) => name)).toContain('peer bank-b')
  expect(nl.map(({ name }) => name)).toContain('node van bank-b')
  const details = new Set(en.map(({ detail }) => detail))
  expect(nl.filter(({ detail }) => details.has(detail))).toEqual([])
  expect(await told('de')).toEqual(en)
})

test('what is said of an import adds up, also where a file has an identifier twice', async () => {
  const values = ['twice.example', 'once.example', 'TWICE.example', 'a b', 'twice.example.']
  const rows = values.map((value, row) => ({ row, value }))
  const load = async (id: string) =>
    (await node.api('POST', '/flags/import', { kind: 'host', import: id, rows })).json
  const rejected = [{ row: 3, code: 'HOST_CHARACTER' }]
  expect(await load('first')).toEqual({ added: 2, updated: 0, unchanged: 2, rejected })
  expect(await load('again')).toEqual({ added: 0, updated: 0, unchanged: 4, rejected })
})

test.each([
  ['CLOCK_SKEW', 'clocks'],
  ['UNKNOWN_PEER', 'installed'],
  ['PEER_UNREACHABLE', 'is that node up'],
])('the doctor tells why a peer does not do as asked: %s', async (code, advice) => {
  bend(node.ctx, 'call', (honest) => async (member, ...rest) => {
    if (member !== 'bank-b') return honest(member, ...rest)
    if (code === 'PEER_UNREACHABLE') throw new ProtocolError(code, { culprit: member })
    throw new ProtocolError('PEER_PROBLEM', { culprit: member, at: code })
  })
  const { checks } = (await node.api('GET', '/doctor')).json as Diagnosis
  const told = checks.find(({ name }) => name === 'peer bank-b')
  expect(told).toMatchObject({ ok: false, detail: code, next: expect.stringContaining(advice) })
})

const bodied = routes.filter(({ body }) => body !== undefined)

test.each(bodied)('$method $path with a body that is none', async ({ method, path, body }) => {
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
  const bodies: readonly (string | Uint8Array)[] = [
    '',
    '{',
    'null',
    '[]',
    '"x"',
    '1e999',
    '{}',
    deep,
    random(500),
    new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]),
    JSON.stringify({ ...(body as object), unknown: 1 }),
    JSON.stringify(Object.fromEntries(Object.keys(body as object).map((key) => [key, { a: 1 }]))),
    JSON.stringify(Object.fromEntries(Object.keys(body as object).map((key) => [key, null]))),
  ]
  for (const bytes of bodies) {
    const answer = await node.api(method, path, bytes)
    const problem = readProblem(answer.text, answer.status)
    const convenant = path.startsWith('/convenant') && /^\{"/.test(String(bytes))
    expect([convenant ? 'CONVENANT_INVALID' : 'BAD_REQUEST', 'BAD_REQUEST']).toContain(problem.code)
  }
})

test('a body above the limit', async () => {
  const answer = await node.api('POST', '/flags/import', new Uint8Array(33 << 20))
  await refused('BODY_TOO_LARGE', 413, answer)
})

test.each([
  ['BAD_REQUEST', '/flags'],
  ['BAD_REQUEST', '/flags?kind=host&limit=0'],
  ['BAD_REQUEST', '/flags?kind=host&limit=1e9'],
  ['BAD_REQUEST', '/flags?kind=host&after=-1'],
  ['BAD_REQUEST', '/flags?kind=__proto__'],
  ['BAD_REQUEST', '/flags?kind=host&state=gone'],
  ['BAD_REQUEST', '/flags?kind=host&unknown=1'],
  ['BAD_REQUEST', '/flags?kind=host&only=all'],
  ['BAD_REQUEST', '/flags?kind=host&rule=host-t2,'],
  ['NO_LIST', '/flags?kind=host&rule=host-t2&only=over'],
  ['BAD_REQUEST', '/own?kind=host'],
  ['NO_LIST', '/own?kind=host&rule=nothing'],
  ['ROUND_UNKNOWN', '/rounds/x'],
  ['ROUND_UNKNOWN', '/rounds/%E0%A4%A'],
  ['UNKNOWN_RECEIPT', '/receipts/%00'],
  ['UNKNOWN_RECEIPT', `/receipts/${'x'.repeat(2_000)}`],
  ['NOT_FOUND', '/log/drempel'],
  ['NOT_FOUND', '/log/drempel/proef/bank-a/2020q1/checkpoint'],
  ['NOT_FOUND', '/log/drempel/../../../etc/passwd'],
  ['NOT_FOUND', '/nothing'],
])('%s for %s', async (code, path) => {
  const answer = await node.api('GET', path)
  expect(readProblem(answer.text, answer.status).code).toBe(code)
  expect(Math.floor(answer.status / 100)).toBe(4)
})

test('tiles beyond the log, or of no form', async () => {
  const { json } = await node.api('GET', '/log')
  const [{ origin }] = (json as { origins: [{ origin: string }] }).origins
  for (const path of [
    'tile/0/000',
    'tile/0/x',
    'tile/9/000.p/1',
    'tile/entries/x001/000',
    'tile/',
  ]) {
    const { status, text } = await node.api('GET', `/log/${origin}/${path}`)
    if (status !== 200)
      expect(readProblem(text, status).code).toMatch(/^(NOT_FOUND|BAD_TILE_PATH|TILE_MISSING)$/)
  }
})

test('what the convenant refuses is a 403 with its code, an entry, and no identifier', async () => {
  const cases = [
    ['UNKNOWN_PURPOSE', { ...question, purpose: 'curiosity' }],
    ['UNKNOWN_RULE', { ...question, rule: 'host-t9' }],
    ['UNKNOWN_KIND', { ...question, kind: 'iban', value: 'NL91ABNA0417164300' }],
  ] as const
  for (const [code, body] of cases) {
    const added = await node.adds(async () => {
      const answer = await node.api('POST', '/checks', { value: 'secret.example', ...body })
      const problem = readProblem(answer.text, answer.status)
      expect(problem).toMatchObject({ code: 'REFUSED', at: code, status: 403 })
      expect(answer.text).not.toMatch(/secret|NL91/)
    })
    expect(added).toMatchObject([{ type: 'query.refused', reason: code }])
    expect(JSON.stringify(added)).not.toMatch(/secret|curiosity|host-t9|NL91/)
  }
})

test('identifiers that are none, without their text', async () => {
  const answer = await node.api('POST', '/checks', { ...question, value: 'not a host!' })
  expect(readProblem(answer.text, answer.status).code).toMatch(/^HOST_/)
  expect(answer.text).not.toContain('not a host')
})

test('a revoked token is a token no more, and the last thing to do works', async () => {
  const { json } = await node.api('POST', '/tokens', { name: 'gone', roles: ['admin'] })
  const { id, token } = json as { id: string; token: string }
  expect((await node.api('GET', '/tokens', undefined, token)).status).toBe(200)
  expect((await node.api('DELETE', `/tokens/${id}`)).status).toBe(200)
  await refused('UNAUTHENTICATED', 401, await node.api('GET', '/tokens', undefined, token))
  expect((await node.api('GET', '/status')).status).toBe(200)
})
