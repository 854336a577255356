import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseExperiment } from '@drempel/cli/internal/experiment/parse'
import { ruleName, ruleSentence } from '@drempel/cli/internal/experiment/report/words'
import { rulesOf } from '@drempel/cli/internal/experiment/rules'
import { choiceOf } from '@drempel/cli/internal/experiment/terms'
import { draftConvenant, type RuleChoice } from '@drempel/protocol/convenant'
import { ProtocolError } from '@drempel/protocol/encoding'
import { formVersions } from '@drempel/protocol/identifiers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { member } from '../../protocol/convenant/world.ts'
import { small, smallWorld } from './samples.ts'

/** What a complaint says of where and what. */
function complaint(text: string): { code: string; at: string; hint: string } {
  try {
    parseExperiment(text, 'proef.yaml')
  } catch (error) {
    if (error instanceof ProtocolError) {
      return { code: error.code, at: error.at ?? '', hint: error.hint ?? '' }
    }
    throw error
  }
  throw new Error('accepted')
}

const sweepTo = (most: number) => Array.from({ length: most }, (_, i) => i).join()

const FOLDER = join(import.meta.dirname, '../../../examples/proeftuin')
const READY = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'))

describe('a rule of an experiment', () => {
  const SECTORS = ['bank', 'telecom', 'platform', 'police'] as const

  it('goes to nodes exactly when a convenant may hold it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...SECTORS), { minLength: 3, maxLength: 6 }),
        fc.record({
          t: fc.integer({ min: 2, max: 6 }),
          sectors: fc.integer({ min: 1, max: 4 }),
          reports: fc.integer({ min: 0, max: 12 }),
          output: fc.constantFrom('list' as const, 'owners' as const),
        }),
        (sectors, terms) => {
          const partners = sectors.map((sector, i) => {
            return { id: `p${i}x`, name: `P ${i}`, sector, weight: 1 }
          })
          const sweep = { ...small().rules[0]!, kinds: ['iban' as const] }
          const { t, sectors: from, reports, output } = terms
          const rules = [{ ...sweep, t: [t], sectors: [from], reports: [reports], output }]
          const [rule] = rulesOf({ ...small(), partners, rules })
          if (rule === undefined) return
          const choice = choiceOf(rule, { partners })
          const members = partners.map(({ id, sector }, i) => member(id, sector, 7001 + i))
          const draft = (one: RuleChoice) =>
            draftConvenant({
              ...{ id: 'proef', members, formVersions: formVersions(), kinds: ['iban'] },
              ...{ rules: [one], validFrom: '2027-01-01T00:00:00Z', crossSector: true },
            })
          if (choice !== undefined) {
            expect(draft(choice).rules).toHaveLength(1)
            return
          }
          const minSectors = from > 1 ? { minSectors: from } : {}
          expect(() => draft({ kind: 'iban', t, output, ...minSectors })).toThrow(
            expect.objectContaining({ code: 'CONVENANT_INVALID' }),
          )
        },
      ),
    )
  })
})

