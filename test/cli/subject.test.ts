/** The letters to a data subject, in each language and for each thing that they may say. */

import { caseLetter } from '@drempel/cli/internal/commands/subject-case-letter'
import { accessLetter } from '@drempel/cli/internal/commands/subject-letter'
import type { SubjectAccess, SubjectCaseFile } from '@drempel/protocol/api'
import { convenantDigest } from '@drempel/protocol/convenant'
import { hex } from '@drempel/protocol/encoding'
import { encodeEvent, encodeReceipt, type LeafFields } from '@drempel/protocol/log'
import { describe, expect, it } from 'vitest'
import { draft } from '../protocol/convenant/world.ts'
import { intent } from '../protocol/log/events.ts'

const convenant = draft()
const [purpose] = convenant.purposes
const [rule] = convenant.rules

const NOTHING: SubjectAccess = {
  format: 'drempel-subject-access/1',
  case: {
    ...{ case: '2027-0007', txid: 'ab'.repeat(16), type: 'access', kind: 'host', daysLeft: 20 },
    ...{ receivedAt: '2027-06-01T10:00:00.000Z', dueAt: '2027-07-01T23:59:59.999Z' },
    ...{ extended: false, closedAt: null, outcome: null, proof: 'shown' },
  },
  member: { id: 'bank-a', name: 'Bank A', fg: 'fg@bank-a.example' },
  convenant: { id: convenant.id, version: 1 },
  time: '2027-06-02T10:00:00.000Z',
  kind: 'host',
  value: 'a.example',
  confidential: false,
  ...{ flag: null, lists: [], queries: [], intersections: [], periods: ['2027Q2'] },
}

const FLAG: SubjectAccess['flag'] = {
  ...{ state: 'bezwaar', taxonomy: 'aankoop', evidence: 'bron-derden', reports: 3 },
  ...{ since: '2027-01-02T00:00:00.000Z', expires: '2028-01-02T00:00:00.000Z' },
  ...{ importedAt: '2027-01-03T00:00:00.000Z' },
  ...{ withdrawnAt: '2027-02-04T00:00:00.000Z', withdrawnReason: 'unfounded' },
}

const query = (change: Partial<SubjectAccess['queries'][number]>) => ({
  ...{ txid: 'cd'.repeat(16), time: '2027-05-01T10:00:00.000Z', purpose: purpose!.id },
  ...{ rule: rule!.id, protocol: 'check' as const, status: 'answered' as const },
  ...{ answer: 'over' as const, entries: [], ...change },
})

const letter = (
  change: Partial<SubjectAccess>,
  lang: 'nl' | 'en' = 'nl',
  under: typeof convenant = convenant,
) => accessLetter({ ...NOTHING, ...change }, [under], lang)

