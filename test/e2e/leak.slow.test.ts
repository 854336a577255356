/**
 * After partners did all that they do, with real names and with planted ones: nothing that left the
 * encrypted columns of a store names, hashes or encodes any of them.
 */

import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Federation, verifyLogs } from '@drempel/examples/federation/index'
import { inSample, NPM_LISTS, npmList } from '@drempel/examples/lists'
import { encodeTilePath } from '@drempel/protocol/log'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drempel } from '../cli/world.ts'
import { tilesOf } from '../foreign/tools.ts'
import { PARTNERS } from './lists.ts'
import { formsOf, Scanner } from './scanner.ts'

/** Planted ones: flagged by two, flagged by one, asked only, rejected, and texts around a query. */
const canary = {
  over: 'canary-flagged-by-two-7f3a9c.example.net',
  below: 'canary-flagged-by-one-51d0e8.example.net',
  asked: 'canary-only-asked-9e44b1.example.net',
  withdrawn: 'canary-withdrawn-0c7be2.example.net',
  recalled: 'canary-recalled-b7d2c3.example.net',
  objected: 'canary-objected-19fe04.example.net',
  erased: 'canary-erased-5a60ce.example.net',
  rectified: 'canary-rectified-e2b881.example.net',
  replacement: 'canary-replacement-3c90f7.example.net',
  proof: 'CANARY-PROOF-passport-41aa',
  motive: 'CANARY-MOTIVE-why-later-6d',
  rejected: 'canary rejected 66aa17 .example.net',
  listed: 'canary-on-a-list-of-two-4d1c88.example.net',
  unlisted: 'canary-on-one-list-a0f35b.example.net',
  caseName: 'CANARY-CASE-2026-83bd50',
  purpose: 'canary-purpose-2b9f60',
  body: 'canary-in-a-broken-body-c4e1',
  query: 'canary-in-a-query-string-88',
} as const

const question = { kind: 'host', purpose: 'fraude-onderzoek', rule: 'host-t2' } as const
/** Real names, some of each list. */
const lists = NPM_LISTS.map((name) =>
  npmList(name)
    .filter(inSample)
    .filter((_, i) => i % 6 === 0),
)
const secrets = [...new Set([...lists.flat(), ...Object.values(canary)])].filter(
  (secret) => secret.length >= 10,
)
const scanner = new Scanner(secrets)

let federation: Federation

beforeAll(async () => {
  federation = await Federation.create({
    partners: PARTNERS,
    convenant: { id: 'leak', witnesses: PARTNERS.map(({ id }) => id), intersections: true },
  })
  const [first, second, third] = federation.nodes
  for (const [i, { api }] of federation.nodes.entries()) await api.importFlags('host', lists[i]!)
  const { over, below, rejected, recalled } = canary
  await first!.api.importFlags('host', [over, rejected, recalled, canary.withdrawn])
  await second!.api.importFlags('host', [over, below, recalled])
  await first!.api.withdraw('host', [canary.withdrawn])
  await first!.api.generateKey('host')
  expect(await federation.runRound('host')).toMatchObject({ state: 'published' })
  const asked = { ...question, case: canary.caseName }
  const answers = []
  for (const value of [canary.over, canary.below, canary.asked]) {
    answers.push((await third!.api.check({ ...asked, value })).answer)
  }
  answers.push((await third!.api.check({ ...asked, value: recalled })).answer)
  expect(answers).toEqual(['over', 'not-over', 'not-over', 'over'])
  await third!.api.screen({ ...asked, values: [canary.over, canary.rejected, canary.asked] })
  await failing(third!.api.check({ ...asked, value: canary.rejected }))
  await failing(third!.api.check({ ...asked, purpose: canary.purpose, value: canary.over }))
  await failing(third!.api.check({ ...asked, rule: canary.purpose, value: canary.over }))
  await failing(third!.api.own('host', canary.query))
  for (const path of ['api/v1/checks', 'peer/v1/oprf/evaluate']) {
    const url = `${third!.member.url}/${path}?${canary.query}`
    const { status } = await fetch(url, { method: 'POST', body: `{"value":"${canary.body}` })
    expect(status).toBeGreaterThanOrEqual(400)
  }
  // Tags, logs and lists in their second state too.
  await first!.api.withdraw('host', [canary.recalled])
  await second!.api.withdraw('host', [canary.below])
  await handleSubjects()
  await intersect('ecdh')
  await intersect('ot')
  expect(await federation.runRound('host')).toMatchObject({ state: 'published' })
  expect(await recalls()).toMatchObject([{ case: canary.caseName }])
}, 300_000)

