import { type MergeNode, mergeNetwork, planRound } from '@drempel/protocol/threshold'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededInts } from '../worlds/ciphers.ts'
import { listsOf, mergesOf, shapedPlan } from './clear.ts'
import {
  allowedWindows,
  alwaysSwapping,
  everyAlignment,
  someAlignments,
  zeroOneTest,
} from './zero-one.ts'

const seed = process.env.SEED ?? 'network'
const all = (count: number) => Array.from({ length: count }, (_, i) => i)

function networkOf(base: number, factors: readonly number[], window?: number) {
  const plan = shapedPlan(base, factors, window)
  return { plan, network: mergeNetwork(plan, all(factors.length)) }
}

describe('the shape of the network', () => {
  const shapes = fc.record({
    base: fc.integer({ min: 1, max: 60 }),
    factors: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 9 }),
  })

  it('holds every list once, every row of both sides once, and no row twice in a layer', () => {
    fc.assert(
      fc.property(shapes, ({ base, factors }) => {
        const { plan, network } = networkOf(base, factors)
        expect(listsOf(network).sort((a, b) => a - b)).toEqual(all(factors.length))
        expect(network.rows).toBe(plan.rows)
        for (const merge of mergesOf(network)) expectWellFormed(merge)
      }),
      { numRuns: 15 },
    )
  })

  it('keeps a list whole and a single list as it is', () => {
    const { network } = networkOf(10, [5])
    expect(network).toEqual({ kind: 'list', partner: 0, rows: 112 })
  })

  it('leaves out the partners that failed validation', () => {
    const plan = shapedPlan(40, [1, 2, 1, 3])
    const network = mergeNetwork(plan, [0, 3])
    expect(listsOf(network).sort()).toEqual([0, 3])
    expect(network.rows).toBe(40 + 62 + 120 + 62)
  })

  it('depends on sizes alone: the same plan gives the same network', () => {
    const sizes = [300, 5000, 700, 60_000].map((paddedSize, i) => ({ id: `p${i}`, paddedSize }))
    const renamed = sizes.map(({ paddedSize }, i) => ({ id: `other${i}`, paddedSize }))
    expect(mergeNetwork(planRound(sizes), all(4))).toEqual(mergeNetwork(planRound(renamed), all(4)))
  })
})

function expectWellFormed(merge: MergeNode & { kind: 'merge' }): void {
  const taken = { left: new Uint8Array(merge.left.rows), right: new Uint8Array(merge.right.rows) }
  let filled = 0
  for (const { from, start, count } of merge.layout) {
    filled += count
    if (from === 'ones') continue
    for (let row = start; row < start + count; row++) taken[from][row]!++
  }
  expect(filled).toBe(merge.size)
  expect(merge.rows).toBe(merge.left.rows + merge.right.rows)
  expect([...taken.left, ...taken.right].every((times) => times === 1)).toBe(true)
  for (const layer of merge.layers) {
    const used = new Uint8Array(merge.size)
    for (const { low, high, count } of layer) {
      expect(low).toBeLessThan(high)
      for (let k = 0; k < count; k++) {
        used[low + k]!++
        used[high + k]!++
      }
    }
    expect(used.every((times) => times <= 1)).toBe(true)
  }
}

describe('the 0-1 test', () => {
  it.each([
    [20, [1, 1]],
    [97, [1, 1]],
    [100, [1, 1, 1]],
    [1, [1, 1, 1]],
    [2, [1, 5]],
    [3, [4, 4]],
    [50, [1, 7]],
    [17, [5, 6, 7]],
  ])('passes for every allowed alignment at base %i, factors %j', (base, factors) => {
    const { plan, network } = networkOf(base, factors)
    for (const merge of mergesOf(network)) {
      const result = zeroOneTest(merge, everyAlignment(allowedWindows(plan, merge)))
      expect(result.unsorted).toBeUndefined()
      expect(result.tried).toBeGreaterThan(1000)
    }
  })

  it.each([
    [20, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
    [1, [48, 95, 591]],
    [3, [260, 1]],
    [33, [2, 3, 4, 5, 1]],
    [64, [4, 1, 1, 1, 1]],
  ])('passes for the edges of every window at base %i, factors %j', (base, factors) => {
    const { plan, network } = networkOf(base, factors)
    for (const merge of mergesOf(network)) {
      const some = someAlignments(allowedWindows(plan, merge), 2, seededInts(`${seed}/${base}`))
      expect(zeroOneTest(merge, some).unsorted, seed).toBeUndefined()
    }
  })

  it.each([
    [20, [1, 1]],
    [97, [1, 2]],
    [50, [1, 7]],
  ])('shows that no comparator always swaps at base %i, factors %j', (base, factors) => {
    const { plan, network } = networkOf(base, factors)
    for (const merge of mergesOf(network)) {
      const windows = allowedWindows(plan, merge)
      expect(alwaysSwapping(merge, everyAlignment(windows))).toEqual([])
    }
  })

  it('finds a network without one of its layers', () => {
    const { plan, network } = networkOf(97, [1, 2])
    const merge = mergesOf(network).at(-1)!
    const windows = allowedWindows(plan, merge)
    for (const missing of merge.layers.keys()) {
      const layers = merge.layers.filter((_, i) => i !== missing)
      const result = zeroOneTest({ ...merge, layers }, everyAlignment(windows))
      expect(result.unsorted, `layer ${missing}`).toBeDefined()
    }
  })

  it('finds lists that stand further apart than validation allows', () => {
    const { plan, network } = networkOf(200, [1, 1])
    const merge = mergesOf(network).at(-1)!
    const shifted = allowedWindows(plan, merge).map(({ left, right }) => {
      const rows = Math.min(right[1] + 20, merge.right.rows)
      return { left, right: [right[0], rows] as const }
    })
    expect(zeroOneTest(merge, everyAlignment(shifted)).unsorted).toBeDefined()
  })
})
