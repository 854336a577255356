/** What is asked in a rehearsal is about nobody, and no report or register counts it among the rest. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { convenantDigest, rehearsalDigest } from '@drempel/protocol/convenant'
import { base64url, hex } from '@drempel/protocol/encoding'
import type { LeafFields } from '@drempel/protocol/log'
import { describe, expect, it } from 'vitest'
import { rehearsalsIn } from '../../packages/cli/src/audit/rehearsed.ts'
import { draft, signedBy } from '../protocol/convenant/world.ts'
import { digestOf } from '../protocol/log/events.ts'
import { ALL, convenantFile, logOf, ORIGIN, serve } from './logs.ts'
import { drempel, fakeNode, folder, type Loose } from './world.ts'

const SIGNED = signedBy(draft(), ALL)
const DIGEST = convenantDigest(SIGNED.convenant)
const { version } = SIGNED.convenant
const real = { version, digest: hex(DIGEST) }
const madeUp = { version, digest: hex(rehearsalDigest(DIGEST, 'autumn')) }
type Ref = typeof real

let number = 0
const leaf = (time: string, fields: object) =>
  ({
    ...{ v: 1, time, software: 'drempel/0.1.0', retentionClass: 'standard', period: '2027Q2' },
    ...{ commit: digestOf(`rehearsed ${number++}`), ...fields },
  }) as LeafFields

const about = (convenant: Ref, txid: string) => ({
  ...{ role: 'asker', parties: ['bank-b', 'telecom'], convenant, kind: 'iban', protocol: 'check' },
  ...{ sizeBucket: 16, purpose: 'fraude-onderzoek', rule: 'iban-t2', txid },
})

function asked(convenant: Ref, txid: string, day: string): LeafFields[] {
  const said = about(convenant, txid.repeat(16))
  return [
    leaf(`${day}T09:00Z`, { type: 'query.intent', ...said, batch: digestOf(txid), epoch: '1' }),
    leaf(`${day}T09:00Z`, { type: 'query.result', ...said, status: 'answered' }),
  ]
}

const install = () =>
  leaf('2027-04-01T08:00Z', {
    type: 'convenant.changed',
    convenant: real,
    parties: [...ALL].sort(),
  })
const turn = (day: string, convenant: Ref, previousConvenant: Ref) =>
  leaf(`${day}T08:00Z`, {
    ...{ type: 'convenant.changed', convenant, previousConvenant },
    alerts: ['rehearsal'],
  })
const begin = () => turn('2027-04-02', madeUp, real)
const end = () => turn('2027-04-03', real, madeUp)
/** Of the log of another member, which is no matter of what is rehearsed. */
const forked = () =>
  leaf('2027-04-02T10:00Z', {
    ...{ type: 'witness.refused', convenant: madeUp, parties: ['bank-b'], reason: 'LOG_FORKED' },
  })
const rehearsed = () => [
  leaf('2027-04-02T08:30Z', {
    ...{ type: 'round.failed', role: 'compute', convenant: madeUp, round: 'a'.repeat(32) },
    reason: 'NODE_RESTARTED',
  }),
  ...asked(madeUp, '01', '2027-04-02'),
  ...asked(madeUp, '02', '2027-04-02'),
  forked(),
]
const used = () => asked(real, '03', '2027-05-10')

function told(logs: readonly (readonly LeafFields[])[], versions: readonly Ref[] = []) {
  const read = logs.map((events) => ({
    entries: events.map((event, index) => ({ index, event, hash: new Uint8Array(32) })),
  }))
  const of = rehearsalsIn(read, versions)
  return read.at(-1)!.entries.map(({ event }) => of(event))
}

describe('an entry of a rehearsal', () => {
  const begun = [true, true, true, true, true, false]

  it('is told by the change that began it, beside the convenant that was installed', () => {
    const events = [install(), begin(), ...rehearsed(), end(), ...used()]
    expect(told([events])).toEqual([false, false, ...begun, false, false, false])
  })

  it('is told when the log begins in the middle of it, by the document', () => {
    const events = [...rehearsed(), end(), ...used()]
    expect(told([events], [real])).toEqual([...begun, false, false, false])
    const unknown = [null, null, null, null, null, false]
    expect(told([events])).toEqual([...unknown, false, null, null])
    expect(told([[install()], events])).toEqual([...begun, false, false, false])
  })

  it('is told by nothing but its begin or end', () => {
    expect(told([rehearsed()], [real])).toEqual([null, null, null, null, null, false])
    expect(told([[begin()], rehearsed()], [real])).toEqual(begun)
  })

  it('is told in a node that began twice', () => {
    const events = [install(), begin(), begin(), ...rehearsed(), end()]
    expect(told([events])).toEqual([false, false, false, ...begun, false])
  })

  it('is none that names a signed version, whatever the owner of the log says', () => {
    const other = { version, digest: digestOf('other') }
    const installed = leaf('2027-04-01T07:00Z', { type: 'convenant.changed', convenant: other })
    const events = [installed, turn('2027-04-02', other, real), ...used()]
    expect(told([events], [real])).toEqual([false, false, false, false])
    const next = { version: version + 1, digest: digestOf('next') }
    const older = [turn('2027-04-02', next, real), ...used()]
    expect(told([older], [next])).toEqual([false, null, null])
  })
})