/** The requests of data subjects at one node, each of every type, by its FG. */
async function handleSubjects(): Promise<void> {
  const { api, member } = federation.nodes[0]!
  const { token } = await api.createToken('fg', ['fg'])
  const send = async (path: string, body: object, status = 200) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const url = `${member.url}/api/v1/subjects/${path}`
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    expect(answer.status).toBe(status)
    return (await answer.json()) as { case: { case: string }; found?: boolean; flag?: object }
  }
  const proven = { kind: 'host', proof: canary.proof }
  const flags = [canary.objected, canary.erased, canary.rectified]
  await api.importFlags('host', flags)
  const { flag } = await send('access', { ...proven, value: canary.over })
  expect(flag).toMatchObject({ state: 'active' })
  await send('access', { ...proven, value: canary.rejected }, 422)
  await send('access', { kind: 'host', value: canary.over, case: canary.query }, 400)
  const objection = await send('objection', { ...proven, value: canary.objected })
  expect(objection.found).toBe(true)
  expect(await send('erasure', { ...proven, value: canary.erased })).toMatchObject({ found: true })
  const { replacement } = canary
  const rectify = { ...proven, value: canary.rectified, replacement }
  expect(await send('rectification', rectify)).toMatchObject({ found: true })
  await send('rectification', { ...proven, value: canary.over, taxonomy: canary.query }, 422)
  const name = objection.case.case
  await send('lift', { kind: 'host', value: canary.objected, case: name })
  await send(`${name}/extension`, { reason: canary.motive })
  await send(`${name}/closing`, { outcome: 'refused', reason: canary.motive })
}

/** Two lists of files with one name in common, run to the end; and one that is refused. */
async function intersect(protocol: string): Promise<void> {
  const [first, , third] = federation.nodes
  const send = async (node: typeof first, path: string, body?: object) => {
    const token = tokens.get(node!.id) ?? (await node!.api.createToken('psi', ['analyst'])).token
    tokens.set(node!.id, token)
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const url = `${node!.member.url}/api/v1/psi${path}`
    const given = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    const answer = await fetch(url, { headers, ...given })
    return (await answer.json()) as { id: string; state: string; result?: object; rows?: object[] }
  }
  const bring = async (node: typeof first, more: readonly string[], list: string) => {
    const values = [canary.listed, canary.rejected, ...more, ...lists[3]!.slice(0, 12)]
    const rows = values.map((value, row) => ({ row, value }))
    await send(node, '/lists', { kind: 'host', list, rows })
    return { list }
  }
  const asked = {
    ...{ partner: third!.id, purpose: 'lijsten-vergelijken', kind: 'host', output: 'items' },
    ...{ to: 'both', protocol, case: canary.caseName },
  }
  const input = await bring(first, [canary.unlisted], `mine-${protocol}`)
  const { id } = await send(first, '', { ...asked, input })
  await send(third, `/${id}/acceptance`, { input: await bring(third, [], `theirs-${protocol}`) })
  let session = await send(first, `/${id}`)
  while (session.state === 'running') session = await send(first, `/${id}`)
  expect(session).toMatchObject({ state: 'done', result: { learned: 'items', size: 13 } })
  const common = (await send(third, `/${id}/items`)).rows!
  expect(common).toContainEqual({ row: 0, value: canary.listed })
  await send(first, '', { ...asked, purpose: canary.purpose, input })
  await send(first, '', { ...asked, input: { list: canary.query } })
}

const tokens = new Map<string, string>()

async function recalls(): Promise<unknown[]> {
  const { api, member } = federation.nodes[2]!
  const { token } = await api.createToken('analyst', ['analyst'])
  const headers = { authorization: `Bearer ${token}` }
  const answer = await fetch(`${member.url}/api/v1/recalls`, { headers })
  return ((await answer.json()) as { recalls: unknown[] }).recalls
}

afterAll(() => federation?.remove())

async function failing(promise: Promise<unknown>): Promise<void> {
  await expect(promise).rejects.toThrow()
}

