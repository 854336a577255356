import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseExperiment } from '@drempel/cli/internal/experiment/parse'
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
    expect({ code, at }).toEqual({ code: 'EXPERIMENT_INVALID', at: 'proef.yaml' })
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
