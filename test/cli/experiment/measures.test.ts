import { detectedBy } from '@drempel/cli/internal/experiment/clusters'
import { overlaps } from '@drempel/cli/internal/experiment/copies'
import { costs } from '@drempel/cli/internal/experiment/cost'
import { evaluatePool, evaluateRule } from '@drempel/cli/internal/experiment/evaluate'
import { bitsLearned } from '@drempel/cli/internal/experiment/information'
import { leastExposure } from '@drempel/cli/internal/experiment/less'
import type { Holder, Item, Material, Rule } from '@drempel/cli/internal/experiment/model'
import { parameterValues } from '@drempel/cli/internal/experiment/parameters'
import { axisFor } from '@drempel/cli/internal/experiment/report/axis'
import { decimal, percent, whole } from '@drempel/cli/internal/experiment/report/markup'
import type { Results } from '@drempel/cli/internal/experiment/results'
import { costSensitivityOf } from '@drempel/cli/internal/experiment/sensitivity'
import { designEffect, proportion } from '@drempel/cli/internal/experiment/statistics'
import { partnersCsv } from '@drempel/cli/internal/experiment/tables'
import { describe, expect, it } from 'vitest'

const VALUES = parameterValues({ roundEveryDays: 1, actDays: 1, effectiveness: 0.5 })
const RULE: Rule = {
  ...{ id: 'iban-t2', kind: 'iban', t: 2, sectors: 1, reports: 0, listAgeDays: 0 },
  ...{ output: 'list', consumers: [0, 1, 2, 3] },
}

/** Of each identifier: whose it is, and the days on which partners 0, 1, ... flagged it. */
function world(
  rows: readonly (readonly [Holder, ...(number | null)[]])[],
  victims: Material['victims'] = [],
): Material {
  const sectors = ['bank', 'bank', 'telecom', 'police'] as const
  const items = rows.map(([holder, ...days], i): Item => {
    const reports = days.flatMap((day, partner) => (day === null ? [] : [{ day, partner }]))
    return {
      ...{ kind: 'iban', value: `v${i}`, holder, campaigns: [] },
      reports: reports.sort((a, b) => a.day - b.day),
    }
  })
  return {
    partners: sectors.map((sector, i) => ({ id: `p${i}`, name: `P ${i}`, sector, weight: 1 })),
    ...{ items, victims, lastDay: 30, rejected: [] },
    ...{ dated: true, truth: true, sought: 'offenders' },
  }
}

const WORLD = world(
  [
    ['fraud', 2, 8],
    ['mule', 5, null, 5, 9],
    ['fraud', null, 3],
    ['fraud', null, null],
    ['innocent', 4, 6],
    ['victim', null, null, 1, 2],
    ['innocent', null, null, null, 7],
  ],
  [
    { day: 9, euro: 100, items: [0, 2] },
    { day: 10, euro: 100, items: [0] },
    { day: 20, euro: 100, items: [2] },
  ],
)

describe('what a rule finds', () => {
  const found = evaluateRule(RULE, WORLD, VALUES)

  it('is told by whose it is, and how early', () => {
    expect(found).toMatchObject({ ever: 4, final: 4, detected: { count: 2, of: 4 } })
    expect(found.holders).toMatchObject({ fraud: 1, mule: 1, victim: 1, innocent: 1 })
    expect(found.wrong).toMatchObject({ count: 2, of: 4, share: 0.5 })
    // 6, 0, 2 and 1 days after the first flag.
    expect(found.wait).toMatchObject({ count: 4, p10: 0, median: 1, p90: 6 })
    // The police would have flagged the mule's account four days later.
    expect(found.lead).toMatchObject({ count: 1, median: 4 })
  })

  it('counts who did nothing once for each partner that is told', () => {
    expect(found.exposures).toBe(8)
    const own = evaluateRule({ ...RULE, output: 'owners' }, WORLD, VALUES)
    expect(own.exposures).toBe(4)
    const some = evaluateRule({ ...RULE, consumers: [0] }, WORLD, VALUES)
    expect([some.exposures, some.newToConsumers]).toEqual([2, 1])
  })

  it('saves who comes after measures were taken, with their chance to work', () => {
    // Over on day 8, measures from day 9: the victim of day 10 alone.
    expect(found.saved).toEqual({ victims: 0.5, euro: 50, of: 3 })
    const late = evaluateRule(RULE, WORLD, { ...VALUES, actDays: 2 })
    expect(late.saved!.victims).toBe(0)
  })

  it('tells each partner what it knew and what it can know', () => {
    expect(found.knows).toEqual([
      { alone: 2, together: 2 },
      { alone: 2, together: 3 },
      { alone: 1, together: 2 },
      { alone: 1, together: 2 },
    ])
    const own = evaluateRule({ ...RULE, output: 'owners' }, WORLD, VALUES)
    for (const { alone, together } of own.knows) expect(together).toBe(alone)
  })
})

