import { overlaps } from '@drempel/cli/internal/experiment/copies'
import { seededDraws } from '@drempel/cli/internal/experiment/draws'
import { madeUpIdentifier } from '@drempel/cli/internal/experiment/identifiers'
import type { Material } from '@drempel/cli/internal/experiment/model'
import { PARAMETERS, parameterValues } from '@drempel/cli/internal/experiment/parameters'
import { makePeople } from '@drempel/cli/internal/experiment/people'
import { makeWorld } from '@drempel/cli/internal/experiment/world'
import { canonicalize, IDENTIFIER_KINDS } from '@drempel/protocol/identifiers'
import { describe, expect, it } from 'vitest'
import { small } from './samples.ts'

const { partners } = small()
const mix = { webshop: 1, bankhelpdesk: 1, marketplace: 1, phishing: 1 }

function world(parameters: Parameters<typeof parameterValues>[0] = {}, copies: object[] = []) {
  return makeWorld({
    ...{ seed: 5, partners, kinds: ['iban', 'phone'] },
    generator: { mix, copies: copies as never },
    values: parameterValues({ campaigns: 150, ...parameters }),
  })
}

const usual = world()

describe('made-up identifiers', () => {
  it.each(IDENTIFIER_KINDS)('of kind %s are canonical, valid and all different', (kind) => {
    const made = Array.from({ length: 2_000 }, (_, i) => madeUpIdentifier(kind, 22 * i))
    expect(new Set(made).size).toBe(made.length)
    for (const value of made.slice(0, 200)) expect(canonicalize(kind, value)).toBe(value)
  })

  it('come from ranges that are nobody’s', () => {
    expect(madeUpIdentifier('iban', 12)).toMatch(/^NL\d\dTEST/)
    expect(madeUpIdentifier('phone', 12_345)).toMatch(/^\+1\d{3}55501\d\d$/)
    expect(madeUpIdentifier('device', 12)).toMatch(/^00/)
    for (const kind of ['host', 'domain', 'email'] as const) {
      expect(madeUpIdentifier(kind, 12)).toMatch(/\.example$/)
    }
  })

  it.each(['phone', 'device'] as const)(
    'run out with a code, not with a real number: %s',
    (kind) => {
      expect(() => madeUpIdentifier(kind, 999_999)).toThrow(
        expect.objectContaining({ code: 'EXPERIMENT_TOO_LARGE' }),
      )
    },
  )
})

describe('draws', () => {
  it('depend on seed and name alone', () => {
    const some = (seed: number, name: string) => {
      const draws = seededDraws(seed, name)
      return Array.from({ length: 600 }, draws.uniform)
    }
    expect(some(1, 'a')).toEqual(some(1, 'a'))
    expect(some(1, 'a')).not.toEqual(some(2, 'a'))
    expect(some(1, 'a')).not.toEqual(some(1, 'b'))
    expect(some(1, 'a').every((draw) => draw >= 0 && draw < 1)).toBe(true)
  })

  it('have the means that they promise', () => {
    const draws = seededDraws(3, 'means')
    const mean = (draw: () => number) =>
      Array.from({ length: 20_000 }, draw).reduce((sum, value) => sum + value, 0) / 20_000
    expect(mean(draws.uniform)).toBeCloseTo(0.5, 1)
    expect(mean(() => draws.exponential(4))).toBeCloseTo(4, 0)
    expect(mean(() => draws.poisson(2))).toBeCloseTo(2, 1)
    expect(mean(() => draws.weighted([1, 0, 3]))).toBeCloseTo(1.5, 1)
    const medians = Array.from({ length: 5_001 }, () => draws.logNormal(20, 1)).sort(
      (a, b) => a - b,
    )
    expect(Math.abs(medians[2_500]! - 20)).toBeLessThan(1.5)
  })
})

