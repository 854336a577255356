import { describe, expect, it } from 'vitest'
import { seededRandom } from '../protocol/random.ts'
import { CERTAIN, largestT, PROBABLE } from './welch.ts'

/**
 * Samples as a clock gives them: a few hundred nanoseconds of spread around 50 µs, one in twenty late
 * by up to a millisecond, and `slower` more for class 1.
 */
function samples(seed: string, count: number, slower: number) {
  const bytes = seededRandom(seed)(8 * count)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const classes = new Uint8Array(count)
  const nanoseconds = Float64Array.from({ length: count }, (_, i) => {
    const uniform = (at: number) => view.getUint16(8 * i + at) / 65_536
    classes[i] = bytes[8 * i]! & 1
    const spread = 300 * (uniform(2) + uniform(4))
    const late = uniform(6) < 0.05 ? 1e6 * uniform(2) : 0
    return 50_000 + spread + late + slower * classes[i]!
  })
  return largestT(nanoseconds, classes)
}

describe('the test for leaks', () => {
  it.each(['a', 'b', 'c'])('finds nothing where there is nothing (%s)', (seed) => {
    expect(samples(seed, 10_000, 0)).toBeLessThan(PROBABLE)
  })

  it.each([1, -1])(
    'finds %i × 40 ns in 50 µs under a long tail, that no mean would show',
    (sign) => {
      expect(samples('shifted', 10_000, sign * 40)).toBeGreaterThan(CERTAIN)
    },
  )

  it('says nothing of too few', () => {
    expect(samples('few', 60, 40_000)).toBe(0)
  })
})
