/** Compute nodes that are far apart: they measure it, and take the comparison that waits less. */

import { expect, it } from 'vitest'
import { runOnce, withPrepared } from './round/suite.ts'
import { countInTheClear, synthetic } from './round/workloads.ts'

const ONE_WAY_MS = 20
/** What a node takes its neighbours to be at when they are near. */
const NEAR_MS = 0

it('a round over 40 ms links is faster for knowing it, and as exact', async () => {
  const make = () => synthetic([100_000, 100_000, 100_000], 2, { owners: {} })
  await withPrepared(
    make,
    () => {},
    async (prepared) => {
      for (const measured of prepared.cluster.roundTrips) {
        // Timers may be a millisecond early.
        expect(measured).toBeGreaterThan(2 * ONE_WAY_MS - 2)
        expect(measured).toBeLessThan(3 * ONE_WAY_MS)
      }
      const { lists, rounds } = prepared.workload
      const counts = countInTheClear(lists)
      const { rules } = rounds[0]!
      const run = async (options: { roundTripMs?: number }) => {
        const { seconds, computed } = await runOnce(prepared, rules, counts, options)
        return { seconds, ...computed[0]!.stats }
      }
      const far = await run({})
      const near = await run({ roundTripMs: NEAR_MS })
      expect(far.rounds).toBeLessThan(0.6 * near.rounds)
      expect(far.seconds).toBeLessThan(0.8 * near.seconds)
      // What the shorter wait costs.
      expect(far.bytesSent).toBeLessThan(2 * near.bytesSent)
      // The proxy does delay.
      expect(far.seconds).toBeGreaterThan((0.5 * far.rounds * ONE_WAY_MS) / 1000)
    },
    { delayMs: ONE_WAY_MS },
  )
})