describe('the letter that answers a request for access', () => {
  it.each(['nl', 'en'] as const)('has what the law asks for (%s)', (lang) => {
    const text = letter({ flag: FLAG, queries: [query({})] }, lang)
    for (const part of ['a.example', '2027-0007', '2027-06-01', 'fg@bank-a.example', '2027Q2']) {
      expect(text).toContain(part)
    }
    // Purpose and legal basis, term, recipients, rights, the authority, no automated decision.
    expect(text).toContain(purpose!.text[lang])
    expect(text).toContain(purpose!.grondslag.explanation[lang])
    expect(text).toContain(`${purpose!.retentionDays} ${lang === 'nl' ? 'dagen' : 'days'}`)
    expect(text).toContain('Autoriteit Persoonsgegevens')
    for (const article of ['15', '16', '17', '18', '21', '22']) expect(text).toContain(article)
    expect(text.endsWith('\n')).toBe(true)
  })

  it('tells of the flag, or that there is none', () => {
    expect(letter({})).toContain('Wij hebben dit niet gemeld.')
    expect(letter({})).toContain('Wij hebben hier niets over gevraagd.')
    const text = letter({ flag: FLAG })
    for (const part of ['onder bezwaar', 'Ingetrokken: 2027-02-04', 'Aantal meldingen: 3']) {
      expect(text).toContain(part)
    }
    const lists = [
      { rule: 'host-t2', listTime: '2027-05-01T00:00:00.000Z', answer: 'over' as const },
    ]
    expect(letter({ flag: FLAG, lists })).toContain('`host-t2`, lijst van 2027-05-01: ja')
  })

  it('does not call a flag in force that the convenant names no licence for', () => {
    const flag: SubjectAccess['flag'] = {
      ...{ ...FLAG!, state: 'active', evidence: 'rechterlijk' },
      ...{ withdrawnAt: null, withdrawnReason: null },
    }
    expect(letter({ flag })).toContain('Toestand: vastgelegd, maar niet van kracht')
    expect(letter({ flag }, 'en')).toContain('State: recorded, but not in force')
    const licensed = {
      ...convenant,
      purposes: convenant.purposes.map((one) => ({
        ...one,
        criminalData: { basis: { nl: 'x', en: 'x' }, reference: 'x' },
      })),
    } as typeof convenant
    expect(letter({ flag }, 'nl', licensed)).toContain('Toestand: van kracht')
    expect(letter({ flag: { ...flag, evidence: 'bron-derden' } })).toContain('Toestand: van kracht')
  })

  it.each([
    ['nl', 'Ingetrokken: 2027-02-04, omdat zij ongegrond was'],
    ['en', 'Withdrawn: 2027-02-04, since it was unfounded'],
  ] as const)('tells why a flag was withdrawn (%s)', (lang, said) => {
    expect(letter({ flag: FLAG }, lang)).toContain(`${said}\n`)
    const before = letter({ flag: { ...FLAG!, withdrawnReason: null } }, lang)
    expect(before).toContain(`${said.split(',')[0]}\n`)
  })

  it.each(['nl', 'en'] as const)('tells what a flag is for, and how long it stays (%s)', (lang) => {
    const text = letter({ flag: { ...FLAG!, expires: null } }, lang)
    const asked = convenant.purposes.filter(({ kinds }) => kinds.includes('host'))
    expect(asked.length).toBeGreaterThan(0)
    for (const { text: what, grondslag } of asked) {
      expect(text).toContain(what[lang])
      expect(text).toContain(grondslag.explanation[lang])
    }
    expect(text).toContain(lang === 'nl' ? 'Vervalt: geen datum' : 'Expires: no date')
    for (const { text: what } of asked) expect(letter({}, lang)).not.toContain(what[lang])
    // Of a kind that nobody asks about there is nothing to say.
    const other = { ...convenant, purposes: [] }
    expect(letter({ flag: FLAG }, lang, other)).not.toContain(asked[0]!.text[lang])
  })

  it.each([
    [{ answer: 'over' }, 'ja, boven de drempel'],
    [{ answer: 'not-over' }, '| nee |'],
    [{ answer: null }, 'niet meer bewaard'],
    [{ answer: null, status: 'failed' }, 'mislukt'],
    [{ answer: null, status: 'refused' }, 'geweigerd'],
    [{ answer: null, status: 'open' }, '| geen |'],
  ] as const)('says of a query with %j: %s', (change, said) => {
    expect(letter({ queries: [query(change)] })).toContain(said)
  })

  it('tells of comparisons of lists, where there can be any', () => {
    expect(letter({})).not.toContain('vergeleken')
    const under = draft({ intersections: true })
    const none = letter({}, 'nl', under)
    expect(none).toContain('In geen vergelijking waarvan wij de uitkomst hoorden')
    expect(none).toContain('Wat alleen de ander hoorde, weten wij niet')
    expect(none).toContain('behalve wat bij een vergelijking')
    const [terms] = under.intersections!
    const one = {
      ...{ txid: 'ef'.repeat(16), time: '2027-05-03T10:00:00.000Z', purpose: terms!.id },
      ...{ with: 'bank-b', protocol: 'psi-ecdh' as const, entries: [] },
    }
    const text = letter({ intersections: [one] }, 'en', under)
    const { name } = under.members.find(({ id }) => id === 'bank-b')!
    expect(text).toContain(`| 2027-05-03 | ${terms!.id} | ${name} |`)
    expect(text).toContain(terms!.grondslag.explanation.en)
    // One that the convenant has no more.
    expect(letter({ intersections: [{ ...one, purpose: 'vroeger' }] })).toContain('- vroeger')
  })

  it('tells of each question by the version under which it was asked', () => {
    const text = { nl: 'Een ander doel.', en: 'Another purpose.' }
    const next = {
      ...convenant,
      version: 2,
      rules: convenant.rules.map((each) => ({ ...each, t: each.t + 1 })),
      purposes: convenant.purposes.map((each) => ({ ...each, text })),
    }
    const under = (version: typeof convenant, txid: string) => {
      const leaf = encodeEvent({
        ...intent,
        convenant: { version: version.version, digest: hex(convenantDigest(version)) },
      })
      const receipt = encodeReceipt({ index: 0, proof: [], checkpoint: 'x', extra: leaf })
      const entry = { type: 'query.intent', origin: 'x', index: 0, receipt }
      return query({ txid, entries: [entry] })
    }
    const first = under(convenant, '1'.repeat(32))
    const second = under(next, '2'.repeat(32))
    const told = (queries: SubjectAccess['queries']) =>
      accessLetter({ ...NOTHING, queries }, [convenant, next], 'nl')
    const counts = (letter: string) => [...letter.matchAll(/door (\d+) of meer/g)].map((m) => m[1])
    const t = rule!.t
    expect(counts(told([first, second, query({})]))).toEqual([`${t}`, `${t + 1}`, `${t + 1}`])
    const both = told([first, second, first])
    expect(both.match(new RegExp(`\\*\\*${purpose!.id}\\*\\*`, 'g'))).toHaveLength(2)
    expect(told([first])).toContain(purpose!.text.nl)
    expect(told([first])).not.toContain(text.nl)
    expect(told([second])).not.toContain(purpose!.text.nl)
  })

  it('knows a purpose and a rule that the convenant no longer has by their names', () => {
    const text = letter({ queries: [query({ purpose: 'vroeger', rule: 'host-t9' })] })
    expect(text).toContain('vroeger')
    expect(text).toContain('`host-t9`')
  })

  it.each(['nl', 'en'] as const)(
    'of a confidential node is the same whatever it knows (%s)',
    (lang) => {
      const silent = letter({ confidential: true }, lang)
      const one = {
        ...{ txid: 'ef'.repeat(16), time: '2027-05-03T10:00:00.000Z', purpose: 'secret' },
        ...{ with: 'bank-b', protocol: 'psi-ot' as const, entries: [] },
      }
      const known = { flag: FLAG, queries: [query({})], intersections: [one] }
      const told = letter({ confidential: true, ...known }, lang)
      expect(told).toBe(silent)
      expect(silent).toMatch(lang === 'nl' ? /noch ontkennen/ : /neither confirm nor deny/)
      expect(silent).not.toContain(purpose!.id)
    },
  )
})

