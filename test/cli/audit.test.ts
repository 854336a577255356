import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parsePeriod } from '@drempel/cli/internal/audit/period'
import type { LeafFields } from '@drempel/protocol/log'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { draft, NOW, signedBy } from '../protocol/convenant/world.ts'
import { digestOf } from '../protocol/log/events.ts'
import { ALL, convenantFile, logOf, makeLog, ORIGIN, serve } from './logs.ts'
import { type Answer, drempel, fakeNode, folder, type Loose } from './world.ts'

const NEXT_ORIGIN = 'drempel/proef/bank-a/2027Q3'

let number = 0
const base = (time: string) => ({
  v: 1 as const,
  time,
  software: 'drempel/0.1.0',
  retentionClass: 'query',
  period: '2027Q2',
  commit: digestOf(`record ${number++}`),
})
const convenant = { version: 1, digest: digestOf('convenant') }
const about = {
  parties: ['bank-b', 'telecom'],
  convenant,
  kind: 'iban' as const,
  protocol: 'check' as const,
  sizeBucket: 16,
}

/** Two answered queries, one that failed, one refusal, and what happens around them. */
function events(): LeafFields[] {
  const query = (txid: string, time: string, status: 'answered' | 'failed'): LeafFields[] => [
    {
      ...base(time),
      ...{ type: 'query.intent', role: 'asker', ...about, txid },
      ...{ batch: digestOf(txid), purpose: 'fraude-onderzoek', rule: 'iban-t2', epoch: '4' },
    } as LeafFields,
    {
      ...base(time),
      ...{ type: 'query.result', role: 'asker', ...about, txid, status },
      ...{ purpose: 'fraude-onderzoek', rule: 'iban-t2' },
      ...(status === 'failed' ? { reason: 'QUORUM_LOST' } : {}),
    } as LeafFields,
  ]
  return [
    { ...base('2027-04-01T00:00Z'), type: 'node.started' },
    {
      ...base('2027-04-02T08:00Z'),
      ...{ type: 'convenant.changed', convenant, alerts: ['quota', 'threshold'] },
    },
    ...query('01'.repeat(16), '2027-05-10T09:00Z', 'answered'),
    ...query('02'.repeat(16), '2027-05-10T10:00Z', 'failed'),
    ...query('03'.repeat(16), '2027-05-12T11:00Z', 'answered'),
    {
      ...base('2027-05-12T11:30Z'),
      ...{ type: 'query.refused', role: 'asker', convenant, reason: 'ASKER_NOT_ALLOWED' },
    },
    {
      ...base('2027-05-13T12:00Z'),
      ...{ type: 'oprf.evaluated', role: 'key-holder', ...about, parties: ['bank-b'] },
      ...{ txid: '04'.repeat(16), batch: digestOf('b'), purpose: 'opsporing', rule: 'iban-t2' },
      peerCheckpoints: [
        {
          origin: 'drempel/proef/bank-b/2027Q2',
          size: 9,
          root: Buffer.alloc(32, 7).toString('base64'),
        },
      ],
    },
    {
      ...base('2027-06-01T12:00Z'),
      ...{ type: 'oprf.fault', role: 'asker', convenant, reason: 'BAD_PROOF' },
      ...{ txid: '03'.repeat(16), parties: ['telecom'], kind: 'iban' },
    },
  ]
}

async function node(change?: (bytes: Uint8Array, path: string) => Uint8Array) {
  const log = logOf(events())
  const fake = await fakeNode(({ path }) => serve(log, path, change))
  return { ...fake, log, convenant: ['--convenant', convenantFile()] }
}

/** One bit of an entry, in the hexadecimal digits of its commitment: it still parses. */
const flipped = (bytes: Uint8Array, path: string) => {
  if (!path.startsWith('tile/entries')) return bytes
  const copy = bytes.slice()
  copy[copy.indexOf(0x35, 20)]! ^= 1
  return copy
}

