/**
 * A data subject's request from the FG's desk: the command line against real nodes, the letter and the
 * proofs that it writes, and what becomes of them in other hands.
 */

import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatSignedConvenant } from '@drempel/protocol/convenant'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { drempel, type Loose } from '../cli/world.ts'
import { Federation } from '../node/kit/federation.ts'
import type { Member } from '../node/kit/member.ts'
import { publish } from '../node/kit/publication.ts'

const NAME = 'canary-subject-4d07.example'
const question = { kind: 'host', purpose: 'fraude-onderzoek', rule: 'host-t2' } as const

let federation: Federation
let node: Member
let folder: string
let token: string
let convenant: string
/** A case in which something was done, and that was closed. */
let acted: string

beforeAll(async () => {
  federation = await Federation.open({ rules: [{ kind: 'host', t: 2 }], minList: 1 })
  node = federation.member('bank-a')
  folder = await mkdtemp(join(tmpdir(), 'drempel-subject-'))
  convenant = join(folder, 'convenant.json')
  await writeFile(convenant, formatSignedConvenant(federation.signed))
  token = await node.person('fg', 'fg')
  await node.generateKey()
  await node.flag([NAME])
  await publish(federation, [NAME])
  for (const value of [NAME, 'other.example']) {
    expect((await node.api('POST', '/checks', { ...question, value })).status).toBe(200)
  }
})

afterAll(async () => {
  await federation.close()
  await rm(folder, { recursive: true })
})

function fg(argv: readonly string[], stdin?: string) {
  const home = node.live.node.home.paths.home
  return drempel([...argv, '--home', home], {
    cwd: folder,
    env: { DREMPEL_TOKEN: token },
    ...(stdin === undefined ? {} : { stdin }),
  })
}

const access = ['subject', 'access', '-', '--kind', 'host']
const proof = ['--proof', 'DNS record shown']

