import { slotBounds } from '@drempel/protocol/threshold'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shapedPlan } from './clear.ts'

const shapes = fc.record({
  base: fc.integer({ min: 1, max: 300 }),
  factor: fc.integer({ min: 1, max: 12 }),
  window: fc.integer({ min: 1, max: 70 }),
})

describe('slotBounds', () => {
  it('contain the honest range of every slot and add at most half a slot on either side', () => {
    fc.assert(
      fc.property(shapes, ({ base, factor, window }) => {
        const span = base * factor
        const { bits, lower, upper } = slotBounds(shapedPlan(base, [1, factor], window), 1)
        const steps = 2 ** bits
        expect(lower).toHaveLength(span + window)
        expect(upper).toHaveLength(span + window)
        for (let p = 0; p < span + window; p++) {
          const least = (p - window) / span
          const below = (p + 1) / span
          const low = lower[p]! < 0 ? 0 : lower[p]! / steps
          const high = upper[p]! < 0 ? 1 : (upper[p]! + 1) / steps
          const slack = [Math.max(0, least) - low, high - Math.min(1, below)]
          const fits = slack.every((by) => by >= 0 && by * span <= 0.5 + 1e-9)
          if (!fits) throw new Error(`slot ${p}: ${slack}`)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('bound nothing below 0 or above 1', () => {
    const { bits, lower, upper } = slotBounds(shapedPlan(8, [1]), 0)
    expect(bits).toBe(4)
    expect([...lower]).toEqual([...Array(63).fill(-1), 2, 4, 6, 8, 10, 12, 14])
    expect([...upper]).toEqual([1, 3, 5, 7, 9, 11, 13, ...Array(63).fill(-1)])
  })

  it('never forbid everything and never fall from slot to slot', () => {
    fc.assert(
      fc.property(shapes, ({ base, factor, window }) => {
        const { bits, lower, upper } = slotBounds(shapedPlan(base, [factor], window), 0)
        for (let p = 0; p < lower.length; p++) {
          const high = upper[p]! < 0 ? 2 ** bits - 1 : upper[p]!
          const falls =
            p > 0 && (lower[p]! < lower[p - 1]! || (upper[p]! >= 0 && upper[p]! < upper[p - 1]!))
          if (lower[p]! > high || falls) throw new Error(`slot ${p}`)
        }
      }),
      { numRuns: 50 },
    )
  })
})