describe('a world of campaigns', () => {
  it('is the same for the same seed', () => {
    expect(world()).toEqual(usual)
  })

  it('keeps its campaigns and victims when only who reports changes', () => {
    const other = world({ reportPolice: 0.5, delayOthers: 9 })
    expect(other.victims.length).toBe(usual.victims.length)
    const uses = ({ victims, items }: Material) =>
      victims.map(({ day, items: met }) => [day, ...met.map((at) => items[at]!.value)])
    expect(uses(other)).toEqual(uses(usual))
    expect(other.items).not.toEqual(usual.items)
  })

  it('has the police hear of what its parameters say', () => {
    // Every report names everything, nobody finds or errs: each one is one report of an account.
    const { items, victims } = world({
      ...{ campaigns: 600, mentioned: 1, ownDetection: 0, wrongFlags: 0, delayPolice: 0 },
    })
    const police = partners.findIndex(({ sector }) => sector === 'police')
    const reports = items
      .filter(({ kind }) => kind === 'iban')
      .flatMap((item) => item.reports.filter(({ partner }) => partner === police)).length
    const { reportPolice, reportWithdrawn, reportUnusable } = PARAMETERS
    const expected = reportPolice.value * (1 - reportWithdrawn.value - reportUnusable.value)
    expect(reports / victims.length).toBeGreaterThan(0.9 * expected)
    expect(reports / victims.length).toBeLessThan(1.1 * expected)
    expect(reportWithdrawn.value).toBeCloseTo(7_190 / 43_779, 3)
    expect(reportUnusable.value).toBeCloseTo(13_174 / 43_779, 3)
  })

  it('has mistakes in the part of each list that its parameter says', () => {
    const { items } = world({ wrongFlags: 0.2, campaigns: 400 })
    const listed = items.filter(({ reports }) => reports.some(({ partner }) => partner === 1))
    const wrong = listed.filter(({ holder }) => holder === 'innocent')
    expect(wrong.length / listed.length).toBeGreaterThan(0.15)
    expect(wrong.length / listed.length).toBeLessThan(0.23)
    expect(world({ wrongFlags: 0 }).items.some(({ holder }) => holder === 'innocent')).toBe(false)
  })

  it('gives mules to accounts alone, and reports in order within its days', () => {
    for (const { kind, holder, reports } of usual.items) {
      if (holder === 'mule') expect(kind).toBe('iban')
      const days = reports.map(({ day }) => day)
      expect(days).toEqual([...days].sort((a, b) => a - b))
      for (const day of days) expect(day >= 0 && day <= usual.lastDay).toBe(true)
    }
  })

  it('shows who copied whom, and nobody else', () => {
    const copied = world({}, [{ from: 'plein', to: 'bank-zuid', share: 0.95, lagDays: 2 }])
    const suspects = (of: Material) =>
      overlaps('iban', of).flatMap(({ list, other, suspect }) =>
        suspect ? [`${list} has ${other}`] : [],
      )
    expect(suspects(copied)).toEqual(['bank-zuid has plein'])
    expect(suspects(usual)).toEqual([])
  })
})

describe('a world of victims', () => {
  const people = makePeople({
    ...{ seed: 5, partners, kinds: ['phone'] },
    values: parameterValues({ people: 3_000 }),
  })

  it('has repeated victims in the published part', () => {
    const again = people.items.filter(({ holder }) => holder === 'repeat').length
    expect(again / people.items.length).toBeGreaterThan(0.37)
    expect(again / people.items.length).toBeLessThan(0.43)
    expect(PARAMETERS.repeatShare.value).toBeCloseTo(6.3 / 15.7, 2)
  })

  it('brings a victim of one crime to two desks at most', () => {
    const once = people.items.filter(({ holder }) => holder === 'once')
    const counts = once.map(({ reports }) => reports.length)
    expect(Math.max(...counts)).toBe(2)
    for (const { reports } of once) {
      expect(new Set(reports.map(({ partner }) => partner)).size).toBe(reports.length)
    }
  })
})
