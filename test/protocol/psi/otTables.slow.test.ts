/** The bound on missing tables against tables that were tried, where missing ones are often enough seen. */

import { expect, it } from 'vitest'
import { insert } from '../../../packages/protocol/src/psi/ot/cuckoo.ts'
import { seededRandom } from '../random.ts'
import { missingTableBits, randomRecords } from './otAnalysis.ts'

it.each([
  [8, 12, 50_000],
  [8, 13, 50_000],
  [16, 24, 50_000],
])(
  '%i items in %i bins: tables are missing, no more often than the bound says',
  (items, bins, runs) => {
    const bound = 2 ** missingTableBits(items, bins)
    expect(bound).toBeLessThan(0.3)
    const missing = missingOf(runs, items, bins)
    expect(missing).toBeGreaterThan(0)
    expect(missing).toBeLessThan(bound)
  },
)

it('below the threshold of 1.0895 bins an item most tables are missing, and the bound is none', () => {
  expect(missingOf(100, 1000, 1080)).toBeGreaterThan(0.5)
  expect(missingOf(100, 1000, 1110)).toBeLessThan(0.2)
  expect(missingTableBits(1000, 1110)).toBeGreaterThan(0)
})

it('at a size in use none is missing', () => {
  expect(missingOf(500, 4096, 5366)).toBe(0)
})

/** The share of lists that have no table. */
function missingOf(runs: number, count: number, bins: number): number {
  const random = seededRandom(`${count} ${bins}`)
  let missing = 0
  for (let run = 0; run < runs; run++) {
    const records = randomRecords(count, bins, random)
    if (!insert(new Uint32Array(bins), records, 1, count + 1)) missing++
  }
  return missing / runs
}