describe('what stands beside it', () => {
  it('has a sector wait from the first flag anywhere, not from its own', () => {
    // The police flag the mule's account on day 9, a bank did on day 5; day 2 is a day after telecom.
    expect(evaluatePool('iban', WORLD, VALUES, 'police').wait).toMatchObject({ p90: 4, median: 1 })
    expect(evaluatePool('iban', WORLD, VALUES).wait).toMatchObject({ p90: 0 })
  })

  it('counts all reports of one source, where a rule asks for so many', () => {
    const often = world([
      ['fraud', 2],
      ['fraud', 3],
    ])
    const [five] = often.items as [Item, Item]
    const reports = Array.from({ length: 5 }, (_, day) => ({ day, partner: 0 }))
    const there = { ...often, items: [{ ...five, reports }, often.items[1]!] }
    const found = (least: number) => evaluatePool('iban', there, VALUES, 'bank', least).ever
    expect([1, 2, 5, 6].map(found)).toEqual([2, 1, 1, 0])
    // Of several sources a rule counts three of each.
    expect(evaluateRule({ ...RULE, t: 1, reports: 5 }, there, VALUES).ever).toBe(0)
  })

  it('is what at least 1, 2, ... partners flagged of all that is sought', () => {
    expect(detectedBy('iban', WORLD)!.map(({ count, of }) => [count, of])).toEqual([
      ...[1, 2, 3, 4].map((t) => [[0, 3, 2, 1, 0][t], 4]),
    ])
    expect(detectedBy('iban', { ...WORLD, truth: false })).toBeNull()
  })
})

describe('intervals', () => {
  it('are wider for what is found or missed together', () => {
    const alone = [0, 1, 0, 1, 1, 0].map((count) => ({ count, of: 1 }))
    expect(designEffect(alone)).toBeCloseTo(1.2, 9)
    // Clusters of four that agree tell as little as one each, but for the small number of them.
    const agreed = alone.map(({ count }) => ({ count: 4 * count, of: 4 }))
    expect(designEffect(agreed)).toBeCloseTo(4.8, 9)
    expect([designEffect([]), designEffect([{ count: 3, of: 3 }])]).toEqual([1, 1])
    const [independent, clustered] = [proportion(12, 24), proportion(12, 24, 4)]
    expect(clustered).toMatchObject({ count: 12, of: 24, share: 0.5 })
    expect(clustered.low!).toBeCloseTo(proportion(3, 6).low!, 12)
    expect(clustered.high! - clustered.low!).toBeGreaterThan(independent.high! - independent.low!)
    expect(proportion(24, 24, 4)).toMatchObject({ share: 1, high: 1 })
    expect(proportion(0, 24, 4)).toMatchObject({ share: 0, low: 0 })
  })

  it('take what one campaign used for one another’s', () => {
    const rows = Array.from({ length: 20 }, (_, i) => ['fraud', 0, i < 10 ? 0 : null] as const)
    const there = world(rows)
    const items = there.items.map((item, i) => ({ ...item, campaigns: [Math.floor(i / 5)] }))
    const width = (material: Material) => {
      const { low, high } = evaluateRule(RULE, material, VALUES).detected!
      return high! - low!
    }
    expect(width({ ...there, items })).toBeGreaterThan(1.5 * width(there))
  })
})

