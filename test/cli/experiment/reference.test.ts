import { evaluatePool, evaluateRule } from '@drempel/cli/internal/experiment/evaluate'
import type { Item, Material, Rule } from '@drempel/cli/internal/experiment/model'
import { parameterValues } from '@drempel/cli/internal/experiment/parameters'
import { firstMet, isMet, sectorNumbers } from '@drempel/cli/internal/experiment/reference'
import { entropy, proportion, quantiles } from '@drempel/cli/internal/experiment/statistics'
import { partnerValues } from '@drempel/cli/internal/experiment/value'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const SECTORS = ['bank', 'telecom', 'platform', 'police', 'helpdesk'] as const

function material(items: readonly Item[], sectors: readonly number[], lastDay: number): Material {
  const partners = sectors.map((sector, i) => {
    return { id: `p${i}`, name: `P ${i}`, sector: SECTORS[sector]!, weight: 1 }
  })
  return {
    ...{ partners, items, lastDay, victims: [], rejected: [] },
    ...{ dated: true, truth: true, sought: 'offenders' },
  }
}

/** One to six partners, some items with reports, as a rule sees them. */
const worlds = fc.integer({ min: 1, max: 6 }).chain((count) =>
  fc.record({
    sectors: fc.array(fc.nat(4), { minLength: count, maxLength: count }),
    items: fc.array(
      fc.array(fc.record({ day: fc.nat(40), partner: fc.nat(count - 1) }), { maxLength: 12 }),
      { maxLength: 8 },
    ),
    t: fc.integer({ min: 1, max: count }),
    needed: fc.integer({ min: 1, max: 3 }),
    reports: fc.nat(9),
    listAgeDays: fc.constantFrom(0, 1, 5, 20),
    everyDays: fc.integer({ min: 1, max: 10 }),
  }),
)

const itemOf = (reports: readonly { day: number; partner: number }[], i: number): Item => ({
  ...{ kind: 'iban', value: `v${i}`, campaigns: [] },
  holder: i % 2 === 0 ? 'fraud' : 'innocent',
  reports: [...reports].sort((a, b) => a.day - b.day),
})

/** The rule as a person would say it, from the reports in force on a day. */
function metOn(day: number, item: Item, rule: Rule, sectors: readonly number[]): boolean {
  const inForce = item.reports.filter(
    (report) =>
      report.day <= day && (rule.listAgeDays === 0 || report.day > day - rule.listAgeDays),
  )
  const partners = [...new Set(inForce.map(({ partner }) => partner))]
  const together = partners
    .map((partner) => Math.min(3, inForce.filter((report) => report.partner === partner).length))
    .reduce((a, b) => a + b, 0)
  const from = new Set(partners.map((partner) => sectors[partner]))
  return partners.length >= rule.t && from.size >= rule.sectors && together >= rule.reports
}

describe('the reference computation', () => {
  it('finds what a day-by-day computation finds, on the same day', () => {
    fc.assert(
      fc.property(worlds, ({ sectors, items, everyDays, needed, ...rest }) => {
        const rule: Rule = {
          ...{ id: 'r', kind: 'iban', output: 'list', consumers: sectors.map((_, i) => i) },
          ...{ sectors: needed, t: rest.t, reports: rest.reports, listAgeDays: rest.listAgeDays },
        }
        const world = material(items.map(itemOf), sectors, 40)
        const rounds = Array.from({ length: 41 }, (_, day) => day).filter(
          (day) => day === 40 || day % everyDays === 0,
        )
        let [ever, final] = [0, 0]
        for (const item of world.items) {
          const day = rounds.find((round) => metOn(round, item, rule, sectors)) ?? null
          expect(firstMet(item, rule, world, sectorNumbers(world), everyDays)).toBe(day)
          if (day !== null) ever++
          if (metOn(40, item, rule, sectors)) final++
        }
        const found = evaluateRule(rule, world, parameterValues({ roundEveryDays: everyDays }))
        expect([found.ever, found.final]).toEqual([ever, final])
      }),
    )
  })

  it('counts a partner up to three times, however often it reports', () => {
    const rule = { t: 2, sectors: 1, reports: 5, listAgeDays: 0 }
    expect(isMet(rule, [9, 1], [0, 1])).toBe(false)
    expect(isMet(rule, [3, 2], [0, 1])).toBe(true)
    expect(isMet(rule, [9, 0], [0, 1])).toBe(false)
    expect(isMet({ ...rule, sectors: 2 }, [3, 3], [1, 1])).toBe(false)
  })

  it('tells pooling from a sector alone', () => {
    const items = [
      itemOf([{ day: 0, partner: 0 }], 0),
      itemOf([{ day: 3, partner: 1 }], 2),
      itemOf([], 4),
    ]
    const world = material(items, [0, 1], 10)
    const values = parameterValues({})
    expect(evaluatePool('iban', world, values).detected).toMatchObject({ count: 2, of: 3 })
    expect(evaluatePool('iban', world, values, 'bank').detected).toMatchObject({ count: 1, of: 3 })
    expect(evaluatePool('phone', world, values).detected).toMatchObject({ count: 0, share: null })
  })
})

