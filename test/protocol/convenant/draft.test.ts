import {
  EVIDENCE_CLASSES,
  FRAUD_TAXONOMY,
  isEvidenceClass,
  parentCode,
  parseConvenant,
  SECTORS,
  taxonomyEntry,
} from '@drempel/protocol/convenant'
import { hex } from '@drempel/protocol/encoding'
import { formVersions } from '@drempel/protocol/identifiers'
import { describe, expect, it } from 'vitest'
import { draft, FORMS, FOUR, member, signerOf } from './world.ts'

describe('a draft', () => {
  it('for two banks, a telecom operator and a platform is complete', () => {
    const convenant = draft()
    expect(parseConvenant(JSON.parse(JSON.stringify(convenant)))).toEqual(convenant)
    expect(convenant.computeNodes).toEqual(['bank-a', 'telecom', 'platform'])
    expect(convenant.keyHolders).toMatchObject({ quorum: 3, members: { length: 4 } })
    expect(convenant.rules.map(({ id, t, output }) => [id, t, output])).toEqual([
      ['host-t2', 2, 'list'],
      ['host-t3', 3, 'list'],
    ])
    expect(convenant.purposes.map(({ id, askers }) => [id, askers])).toEqual([
      ['fraude-onderzoek', ['bank-a', 'bank-b', 'telecom', 'platform']],
      ['klantacceptatie', ['bank-a', 'bank-b']],
    ])
    expect(convenant.validUntil).toBe('2028-01-01T00:00:00Z')
    expect(convenant.acknowledgements).toEqual({
      semiHonestList: true,
      severalThresholds: true,
      contributorsMayChange: false,
    })
  })

  it.each([3, 4, 5, 6, 7, 12, 33])('is valid for %i members of all sectors', (n) => {
    const members = Array.from({ length: n }, (_, i) =>
      member(`m${i}`, SECTORS[i % SECTORS.length]!, 9000 + i),
    )
    const convenant = draft({ members, listCap: 350_000, kinds: ['host', 'iban', 'phone'] })
    expect(new Set(convenant.computeNodes).size).toBe(3)
    expect(2 * convenant.keyHolders.quorum).toBeGreaterThan(n)
    expect(convenant.rules).toHaveLength(n === 3 ? 3 : 6)
    expect(convenant.kinds[0]!.listCap).toBe(350_000)
  })

  it('gives the police a purpose with a basis of its own and four eyes', () => {
    const convenant = draft({ members: [...FOUR, member('politie', 'police', 9005)] })
    const police = convenant.purposes.filter(({ askers }) => askers.includes('politie'))
    expect(police.map(({ id, fourEyes, grondslag }) => [id, fourEyes, grondslag.law])).toEqual([
      ['opsporing', true, 'wpg'],
    ])
  })

  it('takes the form versions of the identifiers layer', () => {
    expect(draft({ formVersions: formVersions() }).formVersions).toEqual(formVersions())
  })

  it('makes owners rules with plain keys, which no purpose asks', () => {
    const convenant = draft({
      rules: [
        { kind: 'host', t: 2 },
        { kind: 'host', t: 3, output: 'owners', keys: 'plain' },
      ],
    })
    expect(convenant.rules[1]).toMatchObject({ id: 'host-t3-owners', minContributors: 4 })
    expect(convenant.purposes[0]!.rules).toEqual(['host-t2'])
  })

  it('has no purposes where nothing can be asked', () => {
    const convenant = draft({
      kinds: ['host', 'phone'],
      rules: [
        { kind: 'host', t: 3, output: 'owners' },
        { kind: 'phone', t: 2, output: 'aggregates' },
      ],
    })
    expect(convenant.purposes).toEqual([])
    expect(parseConvenant(JSON.parse(JSON.stringify(convenant)))).toEqual(convenant)
  })

  it('names what is missing: members, a moment, the impact assessment of real partners', () => {
    const remote = FOUR.map((m) => ({
      ...m,
      url: `https://${m.id}.example`,
      tlsPin: m.signingKey,
    }))
    expect(() => draft({ members: FOUR.slice(0, 2) })).toThrow('CONVENANT_INVALID at members')
    expect(() => draft({ validFrom: 'soon' })).toThrow('CONVENANT_INVALID at validFrom')
    expect(() => draft({ members: remote })).toThrow('purposes[0].dpia DPIA_MISSING')
    expect(draft({ members: remote, dpia: remote[0]!.signingKey }).members).toEqual(remote)
  })

  it('of a test has keys and forms that differ', () => {
    const keys = FOUR.map(({ id }) => hex(signerOf(id).publicKey))
    expect(new Set(keys).size).toBe(4)
    expect(new Set(Object.values(FORMS)).size).toBe(4)
  })
})

describe('the taxonomy', () => {
  it('has stable codes in a hierarchy, named and defined in two languages', () => {
    const codes = FRAUD_TAXONOMY.entries.map(({ code }) => code)
    expect(new Set(codes).size).toBe(codes.length)
    expect(codes.length).toBeGreaterThanOrEqual(25)
    for (const { code, name, definition } of [...FRAUD_TAXONOMY.entries, ...EVIDENCE_CLASSES]) {
      expect(code).toMatch(/^[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*)?$/)
      expect(name.nl && name.en).not.toBe('')
      expect(definition.nl).toMatch(/\.$/)
      expect(definition.en).toMatch(/\.$/)
    }
    for (const code of codes) {
      const parent = parentCode(code)
      if (parent !== null) expect(taxonomyEntry(parent), code).toBeDefined()
    }
  })

  it('finds codes and evidence classes exactly', () => {
    expect(taxonomyEntry('middel.wegwerp-e-mail')?.name.en).toBe('disposable e-mail')
    expect(parentCode('middel.wegwerp-e-mail')).toBe('middel')
    expect(parentCode('middel')).toBeNull()
    for (const other of ['', 'Aankoop', 'aankoop.', 'toString'])
      expect(taxonomyEntry(other)).toBeUndefined()
    expect(isEvidenceClass('aangifte')).toBe(true)
    expect(isEvidenceClass('aangifte ')).toBe(false)
  })
})
