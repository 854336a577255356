import {
  diffConvenants,
  paddedListSize,
  parseConvenant,
  readConvenant,
} from '@drempel/protocol/convenant'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bend, draft, FOUR, type Loose, member } from './world.ts'

const POLICE = [member('police-a', 'police', 9_005), member('police-b', 'police', 9_006)]
const good = draft({ intersections: true, members: [...FOUR, ...POLICE] })

function problems(change: (terms: Loose, c: Loose) => void, of = 0): string[] {
  const reading = readConvenant(bend(good, (copy) => change(copy.intersections[of], copy)))
  return reading.ok ? [] : reading.problems.map(({ code, path }) => `${code} ${path}`).sort()
}

describe('the terms of an intersection', () => {
  it('are drafted for all but the police, and among the police with four eyes', () => {
    expect(parseConvenant(good)).toEqual(good)
    const [comparison, coordination] = good.intersections!
    expect(comparison!.proposers).toEqual(FOUR.map(({ id }) => id))
    expect(coordination).toMatchObject({ proposers: ['police-a', 'police-b'], fourEyes: true })
    expect(draft().intersections).toBeUndefined()
  })

  it.each<[string, (terms: Loose, c: Loose) => void, string[]]>([
    [
      'named as a purpose of questions',
      (terms) => {
        terms.id = 'fraude-onderzoek'
      },
      ['DUPLICATE intersections[0].id'],
    ],
    [
      'with nobody',
      (terms) => {
        terms.proposers = ['bank-a']
        terms.partners = ['bank-a']
      },
      ['NO_PAIR intersections[0].partners'],
    ],
    [
      'with a stranger',
      (terms) => terms.partners.push('mallory'),
      ['UNKNOWN_REFERENCE intersections[0].partners[4]'],
    ],
    [
      'of a kind that the convenant lacks',
      (terms) => terms.kinds.push('iban'),
      ['UNKNOWN_REFERENCE intersections[0].kinds[1]'],
    ],
    [
      'with bounds the wrong way round',
      (terms) => {
        terms.sizes.partner.least = terms.sizes.partner.most + 1
      },
      ['CAP_OUT_OF_ORDER intersections[0].sizes.partner.least'],
    ],
    [
      'of a list more often than of the pair',
      (terms) => {
        terms.quota.perList = terms.quota.perPair + 1
      },
      ['CAP_OUT_OF_ORDER intersections[0].quota.perList'],
    ],
    [
      'whose size no protocol gives',
      (terms) => {
        terms.protocols = ['ot']
      },
      ['SIZE_BY_ECDH intersections[0].protocols'],
    ],
    [
      'with a sector without a basis, in the direction that is learned',
      (terms) => {
        terms.to = ['proposer']
        terms.proposers = ['bank-a']
        terms.partners = ['telecom']
        terms.crossSector = terms.crossSector.filter(
          ({ from, to }: Loose) => !(from === 'telecom' && to === 'bank'),
        )
      },
      ['CROSS_SECTOR intersections[0].crossSector'],
    ],
    [
      'of the police on legitimate interests',
      (terms) => {
        terms.partners.push('police-a')
        terms.to = ['partner']
      },
      [
        'CROSS_SECTOR intersections[0].crossSector',
        'CROSS_SECTOR intersections[0].crossSector',
        'CROSS_SECTOR intersections[0].crossSector',
        'GRONDSLAG_OF_AUTHORITY intersections[0].partners[4]',
      ],
    ],
    [
      'on https without an impact assessment',
      (_, c) => {
        for (const one of c.members) {
          one.url = one.url.replace('http:', 'https:').replace('127.0.0.1', 'node.example')
          one.tlsPin = one.signingKey
        }
        for (const purpose of c.purposes) purpose.dpia = c.members[0].signingKey
        c.intersections[1].dpia = c.members[0].signingKey
      },
      ['DPIA_MISSING intersections[0].dpia'],
    ],
  ])('can not be agreed %s', (_, change, found) => {
    expect(problems(change)).toEqual(found)
  })

  it('can not be consented to by a node where people are asked for', () => {
    const change = (terms: Loose) => {
      terms.consent = 'policy'
    }
    expect(problems(change, 1)).toEqual(['CONSENT_OF_NOBODY intersections[1].consent'])
    expect(problems(change)).toEqual([])
  })

  it('need no basis in the direction in which nothing is learned', () => {
    const found = problems((terms) => {
      terms.to = ['proposer']
      terms.proposers = ['bank-a']
      terms.partners = ['telecom']
      terms.crossSector = terms.crossSector.filter(
        ({ from, to }: Loose) => from === 'telecom' && to === 'bank',
      )
    })
    expect(found).toEqual([])
  })

  it('are an alert when they change, as a quota or as a purpose', () => {
    const changed = bend(good, (c) => {
      c.intersections[0].quota.perPair = 21
      c.intersections[0].to = ['both']
    })
    const found = diffConvenants(good, parseConvenant(changed))
    expect(found.map(({ meaning, alert }) => [meaning, alert])).toEqual([
      ['quota', true],
      ['purpose', true],
    ])
  })
})

describe('the size that a list is given as', () => {
  const terms = (stepsPerDoubling: 1 | 2 | 4 | 8, least = 1) => ({
    stepsPerDoubling,
    sizes: { proposer: { least, most: 1e8 }, partner: { least: 1, most: 1e8 } },
  })

  it('is one of so many a doubling', () => {
    const of = (steps: 1 | 2 | 4 | 8) =>
      [100, 128, 129, 200, 257].map((size) => paddedListSize(terms(steps), 'proposer', size))
    expect(of(1)).toEqual([128, 128, 256, 256, 512])
    expect(of(2)).toEqual([128, 128, 192, 256, 384])
    expect(of(8)).toEqual([104, 128, 144, 208, 288])
    expect(paddedListSize(terms(1, 1_000), 'proposer', 3)).toBe(1_024)
    expect(paddedListSize(terms(1, 1_000), 'partner', 3)).toBe(4)
  })

  it('holds the list, stays what it is, and grows by at most a step', () => {
    const steps = fc.constantFrom(1, 2, 4, 8)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000_000 }), steps, (size, per) => {
        const padded = paddedListSize(terms(per as 1), 'partner', size)
        expect(padded).toBeGreaterThanOrEqual(size)
        expect(padded).toBeLessThanOrEqual(Math.max(size, size * (1 + 1 / per)))
        expect(paddedListSize(terms(per as 1), 'partner', padded)).toBe(padded)
      }),
    )
  })
})