describe('prices', () => {
  it('do to the costs what they say, each at either end', () => {
    const { rule, learns } = evaluateRule(RULE, WORLD, VALUES)
    const found = costSensitivityOf({ rule, learns }, WORLD, VALUES)
    const of = (name: string) => found.find(({ parameter }) => parameter === name)!
    const year = of('euroPerNodeYear')
    expect(year.high.euroYear - year.low.euroYear).toBeCloseTo(4 * 50_000, 6)
    expect(year.base.value).toBe(25_000)
    const staff = of('minutesPerHit')
    expect(staff.high.euroStaff / staff.low.euroStaff).toBeCloseTo(12, 9)
    expect(staff.high.euroYear).toBe(staff.low.euroYear)
    const two = { ...WORLD, partners: WORLD.partners.slice(0, 2) }
    expect(costSensitivityOf({ rule, learns }, two, VALUES)).toEqual([])
  })
})

describe('the same yield with less', () => {
  it('is the rule with least exposure that still finds enough', () => {
    const rules = [2, 3].flatMap((t) =>
      [1, 2].map((sectors) => ({ ...RULE, id: `t${t}-s${sectors}`, t, sectors })),
    )
    const found = rules.map((rule) => evaluateRule(rule, WORLD, VALUES))
    const pooling = evaluatePool('iban', WORLD, VALUES)
    // Pooling finds three; two partners find two of them, two sectors one without an innocent holder.
    const chosen = leastExposure(found, pooling, 0.3).map(({ wanted, rule }) => [wanted, rule])
    expect(chosen).toEqual([
      [0.25, 't3-s1'],
      [0.3, 't3-s1'],
      [0.5, 't2-s1'],
      [0.75, null],
      [0.9, null],
    ])
  })
})

describe('bits', () => {
  it('are those of the answers, and of who has what on one heap', () => {
    // Of partner 0's four flags two are over: a bit for each. Of others' four one is.
    const rows: Parameters<typeof world>[0] = [
      ['fraud', 0, 0],
      ['fraud', 0, null, 0],
      ['fraud', 0],
      ['fraud', 0],
      ['fraud', null, 0],
      ['fraud', null, 0, 0],
      ['fraud', null, null, 0],
      ['fraud', null, null, null, 0],
    ]
    const there = world(rows)
    const [first] = bitsLearned(evaluateRule(RULE, there, VALUES), there)
    expect(first).toEqual({
      ...{ partner: 'p0', own: 4, question: -(0.25 * Math.log2(0.25) + 0.75 * Math.log2(0.75)) },
      // Three patterns: with 1, with 2, and twice alone.
      ...{ pooled: 4 * 1.5, pooledOthers: 4 },
    })
    const owners = evaluateRule({ ...RULE, output: 'owners' }, there, VALUES)
    expect(bitsLearned(owners, there)[0]).toMatchObject({ own: 4, question: 0 })
    const others = evaluateRule({ ...RULE, consumers: [1] }, there, VALUES)
    expect(bitsLearned(others, there)[0]).toMatchObject({ own: 0, question: 0 })
  })
})

describe('costs', () => {
  it('grow with the list, and are more for who computes; with two partners there are none', () => {
    const none = WORLD.partners.map(() => 0)
    const [bank, second, telecom, police] = costs(RULE, none, WORLD, VALUES)!
    expect([bank, second, telecom, police].map((cost) => cost!.computes)).toEqual([
      ...[true, false, true, true],
    ])
    expect(bank!.bytesSent).toBeGreaterThan(2 * second!.bytesSent)
    const many = world(Array.from({ length: 10_000 }, () => ['fraud', 0] as const))
    const large = costs(RULE, none, many, VALUES)!
    expect(large[0]!.processorSeconds).toBeGreaterThan(5 * bank!.processorSeconds)
    const free = costs(RULE, none, WORLD, { ...VALUES, euroPerNodeYear: 0 })!
    expect(free[0]).toMatchObject({ euroStaff: 0 })
    expect(costs(RULE, [6, 0, 0, 0], WORLD, VALUES)![0]!.euroStaff).toBeGreaterThan(0)
    expect(free[0]!.euroYear).toBeCloseTo(365 * free[0]!.euro, 9)
    const two = { ...WORLD, partners: WORLD.partners.slice(0, 2) }
    expect(costs(RULE, none, two, VALUES)).toBeNull()
  })
})