describe('a period', () => {
  const day = (time: number) => new Date(time).toISOString().slice(0, 10)
  it.each([
    ['2026', '2026-01-01', '2027-01-01'],
    ['2026Q1', '2026-01-01', '2026-04-01'],
    ['2026Q4', '2026-10-01', '2027-01-01'],
    ['2026-12', '2026-12-01', '2027-01-01'],
    ['2028-02-29', '2028-02-29', '2028-03-01'],
    ['2026-11-30..2026-12', '2026-11-30', '2027-01-01'],
  ])('%s begins and ends', (text, from, until) => {
    const period = parsePeriod(text)!
    expect([day(period.from), day(period.until)]).toEqual([from, until])
  })

  it.each([
    '',
    '26',
    '2026Q5',
    '2026-13',
    '2026-02-30',
    '2026..',
    '2027..2026',
    '2026..2027..2028',
    '2026-1',
    'Q1',
  ])('is not %j', (text) => expect(parsePeriod(text)).toBeUndefined())

  it('holds each instant in one quarter and one month', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Date.UTC(2100, 0) }), (time) => {
        const date = new Date(time)
        const year = date.getUTCFullYear()
        const quarter = `${year}Q${Math.floor(date.getUTCMonth() / 3) + 1}`
        for (const name of [String(year), quarter, date.toISOString().slice(0, 7), day(time)]) {
          const { from, until } = parsePeriod(name)!
          expect(from <= time && time < until).toBe(true)
        }
      }),
    )
  })
})

describe('log show', () => {
  const shown = async (...argv: string[]) => {
    const { home } = await node()
    const ran = await drempel(['log', 'show', '--home', home, '--json', ...argv])
    return ran.json().entries.map(({ index }: { index: number }) => index)
  }
  it.each([
    [['--refused'], [5, 8, 10]],
    [
      ['--party', 'telecom'],
      [2, 3, 4, 5, 6, 7, 10],
    ],
    [['--party', 'bank-b', '--refused'], [5]],
    [['--purpose', 'opsporing'], [9]],
    [['--kind', 'phone'], []],
    [
      ['--period', '2027-05-10'],
      [2, 3, 4, 5],
    ],
    [['--period', '2027-06', '--kind', 'iban'], [10]],
    [['--type', 'query.intent', '--limit', '1'], [6]],
    [
      ['--type', 'query'],
      [2, 3, 4, 5, 6, 7, 8],
    ],
    [['--type', 'oprf', '--refused'], [10]],
    [['--changed', 'threshold'], [1]],
    [['--changed', 'purpose'], []],
  ])('with %j', async (argv, indices) => {
    expect(await shown(...argv)).toEqual(indices)
  })

  it('looks through the logs of a period, and without one in the latest', async () => {
    const later = ['2027-07-01T08:00Z', '2027-08-01T08:00Z'].map(
      (time): LeafFields => ({ ...base(time), period: '2027Q3', type: 'node.started' }),
    )
    const logs = [logOf(events()), logOf(later, { origin: NEXT_ORIGIN })]
    const both = await fakeNode(({ path }) => {
      const origins = logs.map(({ origin, size }) => ({ origin, size }))
      if (path === 'log') return { json: { origins, verifier: 'x' } }
      return serve(logs.find(({ origin }) => path.startsWith(`log/${origin}/`))!, path)
    })
    const show = async (...argv: string[]) =>
      drempel(['log', 'show', '--home', both.home, '--limit', '3', ...argv])
    const places = async (...argv: string[]) =>
      (await show(...argv, '--json'))
        .json()
        .entries.map(({ origin, index }: Loose) => [origin, index])
    expect(await places()).toEqual([0, 1].map((index) => [NEXT_ORIGIN, index]))
    expect(await places('--period', '2027-05-12')).toEqual([6, 7, 8].map((i) => [ORIGIN, i]))
    const across = ['--period', '2027-06..2027-07']
    expect(await places(...across)).toEqual([
      [ORIGIN, 10],
      [NEXT_ORIGIN, 0],
    ])
    const [first, second] = (await show(...across)).out.split('\n\n')
    expect(first).toMatch(new RegExp(`^${ORIGIN}\n`))
    expect(second).toMatch(new RegExp(`^${NEXT_ORIGIN}\n`))
    // The newest first, until there are as many as were asked for.
    expect(await places('--period', '2027', '--limit', '3')).toEqual([
      [ORIGIN, 10],
      [NEXT_ORIGIN, 0],
      [NEXT_ORIGIN, 1],
    ])
    const none = await show('--period', '2026', '--json')
    expect(none.json().error).toMatchObject({ code: 'USAGE', at: '--period' })
  })

  it('has nothing of a log in which an entry that it passes over was changed', async () => {
    // The refusal reads as a start of the node, which a reader of refusals never sees.
    const all = events()
    const other = logOf(all.with(8, { ...all[0]!, commit: all[8]!.commit }))
    const log = logOf(all)
    const { home } = await fakeNode(({ path }) =>
      serve(path.includes('tile/entries') ? { ...log, leaves: other.leaves } : log, path),
    )
    const ran = await drempel(['log', 'show', '--home', home, '--refused', '--json'])
    expect(ran.json().error).toMatchObject({ code: 'BAD_INCLUSION_PROOF' })
  })

  it.each([['quer'], ['query.'], ['query.other'], ['']])('refuses %j as a type', async (type) => {
    const { home } = await node()
    const ran = await drempel(['log', 'show', '--home', home, '--type', type, '--json'])
    expect(ran.json().error).toMatchObject({ code: 'USAGE', at: '--type' })
  })

  it.each([
    ['nl', 'Geen regel in dit logboek voldoet daaraan.'],
    ['en', 'No entry of this log is like that.'],
  ])('says that there is nothing in %s', async (lang, text) => {
    const { home } = await node()
    const ran = await drempel(['log', 'show', '--home', home, '--kind', 'phone', '--lang', lang])
    expect(ran.out).toBe(`${ORIGIN}\n${text}\n`)
  })

  it.each(['2027', '2027Q1..2027Q2', '2027-03-31..2027-04-01', '2027-02-30', 'soon'])(
    'log reconcile refuses %s: a log is of one quarter',
    async (period) => {
      const argv = ['log', 'reconcile', 'a', 'b', '--convenant', 'none.json', '--json']
      const ran = await drempel([...argv, '--period', period])
      expect(ran.json().error).toMatchObject({ code: 'USAGE', at: '--period' })
    },
  )

  it('refuses a period that is none', async () => {
    const { home } = await node()
    const ran = await drempel(['log', 'show', '--home', home, '--period', 'soon', '--json'])
    expect(ran.json().error).toMatchObject({ code: 'USAGE', at: '--period' })
    expect(ran.exit).toBe(2)
  })
})