it.each([
  ['police', 'nl', 'artikel 27 Wet politiegegevens', 'UAVG'],
  ['police', 'en', 'article 27 of the Dutch Police Data Act', 'UAVG'],
  ['bank', 'nl', 'artikel 41 UAVG', 'politiegegevens'],
  ['bank', 'en', 'article 41 of the Dutch act', 'Police'],
] as const)('a confidential %s keeps silent under its own law (%s)', (sector, lang, law, other) => {
  const members = convenant.members.map((one) =>
    one.id === NOTHING.member.id ? { ...one, sector } : one,
  )
  const text = letter({ confidential: true }, lang, { ...convenant, members })
  expect(text).toContain(law)
  expect(text).not.toContain(other)
})

describe('the letter about a case', () => {
  const { format: _, kind: __, value: ___, ...said } = NOTHING
  const file = (change: Partial<SubjectCaseFile['case']>, more = {}): SubjectCaseFile => ({
    ...{ member: said.member, convenant: said.convenant, time: said.time, confidential: false },
    ...{ format: 'drempel-subject-case/1', entries: [], ...more },
    case: { ...said.case, type: 'objection', ...change },
  })
  const event = (type: string, reason: string, day: string) =>
    ({ type, reason, time: `${day}T10:00Z` }) as unknown as LeafFields
  const opened = event('subject.opened', 'OBJECTION', '2027-06-01')
  const closed = { closedAt: '2027-06-09T10:00:00.000Z', daysLeft: null }

  it.each(['nl', 'en'] as const)('has what the law asks for (%s)', (lang) => {
    const text = caseLetter(file({ ...closed, outcome: 'refused' }), [opened], 'a judgment', lang)
    // The request and its day, the decision and its reason, the complaint, the court, the FG.
    for (const part of ['2027-0007', '2027-06-01', '2027-06-09', 'a judgment', '12', '79']) {
      expect(text).toContain(part)
    }
    expect(text).toContain('Autoriteit Persoonsgegevens')
    expect(text).toContain('fg@bank-a.example')
    expect(text).toContain('drempel subject verify')
    expect(text.endsWith('\n')).toBe(true)
  })

  it.each([
    [{}, 'U krijgt uiterlijk op 2027-07-01 antwoord.'],
    [{ extended: true }, 'Wij hebben meer tijd nodig: u krijgt uiterlijk op 2027-07-01'],
    [{ ...closed, outcome: 'granted' }, 'hebben wij het ingewilligd'],
    [{ ...closed, outcome: 'refused' }, 'geen gevolg aan te geven'],
    [{ ...closed, outcome: 'withdrawn' }, 'omdat u het introk'],
    // A longer term is no news any more once there is an answer.
    [{ ...closed, outcome: 'granted', extended: true }, 'hebben wij het ingewilligd'],
  ] as const)('says of a case with %j: %s', (change, words) => {
    expect(caseLetter(file(change), [opened], undefined, 'nl')).toContain(words)
  })

  it('tells each act and its day, and that it was of a flag if there was one', () => {
    const acts = [
      event('bezwaar', 'OBJECTION', '2027-06-02'),
      event('correction', 'RECTIFICATION', '2027-06-03'),
      event('correction', 'ERASURE', '2027-06-04'),
      event('bezwaar', 'LIFTED', '2027-06-05'),
    ]
    const text = caseLetter(file({}), [opened, ...acts], undefined, 'en')
    for (const [day, word] of [
      ...[['02', 'put under objection'] as const, ['03', 'corrected'] as const],
      ...[['04', 'erased'] as const, ['05', 'lifted'] as const],
    ]) {
      expect(text).toMatch(new RegExp(`^- 2027-06-${day}: .*${word}`, 'm'))
    }
    expect(text.match(/if there was one/g)).toHaveLength(3)
    expect(text).toContain('article 19')
    expect(caseLetter(file({}), [opened], undefined, 'en')).not.toContain('article 19')
  })

  it('says of a confidential node that it neither confirms nor denies', () => {
    const text = caseLetter(file({}, { confidential: true }), [opened], undefined, 'nl')
    expect(text).toContain('bevestigen noch ontkennen')
  })
})
