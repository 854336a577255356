import { andCount, paddedSize, planRound, type RoundPlan } from '@drempel/protocol/threshold'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'

const named = (sizes: readonly number[]) =>
  sizes.map((size, i) => ({ id: `p${i}`, paddedSize: size }))
const planOf = (sizes: readonly number[]) => planRound(named(sizes))
const andsPerRecord = (sizes: readonly number[]) =>
  andCount(planOf(sizes)) / sizes.reduce((sum, size) => sum + size, 0)

/** The bound of load.ts read forward with Math.exp: from load to the chance of a failed round. */
function failureBits({ partners, base, bins, window }: RoundPlan): number {
  let load = 0
  let slots = 0
  for (const { paddedSize, factor } of partners) {
    load = Math.max(load, paddedSize / (bins * factor * base))
    slots += factor * base * bins
  }
  let [low, high] = [0, 50]
  for (let turn = 0; turn < 100; turn++) {
    const theta = (low + high) / 2
    if (load * (Math.exp(theta) - 1) < theta) low = theta
    else high = theta
  }
  return (low * window) / Math.LN2 - Math.log2(slots)
}

const sizesOf = fc
  .array(fc.double({ min: 0, max: 20, noNaN: true }), { minLength: 1, maxLength: 12 })
  .map((powers) => powers.map((power) => Math.floor(2 ** power)))

describe('planRound', () => {
  it('keeps the chance that a record does not fit below 2^-30, and its fields in step', () => {
    fc.assert(
      fc.property(sizesOf, (sizes) => {
        const plan = planOf(sizes)
        const slots = plan.rows * plan.bins
        expect(failureBits(plan)).toBeGreaterThan(30)
        expect(plan.bins).toBe(2 ** plan.binBits)
        expect(plan.bins % 128).toBe(0)
        expect(plan.window).toBe(62)
        expect(plan.width).toBe(plan.keyBits - plan.binBits)
        expect(plan.keyBits).toBeGreaterThanOrEqual(2 * Math.log2(slots) + 41)
        expect(plan.keyBits).toBeLessThan(2 * Math.log2(slots) + 42.001)
        expect(plan.orderBits + plan.binBits).toBeGreaterThanOrEqual(2 * Math.log2(slots) + 21)
        expect(plan.orderBits).toBeLessThanOrEqual(plan.width)
        expect(plan.partners.map(({ paddedSize }) => paddedSize)).toEqual(sizes)
        for (const { factor, slots } of plan.partners) {
          expect(Number.isInteger(factor) && factor >= 1).toBe(true)
          expect(slots).toBe(factor * plan.base + plan.window)
        }
        expect(plan.rows).toBe(plan.partners.reduce((sum, { slots }) => sum + slots, 0))
      }),
      { numRuns: 60 },
    )
  })

  it('plans lists of no and of one record', () => {
    const plan = planOf([0, 0, 1])
    expect(plan.bins).toBe(128)
    expect(plan.rows).toBeLessThan(3 * 66)
  })

  it.each([
    ['33 equal lists', Array(33).fill(144_045), 5900],
    ['ten equal lists', Array(10).fill(100_000), 3500],
    ['three equal lists', Array(3).fill(100_000), 1620],
    ['the four lists of the demo', [4500, 8900, 56_000, 57_000], 2200],
    ['seven lists, 40 to 1', [192_000, 50_000, 30_000, 100_000, 20_000, 10_000, 5000], 2650],
  ])('takes no more ANDs a record than it should for %s', (_, sizes, most) => {
    expect(andsPerRecord(sizes)).toBeLessThan(most)
  })

  it('costs by the sum of the sizes, not by the largest', () => {
    const cost = (sizes: readonly number[]) => andCount(planOf(sizes))
    const mixed = cost([50_000, 50_000, 1000, 1000, 1000, 1000, 1000])
    expect(mixed).toBeLessThan(1.1 * cost(Array(7).fill(15_000)))
    expect(mixed).toBeLessThan(0.4 * cost(Array(7).fill(50_000)))
    expect(cost([50_000, 1000])).toBeLessThan(0.75 * cost([50_000, 50_000]))
  })

  it('cuts a large round into shards of bounded rows', () => {
    const plan = planOf(Array(33).fill(1_000_000))
    expect(plan.rows).toBeLessThanOrEqual(65_536)
    expect(plan.bins).toBeGreaterThan(128)
    const fullness = (33 * 1_000_000) / (plan.rows * plan.bins)
    expect(fullness).toBeGreaterThan(0.6)
  })

  it('plans 33 partners in less than a moment', () => {
    const sizes = Array.from({ length: 33 }, (_, i) => 2000 * (i + 1) ** 2)
    planOf(sizes)
    const before = performance.now()
    planOf(sizes)
    // 50 ms on a machine of its own; a busy one gets room.
    expect(performance.now() - before).toBeLessThan(500)
  })

  it.each([
    ['no partners', []],
    [
      'two of one id',
      [
        { id: 'a', paddedSize: 1 },
        { id: 'a', paddedSize: 2 },
      ],
    ],
    ['a negative size', [{ id: 'a', paddedSize: -1 }]],
    ['half a record', [{ id: 'a', paddedSize: 0.5 }]],
    ['no number', [{ id: 'a', paddedSize: Number.NaN }]],
    ['more than a round can hold', named(Array(12).fill(2 ** 31))],
  ])('refuses %s', (_, partners) => {
    expect(() => planRound(partners)).toThrow('BAD_PLAN')
  })
})

