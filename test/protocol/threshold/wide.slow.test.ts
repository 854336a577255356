import { expect, test } from 'vitest'
import { expectExact, overlapping, rulesFor } from '../worlds/exactness.ts'
import { runRound } from '../worlds/round.ts'

const seed = process.env.SEED ?? 'wide'

test.each([20, 50])('at a round trip of %i ms, knowing it saves time', async (roundTripMs) => {
  const lists = overlapping([40_000, 30_000, 30_000], 60_000, seed)
  const rules = rulesFor([2]).filter(({ output }) => output === 'owners')
  const measure = async (announced: number) => {
    const begin = performance.now()
    const context = { roundTripMs: announced }
    const world = { seed, lists, rules, context, delayMs: roundTripMs / 2, room: 64 }
    const outcome = await runRound(world)
    expectExact(outcome, lists, rules, seed)
    return { ms: performance.now() - begin, rounds: outcome.results[0].stats.rounds }
  }
  const [unaware, aware] = [await measure(0.1), await measure(roundTripMs)]
  expect(aware.rounds).toBeLessThan(0.6 * unaware.rounds)
  expect(aware.ms).toBeLessThan(0.7 * unaware.ms)
})