describe('no name', () => {
  it('in any leaf or tile of a log', async () => {
    for (const { id, api } of federation.nodes) {
      const logs = await verifyLogs(api, federation.convenant, id)
      for (const { origin, size, leaves } of logs) {
        expect(leaves).toHaveLength(size)
        expect(leaves.flatMap((leaf) => scanner.scan(leaf))).toEqual([])
        for (const tile of tilesOf(size)) {
          expect(scanner.scan((await api.tile(origin, encodeTilePath(tile)))!)).toEqual([])
        }
      }
    }
  })

  it('in any export, report or notice that an auditor makes, nor in what the commands say', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'drempel-exports-'))
    const period = String(new Date().getUTCFullYear())
    try {
      for (const { id, home } of federation.nodes) {
        const made = (name: string) => ['--period', period, '-o', join(folder, `${id}-${name}`)]
        const commands = [
          ...['csv', 'json', 'logregels', 'register'].map((format) => [
            ...['log', 'export', '--format', format, ...made(format)],
          ]),
          ...['nl', 'en'].map((lang) => [...['log', 'report', '--lang', lang], ...made(lang)]),
          ['log', 'breach', ...made('breach')],
          ['log', 'show', '--limit', '500'],
          ...[['log', 'verify'], ['doctor'], ['status'], ['alert', 'list'], ['subject', 'list']],
          // What monitoring reads is the same as an object.
          ...[
            ['doctor', '--json'],
            ['status', '--json'],
            ['alert', 'list', '--json'],
          ],
          ...[
            ['log', 'quorum'],
            ['log', 'conflicts'],
            ['log', 'classes', '--month', '2026-01'],
          ],
          ['log', 'watch', '--once', '--seen', join(folder, `${id}-seen`)],
          ['log', 'fetch', join(folder, `${id}-log`)],
        ]
        for (const argv of commands) {
          const { exit, out, err } = await drempel([...argv, '--home', home])
          // There are alerts, of which the doctor tells.
          const told = argv[0] === 'doctor' && exit === 1
          expect({ argv, exit, err }).toMatchObject({ exit: told ? 1 : 0 })
          expect(scanner.scan(out + err)).toEqual([])
        }
      }
      const { files, findings } = scanner.scanFolder(folder)
      for (const { id } of federation.nodes) {
        const made = files.filter((file) => file.startsWith(join(folder, `${id}-`)))
        expect(made.length).toBeGreaterThan(7 + 3)
      }
      expect(findings).toEqual([])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('in any file while the nodes run, their write-ahead logs included', () => {
    const { files, findings } = scanner.scanFolder(federation.directory)
    expect(files.filter((file) => file.endsWith('-wal'))).toHaveLength(PARTNERS.length)
    expect(findings).toEqual([])
  })

  it('in any file after they ended, one of them by SIGKILL', async () => {
    await federation.nodes[0]!.kill()
    await federation.stop()
    const { files, findings } = scanner.scanFolder(federation.directory)
    expect(files.filter((file) => file.endsWith('node.db'))).toHaveLength(PARTNERS.length)
    expect(findings).toEqual([])
  })

  it('in anything that a process wrote', () => {
    const outputs = federation.nodes.flatMap((node) => node.outputs)
    expect(outputs).toHaveLength(PARTNERS.length)
    for (const { stdout, stderr } of outputs) {
      expect(stderr).toContain('round.published')
      expect(scanner.scan(stdout + stderr)).toEqual([])
    }
  })
})

describe('the scanner', () => {
  it('finds every form of every secret between other bytes', () => {
    for (const secret of [
      canary.over,
      canary.caseName,
      lists[0]!.find(({ length }) => length > 10)!,
    ]) {
      for (const [form, bytes] of formsOf(secret)) {
        const found = scanner.scan(Buffer.concat([Buffer.from('…"a":"'), bytes, Buffer.from('"…')]))
        expect(found).toContainEqual(expect.objectContaining({ secret, form }))
      }
      for (const before of ['', 'x', 'xy', '{"value":"']) {
        const encoded = Buffer.from(`${before}${secret}","more":1}`).toString('base64')
        expect(scanner.scan(encoded)).toContainEqual(expect.objectContaining({ secret }))
      }
    }
  })

  it('finds one planted in a file, in a log and in a store', () => {
    const { home } = federation.nodes[1]!
    writeFileSync(join(home, 'planted'), '')
    appendFileSync(
      join(home, 'planted'),
      `{"event":"${Buffer.from(canary.asked).toString('hex')}"}`,
    )
    expect(scanner.scanFolder(home).findings).toMatchObject([
      { secret: canary.asked, form: 'hex', file: join(home, 'planted') },
    ])
    rmSync(join(home, 'planted'))
    const db = new Database(join(home, 'node.db'))
    db.prepare('CREATE TABLE planted (value TEXT)').run()
    db.prepare('INSERT INTO planted VALUES (?)').run(lists[1]!.find(({ length }) => length > 10))
    expect(scanner.scanFolder(home).findings).not.toEqual([])
    db.close()
    expect(scanner.scanFolder(home).findings).not.toEqual([])
  })
})