describe('log export', () => {
  const exported = async (format: string, ...more: string[]) => {
    const { home, convenant } = await node()
    const file = join(folder(), 'out')
    const argv = ['log', 'export', '--home', home, '--format', format, '-o', file, '--json']
    const named = more.includes('--convenant') ? [] : convenant
    const ran = await drempel([...argv, ...named, ...more])
    expect(ran.json()).toMatchObject({ file, logs: [{ origin: ORIGIN, size: 11 }] })
    return readFileSync(file, 'utf8').trimEnd().split('\n')
  }

  it('writes one CSV row an entry', async () => {
    const rows = await exported('csv', '--period', '2027-05')
    expect(rows).toHaveLength(1 + 8)
    expect(rows[0]!.split(',').slice(0, 4)).toEqual(['log', 'index', 'time', 'type'])
    expect(rows[1]).toContain(`${ORIGIN},2,2027-05-10T09:00Z,query.intent,asker,bank-b telecom,`)
  })

  it('writes whole leaves as JSON', async () => {
    const lines = (await exported('json')).map((line) => JSON.parse(line) as Loose)
    expect(lines).toHaveLength(11)
    expect(lines[10]).toMatchObject({
      index: 10,
      event: { type: 'oprf.fault', reason: 'BAD_PROOF' },
    })
  })

  it('writes logregels of acts on personal data, with the txid as trace', async () => {
    const lines = (await exported('logregels')).map((line) => JSON.parse(line) as Loose)
    expect(lines.map(({ name }) => name)).toEqual([
      ...['query.result', 'query.result', 'query.result', 'query.refused', 'oprf.evaluated'],
    ])
    expect(lines[1]).toEqual({
      trace_id: '02'.repeat(16),
      span_id: expect.stringMatching(/^[0-9a-f]{16}$/),
      status: 'Error',
      name: 'query.result',
      start_time: '2027-05-10T10:00:00.000Z',
      end_time: '2027-05-10T10:00:00.000Z',
      resource: { attributes: { 'service.name': 'bank-a', 'service.version': 'drempel/0.1.0' } },
      attributes: {
        'dpl.core.processing_activity_id': 'urn:drempel:proef:v1:fraude-onderzoek',
        'drempel.log': ORIGIN,
        'drempel.index': 5,
      },
    })
    expect(lines[3].status).toBe('Unset')
    expect(new Set(lines.map(({ span_id }) => span_id)).size).toBe(lines.length)
  })

  it('writes the record of processing activities from convenant and log', async () => {
    const rows = await exported('register', '--lang', 'nl')
    const columns = rows[0]!.split(',')
    for (const wanted of ['doel', 'grondslag', 'bewaartermijn', 'ontvangers', 'beveiliging']) {
      expect(columns).toContain(wanted)
    }
    const english = (await exported('register', '--lang', 'en'))[0]!.split(',')
    for (const wanted of ['purpose', 'basis', 'officer', 'retention', 'recipients', 'security']) {
      expect(english).toContain(wanted)
    }
    const investigation = rows.find((row) => row.startsWith('fraude-onderzoek,'))
    expect(investigation).toMatch(/,3,2,0$/)
    expect(investigation).toContain('90 dagen')
    expect(rows.at(-1)).toMatch(/^rondes,/)
  })

  it('has the intersections that the member may take part in, with the other members', async () => {
    const signed = signedBy(draft({ intersections: true }), ALL)
    const rows = await exported('register', '--lang', 'en', '--convenant', convenantFile(signed))
    const [comparing] = signed.convenant.intersections!
    const row = rows.find((one) => one.startsWith(`${comparing!.id},`))
    expect(row).toContain(`${comparing!.retentionDays} days`)
    for (const { id, name } of signed.convenant.members) {
      expect(row!.includes(name)).toBe(id === 'bank-a' || comparing!.partners.includes(id))
    }
    expect(row).toMatch(/,0,0,0$/)
    expect(rows).toHaveLength(1 + signed.convenant.purposes.length + 1 + 1)
  })

  it('writes nothing from a log with one bit flipped', async () => {
    const { home, convenant } = await node(flipped)
    const out = folder()
    const argv = ['log', 'export', '--home', home, '--format', 'csv', '-o', join(out, 'f')]
    const ran = await drempel([...argv, ...convenant])
    expect(ran.exit).toBe(1)
    expect(ran.err).toContain('BAD_TILE')
    expect(readdirSync(out)).toEqual([])
  })
})