describe('an experiment file', () => {
  it.each(READY)('%s is one, under its own name', (name) => {
    const experiment = parseExperiment(readFileSync(join(FOLDER, name), 'utf8'), name)
    expect(`${experiment.id}.yaml`).toBe(name)
    expect(rulesOf(experiment).length).toBeGreaterThan(0)
  })

  it.each(READY)('%s has a page that says how to run it and what it does not show', (name) => {
    const page = readFileSync(join(FOLDER, name.replace('.yaml', '.md')), 'utf8')
    expect(page).toContain(`drempel experiment run examples/proeftuin/${name} `)
    for (const heading of ['Wat er gebeurt', 'Waar u op let', 'Wat het niet laat zien'])
      expect(page).toContain(`## ${heading}\n`)
    const readme = readFileSync(join(FOLDER, 'README.md'), 'utf8')
    expect(readme).toContain(`](${name.replace('.yaml', '.md')})`)
  })

  it('that is no YAML is refused with its line', () => {
    const broken = smallWorld().replace('seed: 7', 'seed: [7')
    expect(complaint(broken)).toMatchObject({ code: 'EXPERIMENT_INVALID' })
    expect(complaint(broken).at).toMatch(/^proef\.yaml:\d+:\d+$/)
    expect(complaint(`${smallWorld()}seed: 8\n`).at).toMatch(/^proef\.yaml:\d+:1$/)
  })

  it.each([
    ['a misspelt field', 'seeds: 3', /seeds/],
    ['an unknown parameter', 'parameters: { campains: 3 }', /parameters: .*campains/],
    ['a share above one', 'parameters: { reportPolice: 11.8 }', /parameters\.reportPolice: .*1/],
    ['half a campaign', 'parameters: { campaigns: 1.5 }', /parameters\.campaigns: /],
    ['a wish above one', 'wanted: 2', /wanted: /],
  ])('with %s names the field', (_, more, hint) => {
    const { code, at, hint: said } = complaint(smallWorld(more))
    expect(code).toBe('EXPERIMENT_INVALID')
    // The last line, and there the field or its value.
    expect(at).toMatch(/^proef\.yaml:15:\d+$/)
    expect(said).toContain('(line 15)')
    expect(said).toMatch(hint)
  })

  it.each([
    ['t: [2, 3]', 't: 1', /rules\.0\.t/],
    ['kinds: [iban, phone]', 'kinds: bsn', /rules\.0\.kinds/],
    ['id: plein', 'id: politie', /partners\.1\.id: politie is there already/],
    ['id: plein', 'id: Plein!', /partners\.1\.id: lower-case/],
    ['sector: platform', 'sector: insurer', /partners\.1\.sector/],
    ['mix: { marketplace: 2, bankhelpdesk: 1 }', 'mix: {}', /data\.generator\.mix: give/],
    ['generator: { mix', 'generator: { mixed: {}, mix', /data\.generator.*mixed/],
    ['generator: { mix: { marketplace: 2, bankhelpdesk: 1 } }', 'files: []', /data\.files/],
    [
      '{ generator: { mix: { marketplace: 2, bankhelpdesk: 1 } } }',
      '{ files: [{ partner: nobody, kind: host, file: a.csv }] }',
      /data\.files\.0\.partner: no such partner: one of politie, plein/,
    ],
    [
      '{ generator: { mix: { marketplace: 2, bankhelpdesk: 1 } } }',
      '{ files: [{ partner: plein, kind: host }] }',
      /data\.files\.0: give either file or npm/,
    ],
    [
      'bankhelpdesk: 1 }',
      'bankhelpdesk: 1 }, copies: [{ from: plein, to: plein, share: 1 }]',
      /copies\.0\.to: another partner/,
    ],
  ])('with %s as %s says where and what to do', (good, bad, hint) => {
    const text = smallWorld().replace(good, bad)
    expect(text).not.toBe(smallWorld())
    expect(complaint(text).hint).toMatch(hint)
  })

  it('is told the line of each complaint, deep in a list too', () => {
    const text = smallWorld().replace('sectors: [1, 2] }', 'sectors: [1, 9], output: heap }')
    const { at, hint } = complaint(text)
    const line = text.split('\n').findIndex((one) => one.includes('heap')) + 1
    expect(at).toMatch(new RegExp(`^proef\\.yaml:${line}:\\d+$`))
    expect(hint.match(new RegExp(`line ${line}\\)`, 'g'))).toHaveLength(2)
  })

  it('with aliases that grow without end is refused', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]']
    for (let i = 0; i < 8; i++) {
      const [now, next] = ['abcdefghi'[i]!, 'bcdefghij'[i]!]
      bomb.push(`${next}: &${next} [${Array.from({ length: 10 }, () => `*${now}`).join()}]`)
    }
    expect(complaint(`${smallWorld()}${bomb.join('\n')}\n`).hint).toContain('aliases')
  })

  it.each([
    ['t: [2, 3]', 't: [2, 5]', /rules\.0\.t: 4 partners take part/],
    ['sectors: [1, 2] }', 'sectors: 4 }', /rules\.0\.sectors: .*3 sectors at most/],
    ['t: [2, 3], sectors: [1, 2]', 't: 2, sectors: 3', /rules\.0\.sectors: .*2 sectors at most/],
    ['reports: 3', 'reports: [3, 13]', /rules\.1\.reports: .*at most 12/],
    [
      'kinds: [iban, phone]',
      'kinds: [iban, host]',
      /rules\.0\.kinds: no fraud of the mix uses host/,
    ],
    ['t: [2, 3], sectors', `t: [2, 3], listAgeDays: [${sweepTo(64)}], sectors`, /rules: 514 rules/],
  ])('with %s as %s, met by nothing or too much, is refused', (good, bad, hint) => {
    const text = smallWorld().replace(good, bad)
    expect(text).not.toBe(smallWorld())
    expect(complaint(text).hint).toMatch(hint)
  })

  it.each([
    ['people: 5000', /parameters\.people: changes nothing/],
    ['victims: 90000, campaigns: 90000', /parameters: about \d+ victims/],
    ['victimsSpread: 1000', /parameters\.victimsSpread: .*3/],
    ['moreCrimes: 100000000', /parameters\.moreCrimes: .*50/],
  ])('with the parameters %s is refused, and does not run for ever', (parameters, hint) => {
    expect(complaint(smallWorld(`parameters: { ${parameters} }`)).hint).toMatch(hint)
  })

  it('on lists without days has none expire, and has a list of each kind', () => {
    const text = smallWorld().replace(
      '{ generator: { mix: { marketplace: 2, bankhelpdesk: 1 } } }',
      '{ files: [{ partner: plein, kind: iban, file: a.csv }] }',
    )
    const { hint } = complaint(text)
    expect(hint).toMatch(/rules\.1\.listAgeDays: the list of plein has no dateColumn/)
    expect(hint).toMatch(/rules\.0\.kinds: no file has phone/)
  })

  it('keeps rules apart that differ in who hears, and says who', () => {
    const rules = ['plein', 'politie', 'bank-noord, bank-zuid'].map((ids) => {
      return `  - { kinds: iban, t: 2, consumers: [${ids}] }`
    })
    const text = smallWorld().replace('rules:', `rules:\n${rules.join('\n')}`)
    const found = rulesOf(parseExperiment(text, 'x.yaml')).slice(0, 3)
    expect(found.map(({ id }) => id)).toEqual([
      ...['iban-t2-for-plein', 'iban-t2-for-politie', 'iban-t2-for-bank-noord-bank-zuid'],
    ])
    expect(found.map((rule) => ruleName(rule, 'nl'))).toEqual([
      ...[
        '2 deelnemers, voor platforms',
        '2 deelnemers, voor politie',
        '2 deelnemers, voor banken',
      ],
    ])
    const one = parseExperiment(
      smallWorld().replace('t: 2,', 't: 2, consumers: bank-zuid,'),
      'x.yaml',
    )
    expect(ruleSentence(rulesOf(one).at(-1)!, 'en')).toContain('told to Bank Zuid only')
  })

  it('sweeps every combination once, without those that nothing can meet', () => {
    const experiment = small()
    const ids = rulesOf(experiment).map(({ id }) => id)
    expect(ids).toEqual([
      ...['iban-t2', 'iban-t2-s2', 'iban-t3', 'iban-t3-s2'],
      ...['phone-t2', 'phone-t2-s2', 'phone-t3', 'phone-t3-s2'],
      ...['iban-t2-r3', 'iban-t2-r3-d60'],
    ])
    const wide = { ...experiment.rules[0]!, t: [2, 5, 64], sectors: [1, 3], reports: [0, 12, 13] }
    const found = rulesOf({ ...experiment, rules: [wide, wide] }).map(({ id }) => id)
    expect(found).toEqual(['iban-t2', 'iban-t2-r12', 'phone-t2', 'phone-t2-r12'])
  })
})