describe('values of partners', () => {
  const rule: Rule = {
    ...{ id: 'r', kind: 'iban', t: 2, sectors: 1, reports: 0, listAgeDays: 0 },
    ...{ output: 'list', consumers: [] },
  }
  /** One item for each set of owners. */
  const owned = (...sets: readonly (readonly number[])[]) =>
    sets.map((owners, i) =>
      itemOf(
        owners.map((partner) => ({ day: 0, partner })),
        2 * i,
      ),
    )

  it('are the mean of what a partner adds over all orders', () => {
    fc.assert(
      fc.property(worlds, fc.constantFrom(0, 4), ({ sectors, items, t, listAgeDays }, reports) => {
        const tried = { ...rule, t, reports, listAgeDays }
        const world = material(items.map(itemOf), sectors, 40)
        const values = parameterValues({ roundEveryDays: 7 })
        const worth = (coalition: readonly number[]): number => {
          const only = world.items.map((item) => ({
            ...item,
            reports: item.reports.filter(({ partner }) => coalition.includes(partner)),
          }))
          // The rounds are those of the whole world: without a partner some have nothing new.
          return evaluateRule(tried, { ...world, items: only }, values).detected!.count
        }
        const orders = permutations(sectors.map((_, i) => i).slice(0, 4))
        const found = partnerValues(tried, world, values)
        const all = sectors.map((_, i) => i)
        found.forEach(({ lostWithout }, i) => {
          expect(lostWithout).toBe(worth(all) - worth(all.filter((other) => other !== i)))
        })
        const sum = found.reduce((total, { shapley }) => total + shapley!, 0)
        expect(sum).toBeCloseTo(worth(all), 9)
        if (sectors.length > 4) return
        found.forEach(({ shapley }, i) => {
          const added = orders.map((order) => {
            const before = order.slice(0, order.indexOf(i))
            return worth([...before, i]) - worth(before)
          })
          expect(shapley).toBeCloseTo(added.reduce((a, b) => a + b, 0) / orders.length, 9)
        })
      }),
      { numRuns: 40 },
    )
  })

  it('give equals the same, and nothing to who adds nothing', () => {
    const world = material(owned([0, 1], [0, 1], [0, 2], [3]), [0, 1, 2, 3], 0)
    const found = partnerValues(rule, world, parameterValues({}))
    expect(found.map(({ lostWithout }) => lostWithout)).toEqual([3, 2, 1, 0])
    expect(found.map(({ shapley }) => shapley)).toEqual([1.5, 1, 0.5, 0])
  })

  it('leave Shapley out beyond twelve partners', () => {
    const world = material(
      owned([0, 1]),
      Array.from({ length: 13 }, () => 0),
      0,
    )
    expect(partnerValues(rule, world, parameterValues({}))[0]).toMatchObject({
      lostWithout: 1,
      shapley: null,
    })
  })
})

describe('statistics', () => {
  // Newcombe 1998, Statistics in Medicine 17:857, table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('Wilson of %i in %i', (count, of, low, high) => {
    const found = proportion(count, of)
    expect(found.low).toBeCloseTo(low, 4)
    expect(found.high).toBeCloseTo(high, 4)
  })

  it('says nothing of nothing, and stays within 0 and 1', () => {
    expect(proportion(0, 0)).toEqual({ count: 0, of: 0, share: null, low: null, high: null })
    expect(proportion(5, 5)).toMatchObject({ share: 1, high: 1 })
    expect(quantiles([])).toBeNull()
    expect(quantiles([5, 1, 3])).toEqual({ count: 3, p10: 1, median: 3, p90: 5 })
    expect(entropy([])).toBe(0)
    expect(entropy([3, 0])).toBe(0)
    expect(entropy([2, 2])).toBe(1)
    expect(entropy([1, 1, 1, 1])).toBe(2)
  })
})

function permutations(list: readonly number[]): number[][] {
  if (list.length === 0) return [[]]
  return list.flatMap((first) =>
    permutations(list.filter((other) => other !== first)).map((rest) => [first, ...rest]),
  )
}