describe('log report', () => {
  const made = async (...more: string[]) => {
    const { home, convenant } = await node()
    const file = join(folder(), 'report.html')
    const argv = ['log', 'report', '--home', home, '--period', '2027Q2', '-o', file, '--json']
    const ran = await drempel([...argv, ...convenant, ...more], { now: NOW })
    return { exit: ran.exit, file, told: ran.json() as Loose }
  }

  it('counts what the verified entries say', async () => {
    const { told } = await made()
    expect(told).toMatchObject({
      member: 'bank-a',
      logs: [{ origin: ORIGIN, size: 11, inPeriod: 11 }],
      queries: [
        { purpose: '', asked: 0, refused: 1 },
        { purpose: 'fraude-onderzoek', kind: 'iban', asked: 3, answered: 2, failed: 1, refused: 0 },
      ],
      evaluated: [{ asker: 'bank-b', purpose: 'opsporing', requests: 1, refused: 0 }],
      refusals: [
        { type: 'oprf.fault', reason: 'BAD_PROOF', count: 1 },
        { type: 'query.refused', reason: 'ASKER_NOT_ALLOWED', count: 1 },
        { type: 'query.result', reason: 'QUORUM_LOST', count: 1 },
      ],
    })
    expect(told.notable.map(({ type }: Loose) => type)).toEqual(['convenant.changed', 'oprf.fault'])
    const busy = told.days.filter(({ queries }: Loose) => queries > 0)
    expect(busy).toEqual([
      { day: '2027-05-10', queries: 2 },
      { day: '2027-05-12', queries: 1 },
    ])
  })

  it.each(['nl', 'en'])('is one HTML file that fetches nothing (%s)', async (lang) => {
    const { file } = await made('--lang', lang)
    const html = readFileSync(file, 'utf8')
    expect(html).toContain(`<html lang="${lang}">`)
    expect(html).not.toMatch(/<script|<link|src=|url\(|https?:/)
    expect(html).toContain("default-src 'none'")
    expect(html).toContain(`${ORIGIN}\n11\n`)
    // Events are told in words; columns of numbers stand under titles that do too.
    expect(html).toContain(lang === 'nl' ? '<td>vraag geweigerd</td>' : '<td>query refused</td>')
    expect(html).not.toContain('<td>query.refused</td>')
    expect(html).toContain(`<th class="n">${lang === 'nl' ? 'gesteld' : 'asked'}</th>`)
    const opened = html.match(/<(table|tr|td|figure|svg|pre)\b/g)!.length
    expect(html.match(/<\/(table|tr|td|figure|svg|pre)>/g)).toHaveLength(opened)
  })

  it('is signed with a key of the auditor, and verified offline', async () => {
    const key = join(folder(), 'auditor.key')
    const signing = ['--auditor', 'fg.bank-a.example', '--key', key]
    const { file, told } = await made(...signing)
    expect(statSync(key).mode & 0o777).toBe(0o600)
    const verify = async (verifier: string) => {
      const ran = await drempel(['log', 'report-verify', file, '--verifier', verifier, '--json'])
      return { exit: ran.exit, ...ran.json() } as Loose
    }
    const { verifier } = told.signed
    expect(await verify(verifier)).toMatchObject({
      exit: 0,
      verified: true,
      auditor: 'fg.bank-a.example',
    })
    // The same key again, and no other.
    expect((await made(...signing)).told.signed.verifier).toBe(verifier)
    const { told: other } = await made(
      '--auditor',
      'fg.bank-a.example',
      '--key',
      join(folder(), 'k'),
    )
    expect(await verify(other.signed.verifier)).toMatchObject({
      ...{ exit: 1, error: { code: 'NO_KNOWN_SIGNATURE' } },
    })
    writeFileSync(file, readFileSync(file, 'utf8').replace('QUORUM_LOST', 'NOTHING'))
    expect(await verify(verifier)).toMatchObject({ exit: 1, error: { code: 'REPORT_CHANGED' } })
  })

  it('is verified under a key in full', async () => {
    const argv = ['log', 'report-verify', 'none.html', '--verifier', 'fg.bank-a.example']
    const { err, exit } = await drempel([...argv, '--lang', 'nl'])
    expect(exit).toBe(2)
    expect(err).toContain('-> de hele regel die drempel log report toonde')
  })

  it.each([
    ['nl', 'Niet ondertekend'],
    ['en', 'Not signed'],
  ])('without a key says that nobody signed it (%s)', async (lang, text) => {
    const { home, convenant } = await node()
    const file = join(folder(), 'report.html')
    const argv = ['log', 'report', '--home', home, '--period', '2027Q2', '-o', file]
    expect((await drempel([...argv, ...convenant, '--lang', lang])).out).toContain(text)
  })

  it('does not take a key that is none, and needs a name with it', async () => {
    const key = join(folder(), 'key')
    writeFileSync(key, 'not a key\n')
    expect((await made('--auditor', 'fg', '--key', key)).told.error.code).toBe('BAD_AUDITOR_KEY')
    expect((await made('--key', key)).told.error).toMatchObject({ code: 'USAGE', at: '--key' })
    expect(readFileSync(key, 'utf8')).toBe('not a key\n')
  })

  it('escapes what a log says', async () => {
    const bad = { ...base('2027-05-01T00:00Z'), type: 'node.started' as const }
    const log = logOf([bad, ...events()])
    const fake = await fakeNode(({ path }) => serve(log, path))
    const file = join(folder(), 'r.html')
    const argv = ['log', 'report', '--home', fake.home, '--period', '2027Q2', '-o', file]
    expect((await drempel(argv)).exit).toBe(0)
    // A note's signature line begins with a dash that HTML need not escape, its base64 with none of these.
    expect(readFileSync(file, 'utf8').match(/<pre>[^<]*<\/pre>/g)).toHaveLength(1)
  })
})

describe('log breach', () => {
  it('groups what was touched, with an upper bound of identifiers', async () => {
    const { home, convenant } = await node()
    const file = join(folder(), 'affected.csv')
    const argv = ['log', 'breach', '--home', home, '--period', '2027-05-10..2027-05-13', '--json']
    const told = (await drempel([...argv, ...convenant, '--kind', 'iban', '-o', file])).json()
    expect(told).toMatchObject({
      affected: [
        { type: 'oprf.evaluated', purpose: 'opsporing', entries: 1, parties: ['bank-b'] },
        {
          ...{ type: 'query.intent', kind: 'iban', entries: 3, identifiersAtMost: 48 },
          parties: ['bank-b', 'telecom'],
        },
        { type: 'query.result', entries: 3 },
      ],
      sealedPeriods: ['2027Q2'],
      keyEpochs: ['4'],
    })
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(1 + 7)
  })
})

describe('log watch', () => {
  const watching = (first: Answer | (() => ReturnType<typeof logOf>)) => {
    let log = (first as () => ReturnType<typeof logOf>)()
    const seen = folder()
    const set = (next: ReturnType<typeof logOf>) => {
      log = next
    }
    const look = async (home: string) => {
      const argv = ['log', 'watch', '--home', home, '--seen', seen, '--once', '--json']
      const ran = await drempel([...argv, '--convenant', convenantFile()])
      const lines = ran.out.split('\n').filter((line) => line !== '')
      return { exit: ran.exit, lines: lines.map((line) => JSON.parse(line) as Loose) }
    }
    return { seen, set, look, fake: () => fakeNode(({ path }) => serve(log, path)) }
  }

  it('tells what is new and notable, once', async () => {
    const all = events()
    const { set, look, fake } = watching(() => logOf(all.slice(0, 4)))
    const { home } = await fake()
    const first = await look(home)
    expect(first.lines).toMatchObject([{ event: 'grew', from: null, size: 4 }])
    set(logOf(all))
    const next = await look(home)
    expect(next.lines.map(({ event, index }) => [event, index])).toEqual([
      ...[
        ['entry', 5],
        ['entry', 8],
        ['entry', 10],
      ],
      ['grew', undefined],
    ])
    expect(next.lines[0]).toMatchObject({ type: 'query.result', reason: 'QUORUM_LOST' })
    expect(await look(home)).toEqual({ exit: 0, lines: [] })
  })

  it('raises an alarm at another history, keeps both, and ends with 1', async () => {
    const { seen, set, look, fake } = watching(() => makeLog(40))
    const { home } = await fake()
    await look(home)
    set(makeLog(60, { salt: 'x' }))
    const told = await look(home)
    expect(told).toMatchObject({ exit: 1, lines: [{ event: 'alarm', code: 'LOG_FORKED' }] })
    expect(readdirSync(join(seen, 'proef/bank-a'))).toHaveLength(2)
    // It stays: what was seen is not replaced by what contradicts it.
    expect((await look(home)).exit).toBe(1)
  })

  it('raises an alarm at a log that the node no longer names, beside what is new', async () => {
    const { set, look, fake } = watching(() => makeLog(40))
    const { home } = await fake()
    await look(home)
    set(makeLog(5, { origin: NEXT_ORIGIN }))
    expect(await look(home)).toMatchObject({
      exit: 1,
      lines: [
        { event: 'grew', origin: NEXT_ORIGIN, size: 5 },
        { event: 'alarm', origin: ORIGIN, code: 'LOG_GONE' },
      ],
    })
    expect((await look(home)).exit).toBe(1)
  })

  it('needs a place to remember what it saw, and says so', async () => {
    const argv = ['log', 'watch', '--node', 'http://127.0.0.1:9', '--once', '--lang', 'nl']
    const { err, exit } = await drempel(argv)
    expect(exit).toBe(2)
    expect(err).toContain('at: --seen\n  -> een map, of --home van een node')
  })

  it('raises an alarm at a node that names no log', async () => {
    const { home } = await fakeNode(() => ({ json: { origins: [], verifier: 'x' } }))
    const argv = ['log', 'watch', '--home', home, '--seen', folder(), '--once', '--json']
    const ran = await drempel(argv)
    expect(ran.exit).toBe(1)
    expect(ran.json()).toMatchObject({ event: 'alarm', code: 'NO_LOG' })
  })

  it('says that a node is away', async () => {
    const { look, fake } = watching(() => makeLog(4))
    const { home } = await fake()
    const member = JSON.parse(readFileSync(join(home, 'member.json'), 'utf8'))
    writeFileSync(
      join(home, 'member.json'),
      JSON.stringify({ ...member, url: 'http://127.0.0.1:9' }),
    )
    expect(await look(home)).toMatchObject({ exit: 4, lines: [{ event: 'unreachable' }] })
  })
})