describe('overlaps', () => {
  /** p1 has all forty of p0, from `lag` days later, and p2 half of its own ten. */
  const copied = (lag: number) =>
    world([
      ...Array.from({ length: 40 }, () => ['fraud', 5, 5 + lag] as const),
      ...Array.from({ length: 10 }, (_, i) => ['fraud', null, i < 5 ? 3 : null, 4] as const),
    ])
  const suspects = (material: Material) =>
    overlaps('iban', material).flatMap(({ list, other, suspect }) =>
      suspect ? [`${list} has ${other}`] : [],
    )

  it('suspect who comes later; both where days are not known', () => {
    expect(suspects(copied(2))).toEqual(['p1 has p0'])
    expect(suspects(copied(-2))).toEqual(['p0 has p1'])
    expect(suspects({ ...copied(0), dated: false })).toEqual(['p0 has p1', 'p1 has p0'])
  })

  it('suspect nobody for a few', () => {
    const few = world(Array.from({ length: 10 }, () => ['fraud', 5, 7] as const))
    expect(suspects(few)).toEqual([])
    expect(overlaps('iban', few)[0]).toMatchObject({ both: 10, contains: 1, containsRare: 1 })
  })
})

describe('tables for other programs', () => {
  it('have figures of nine digits, trailing zeros and what is not known left out', () => {
    const results = {
      experiment: { partners: [{ id: 'a' }] },
      kinds: [
        {
          rules: [
            {
              ...{ rule: { id: 'r' }, learns: [{ own: 7, ownOver: 0, others: 1 }] },
              bits: [{ own: 1 / 3, question: 2 / 3, pooled: 123_456.789_123_4, pooledOthers: 0.1 }],
              knows: [{ alone: 0, together: 2 }],
              costs: [
                { processorSeconds: 1.5, bytesSent: 3, euroYear: null, euroStaff: 0.1 + 0.2 },
              ],
            },
          ],
        },
      ],
    } as unknown as Results
    const [head, row] = partnersCsv(results).trimEnd().split('\n')
    expect(row).toBe('r,a,7,0,1,0.333333333,0.666666667,123456.789,0.1,0,2,1.5,3,,0.3')
    expect(row!.split(',')).toHaveLength(head!.split(',').length)
  })
})

describe('figures of the report', () => {
  it('are written as the language does, with any engine', () => {
    expect([whole(1_234_567, 'nl'), whole(1_234_567, 'en')]).toEqual(['1.234.567', '1,234,567'])
    expect([whole(-1_000, 'nl'), whole(999, 'en'), whole(-0.2, 'en')]).toEqual([
      '−1.000',
      '999',
      '0',
    ])
    expect([decimal(1234.56, 1, 'nl'), decimal(-0.04, 1, 'nl')]).toEqual(['1.234,6', '0,0'])
    expect([percent(0.1184, 'nl'), percent(null, 'en')]).toEqual(['11,8%', '–'])
  })

  it.each([
    [[0, 0.7], 0, 0.8],
    [[3, 97], 0, 100],
    [[-18, 12], -20, 20],
    [[0], 0, 1],
  ])('stand on an axis of round steps: %j', (values, from, to) => {
    const axis = axisFor(values, String)
    expect([axis.from, axis.to]).toEqual([from, expect.closeTo(to, 9)])
    expect(axis.ticks.length).toBeLessThan(9)
  })

  it.each([1, 2, 3, 11, 12, 13, 26])('has a whole number at each tick of a count: %i', (most) => {
    const labels = axisFor([most], (tick) => whole(tick, 'en')).ticks
    expect(labels.every(Number.isInteger), labels.join()).toBe(true)
  })
})