describe('a log with a rehearsal in it', () => {
  const events = [install(), begin(), ...rehearsed(), end(), ...used()]
  const run = async (...argv: string[]) => {
    const log = logOf(events)
    const { home } = await fakeNode(({ path }) => serve(log, path))
    const file = join(folder(), 'out')
    const convenant = ['--convenant', convenantFile(SIGNED)]
    const ran = await drempel(['log', ...argv, '--home', home, '-o', file, '--json', ...convenant])
    expect(ran.exit).toBe(0)
    return { json: ran.json() as Loose, written: readFileSync(file, 'utf8') }
  }
  const lines = (text: string) => text.trimEnd().split('\n')

  it.each([
    ['en', 'Entries of rehearsals are about made-up flags.'],
    ['nl', 'Regels van repetities gaan over verzonnen meldingen.'],
  ])('is reported with its entries apart (%s)', async (lang, text) => {
    const { json, written } = await run('report', '--period', '2027Q2', '--lang', lang)
    expect(json).toMatchObject({
      logs: [{ size: 11, inPeriod: 6, ofRehearsals: 5, unknown: 0 }],
      queries: [{ purpose: 'fraude-onderzoek', asked: 1, answered: 1 }],
      rounds: { failed: 0 },
      refusals: [{ type: 'witness.refused', count: 1 }],
    })
    expect(json.notable.map(({ type }: Loose) => type)).toEqual([
      ...['convenant.changed', 'convenant.changed', 'witness.refused', 'convenant.changed'],
    ])
    expect(json.days.filter(({ queries }: Loose) => queries > 0)).toEqual([
      { day: '2027-05-10', queries: 1 },
    ])
    expect(written).toContain(text)
    expect(written).toMatch(/<td class="n">6<\/td><td class="n">5<\/td><td class="n">11<\/td>/)
  })

  it('is exported with what is of the rehearsal marked', async () => {
    const csv = await run('export', '--format', 'csv')
    expect(csv.json).toMatchObject({ entries: 11, ofRehearsals: 5 })
    const [head, ...rows] = lines(csv.written)
    expect(head!.endsWith(',rehearsal')).toBe(true)
    const marks = ['no', 'no', 'yes', 'yes', 'yes', 'yes', 'yes', 'no', 'no', 'no', 'no']
    expect(rows.map((row) => row.split(',').at(-1))).toEqual(marks)
    const json = await run('export', '--format', 'json')
    const flags = lines(json.written).map((line) => (JSON.parse(line) as Loose).rehearsal)
    expect(flags).toEqual(marks.map((mark) => mark === 'yes'))
  })

  it('gives logregels and a register without it', async () => {
    const { json, written } = await run('export', '--format', 'logregels')
    expect(json.ofRehearsals).toBe(5)
    expect(lines(written).map((line) => (JSON.parse(line) as Loose).trace_id)).toEqual([
      '03'.repeat(16),
    ])
    const register = lines((await run('export', '--format', 'register')).written)
    expect(register.find((row) => row.startsWith('fraude-onderzoek,'))).toMatch(/,1,1,0$/)
    expect(register.at(-1)).toMatch(/^rounds,.*,0,0,0$/)
  })

  it('has nothing of it in the notification of a breach', async () => {
    const { json, written } = await run('breach', '--period', '2027Q2', '--kind', 'iban')
    expect(json).toMatchObject({
      ofRehearsals: 4,
      affected: [
        { type: 'query.intent', entries: 1, identifiersAtMost: 16 },
        { type: 'query.result', entries: 1 },
      ],
    })
    expect(lines(written)).toHaveLength(1 + 2)
  })
})

describe('a log without the begin of its rehearsal', () => {
  const EARLIER = ORIGIN.replace('2027Q2', '2026Q4')
  /** By a node whose convenant is a later version. */
  const report = async (earlier: readonly LeafFields[], lang: string) => {
    const logs = [
      logOf(earlier, { origin: EARLIER }),
      logOf([...asked(madeUp, '04', '2027-05-01'), ...used()]),
    ]
    const body = { ...SIGNED.convenant, version: version + 1 }
    const next = signedBy({ ...body, previous: base64url(DIGEST) }, ALL)
    const { home, calls } = await fakeNode(({ path }) => {
      const origins = logs.map(({ origin, size }) => ({ origin, size }))
      if (path === 'log') return { json: { origins, verifier: 'x' } }
      if (path === 'convenant') return { json: { convenant: next } }
      return serve(logs.find(({ origin }) => path.includes(origin))!, path)
    })
    const file = join(folder(), 'report.html')
    const argv = ['log', 'report', '--period', '2027Q2', '--home', home, '-o', file, '--json']
    const ran = await drempel([...argv, '--lang', lang])
    expect(ran.exit, ran.out).toBe(0)
    return { json: ran.json() as Loose, html: readFileSync(file, 'utf8'), calls }
  }

  it('is read with the log before it', async () => {
    const { json } = await report([install(), begin()], 'en')
    expect(json.logs).toMatchObject([{ origin: ORIGIN, inPeriod: 2, ofRehearsals: 2, unknown: 0 }])
  })

  it.each([
    ['en', '4 entries name a version of the convenant'],
    ['nl', '4 regels noemen een versie van het convenant'],
  ])('counts what nothing tells, and says so (%s)', async (lang, text) => {
    const stopped = leaf('2027-03-01T08:00Z', { type: 'node.stopped' })
    const { json, html } = await report([stopped], lang)
    expect(json.logs).toMatchObject([{ inPeriod: 4, ofRehearsals: 0, unknown: 4 }])
    expect(html).toContain(text)
  })
})