describe('the same plan on every engine', () => {
  const inexact = ['exp', 'expm1', 'log', 'log2', 'log10', 'log1p', 'pow', 'sqrt', 'cbrt'] as const

  afterEach(() => vi.restoreAllMocks())

  it('uses no function whose last digit an engine may choose', () => {
    for (const name of inexact) {
      vi.spyOn(Math, name).mockImplementation(() => {
        throw new Error(name)
      })
    }
    expect(planOf([12_345, 67_890, 999]).partners).toHaveLength(3)
  })

  it.each([
    [[0, 1, 2, 3], { bins: 128, width: 64, base: 1, factors: [1, 1, 1, 1] }],
    [[4500, 8900, 56_000, 57_000], { bins: 128, width: 70, base: 1, factors: [47, 92, 577, 588] }],
    [Array(33).fill(144_045), { bins: 128, width: 80, base: 1, factors: Array(33).fill(1534) }],
    [Array(10).fill(1_000_000), { bins: 512, width: 80, base: 1, factors: Array(10).fill(2678) }],
  ])('is pinned for %j', (sizes, { bins, width, base, factors }) => {
    const plan = planOf(sizes)
    expect(plan).toMatchObject({ bins, width, base })
    expect(plan.partners.map(({ factor }) => factor)).toEqual(factors)
  })
})

describe('paddedSize', () => {
  it('is never less than the size, at most 1/16 more, and itself a bucket', () => {
    fc.assert(
      fc.property(fc.integer({ min: 256, max: 2 ** 31 }), (count) => {
        const size = paddedSize(count)
        expect(size).toBeGreaterThanOrEqual(count)
        expect(size).toBeLessThanOrEqual(Math.ceil((count * 17) / 16))
        expect(paddedSize(size)).toBe(size)
      }),
    )
  })

  it('does not tell small lists apart', () => {
    expect([0, 1, 2, 255, 256].map(paddedSize)).toEqual(Array(5).fill(256))
  })

  it('grows with the size', () => {
    let before = 0
    for (let count = 0; count < 5000; count++) {
      expect(paddedSize(count)).toBeGreaterThanOrEqual(before)
      before = paddedSize(count)
    }
    expect([257, 272, 273, 57_000].map(paddedSize)).toEqual([272, 272, 288, 57_344])
  })
})