describe('drempel subject', () => {
  test.each([
    ['nl', 'inzage', 'Uw rechten', 'ja, boven de drempel', /Wat wij hebben gevraagd/],
    ['en', 'access', 'Your rights', 'yes, over the threshold', /What we asked/],
  ])(
    'access writes a letter (%s) and proofs that verify',
    async (lang, word, rights, yes, asked) => {
      const out = join(folder, lang)
      const ran = await fg([...access, ...proof, '--export', out, '--lang', lang], `${NAME}\n`)
      expect({ exit: ran.exit, err: ran.err }).toEqual({ exit: 0, err: '' })
      const files = await readdir(out)
      expect(files.sort()).toEqual([
        expect.stringMatching(new RegExp(`^${word}-[0-9]{4}-[0-9]{4}\\.json$`)),
        expect.stringMatching(new RegExp(`^${word}-[0-9]{4}-[0-9]{4}\\.md$`)),
      ])
      for (const file of files) expect((await stat(join(out, file))).mode & 0o777).toBe(0o600)
      const letter = await readFile(join(out, files[1]!), 'utf8')
      for (const part of [NAME, rights, yes, 'Member bank-a', 'security@bank-a.example']) {
        expect(letter).toContain(part)
      }
      expect(letter).toMatch(asked)
      // The file names the case, and nothing on the screen names the identifier.
      expect(ran.out + files.join()).not.toContain('canary')

      const verify = ['subject', 'verify', join(out, files[0]!), '--convenant', convenant, '--json']
      expect((await fg(verify)).json()).toMatchObject({ verified: true, queries: 1, entries: 2 })
    },
  )

  test.each<[string, string, (file: Loose) => void]>([
    ['a time', 'ACCESS_MISMATCH', ({ queries: [query] }) => (query.time = '2026-01-01T00:00:00Z')],
    ['a purpose', 'ACCESS_MISMATCH', ({ queries: [query] }) => (query.purpose = 'opsporing')],
    ['a status', 'ACCESS_MISMATCH', ({ queries: [query] }) => (query.status = 'failed')],
    ['the txid', 'ACCESS_MISMATCH', ({ queries: [query] }) => (query.txid = 'ab'.repeat(16))],
    ['the member', 'ACCESS_MISMATCH', (file) => (file.member.id = 'bank-b')],
    ['a place', 'ACCESS_MISMATCH', ({ queries: [query] }) => query.entries[0].index++],
    ['no intent', 'ACCESS_MISMATCH', ({ queries: [query] }) => query.entries.shift()],
    [
      'an entry twice',
      'ACCESS_MISMATCH',
      ({ queries: [query] }) => {
        query.entries[1].receipt = query.entries[0].receipt
      },
    ],
    [
      'a hash',
      'BAD_INCLUSION_PROOF',
      ({ queries: [query] }) => {
        const { receipt } = query.entries[0]
        query.entries[0].receipt = receipt.replace(/(index [0-9]+\n)[A-Za-z0-9+/]{8}/, '$1AAAAAAAA')
      },
    ],
    ['no such field', 'NO_ACCESS_FILE', (file) => (file.extra = 1)],
  ])('verify refuses a file with %s changed', async (_, code, change) => {
    const files = (await readdir(join(folder, 'en'))).filter((file) => file.endsWith('.json'))
    const file = JSON.parse(await readFile(join(folder, 'en', files[0]!), 'utf8'))
    change(file)
    const path = join(folder, 'changed.json')
    await writeFile(path, JSON.stringify(file))
    const ran = await fg(['subject', 'verify', path, '--convenant', convenant, '--json'])
    expect(ran.exit).not.toBe(0)
    expect(ran.json().error).toMatchObject({ code })
    expect(ran.out).not.toContain('canary')
  })

  test('object, rectify, erase, lift, list, extend, close', async () => {
    await node.flag(['second.example'])
    const opened = (
      await fg(['subject', 'object', NAME, '--kind', 'host', ...proof, '--json'])
    ).json()
    expect(opened.found).toBe(true)
    const name = opened.case.case
    const going = ['--kind', 'host', '--case', name]
    expect((await fg(['subject', 'lift', '-', ...going], NAME)).out).toContain('Lifted')
    const rectify = ['subject', 'rectify', NAME, ...going, '--expires', '2030-01-31']
    expect((await fg(rectify)).out).toContain('was corrected')
    const erase = ['subject', 'erase', 'second.example', '--kind', 'host', ...proof]
    expect((await fg(erase)).out).toContain('was erased')
    expect((await fg(erase)).out).toContain('no such flag')
    expect((await fg(['subject', 'erase', 'second.example', ...going])).exit).toBe(2)
    expect((await fg(['subject', 'list'])).out).toContain(name)
    const letter = ['subject', 'letter', name]
    expect((await fg(letter)).out).toContain('You will have an answer by')
    expect((await fg(['subject', 'extend', name, '--reason', 'x', '--json'])).json()).toMatchObject(
      {
        extended: true,
      },
    )
    // The law asks for reasons, in the letter too.
    expect((await fg([...letter, '--json'])).json().error).toMatchObject({ at: '--reason' })
    expect((await fg([...letter, '--reason', 'many requests'])).out).toContain('many requests')
    expect((await fg(['subject', 'close', name, '--outcome', 'granted'])).out).toContain('granted')
    acted = name
    expect((await fg(['subject', 'list', '--json'])).out).not.toContain(name)
    expect((await fg(['subject', 'list', '--all'])).out).toContain(name)
    const { json } = await node.api('GET', '/flags?kind=host')
    expect(json).toMatchObject({ flags: [{ value: NAME, expires: '2030-01-31T00:00:00.000Z' }] })
  })

  test.each([
    ['nl', 'brief', 'ingewilligd', 'onder bezwaar gezet'],
    ['en', 'letter', 'granted', 'put under objection'],
  ])(
    'letter tells what was done in a case (%s), with proofs that verify',
    async (lang, word, granted, did) => {
      const out = join(folder, `acted-${lang}`)
      const ran = await fg(['subject', 'letter', acted, '--export', out, '--lang', lang])
      expect({ exit: ran.exit, err: ran.err }).toEqual({ exit: 0, err: '' })
      const base = join(out, `${word}-${acted}`)
      const letter = await readFile(`${base}.md`, 'utf8')
      for (const part of [acted, granted, did, 'Member bank-a', 'security@bank-a.example']) {
        expect(letter).toContain(part)
      }
      const proofs = await readFile(`${base}.json`, 'utf8')
      expect(letter + proofs + ran.out).not.toContain('canary')
      const verify = ['subject', 'verify', `${base}.json`, '--convenant', convenant]
      const told = (await fg([...verify, '--json'])).json()
      expect(told).toMatchObject({ verified: true, entries: 6 })
      expect(told.steps.map(({ type }: Loose) => type)).toEqual([
        ...['subject.opened', 'bezwaar', 'bezwaar', 'correction'],
        ...['subject.extended', 'subject.closed'],
      ])
      expect((await fg(verify)).out).toContain('subject.extended')
    },
  )

  test.each<[string, string, (file: Loose) => void]>([
    ['another outcome', 'ACCESS_MISMATCH', ({ case: of }) => (of.outcome = 'refused')],
    ['no end', 'ACCESS_MISMATCH', ({ case: of }) => (of.outcome = null)],
    ['no longer term', 'ACCESS_MISMATCH', ({ case: of }) => (of.extended = false)],
    ['another request', 'ACCESS_MISMATCH', ({ case: of }) => (of.type = 'erasure')],
    ['another kind', 'ACCESS_MISMATCH', ({ case: of }) => (of.kind = 'iban')],
    ['the txid', 'ACCESS_MISMATCH', ({ case: of }) => (of.txid = 'ab'.repeat(16))],
    ['no opening', 'ACCESS_MISMATCH', (file) => file.entries.shift()],
    ['no entry', 'ACCESS_MISMATCH', (file) => (file.entries = [])],
    [
      'an act of another type',
      'ACCESS_MISMATCH',
      ({ entries }) => (entries[1].type = 'correction'),
    ],
    ['a place', 'ACCESS_MISMATCH', ({ entries }) => entries[1].index++],
    ['the member', 'ACCESS_MISMATCH', (file) => (file.member.id = 'bank-b')],
    ['no such field', 'NO_ACCESS_FILE', (file) => (file.found = true)],
  ])('verify refuses the file of a case with %s', async (_, code, change) => {
    const file = JSON.parse(
      await readFile(join(folder, 'acted-en', `letter-${acted}.json`), 'utf8'),
    )
    change(file)
    const path = join(folder, 'changed.json')
    await writeFile(path, JSON.stringify(file))
    const ran = await fg(['subject', 'verify', path, '--convenant', convenant, '--json'])
    expect(ran.exit).not.toBe(0)
    expect(ran.json().error).toMatchObject({ code })
  })

  test('no letter is written about a case that is none, nor for who is no FG', async () => {
    const ran = await fg(['subject', 'letter', '2026-9999', '--json'])
    expect(ran.json().error).toMatchObject({ code: 'CASE_UNKNOWN' })
    const auditor = await node.person('auditor', 'auditor')
    const { status } = await node.api('GET', `/subjects/${acted}`, undefined, auditor)
    expect(status).toBe(403)
  })

  test.each([
    [['subject', 'access', NAME, '--kind', 'host'], '--proof'],
    [['subject', 'object', NAME, '--kind', 'host', '--case', '2026-0001', ...proof], '--proof'],
    [[...access.with(2, NAME), ...proof, '--received', 'yesterday'], '--received'],
    [['subject', 'rectify', NAME, '--kind', 'host', ...proof, '--since', '1 May'], '--since'],
  ])('is not used as in %j', async (argv, at) => {
    const ran = await fg([...argv, '--json'])
    expect(ran.exit).toBe(2)
    expect(ran.json().error).toMatchObject({ code: 'USAGE', at })
    expect(ran.out).not.toContain('canary')
  })
})

describe('drempel recall', () => {
  test('lists what no longer holds, by case and not by name, until it is closed', async () => {
    await publish(federation, ['else.example'])
    const { recalls } = (await fg(['recall', 'list', '--json'])).json()
    expect(recalls).toMatchObject([{ ...question, case: null, item: 0 }])
    const listed = await fg(['recall', 'list', '--lang', 'nl'])
    expect(listed.out).toContain(recalls[0].txid)
    expect(listed.out).not.toContain('canary')
    expect((await fg(['recall', 'close', String(recalls[0].number)])).exit).toBe(0)
    expect((await fg(['recall', 'close', String(recalls[0].number)])).exit).toBe(1)
    expect((await fg(['recall', 'close', 'x'])).exit).toBe(2)
    expect((await fg(['recall', 'list', '--json'])).json()).toEqual({ recalls: [] })
  })
})
