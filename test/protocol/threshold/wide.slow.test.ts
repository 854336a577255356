import { expect, test } from 'vitest'
import { expectExact, overlapping, rulesFor } from '../worlds/exactness.ts'
import { runRound } from '../worlds/round.ts'

const seed = process.env.SEED ?? 'wide'

test.each([20, 50])(
  'at a round trip of %i ms, knowing it saves messages that wait',
  async (roundTripMs) => {
    const lists = overlapping([40_000, 30_000, 30_000], 60_000, seed)
    const rules = rulesFor([2]).filter(({ output }) => output === 'owners')
    const measure = async (announced: number) => {
      const context = { roundTripMs: announced }
      const world = { seed, lists, rules, context, delayMs: roundTripMs / 2, room: 64 }
      const outcome = await runRound(world)
      expectExact(outcome, lists, rules, seed)
      return outcome.results[0].stats.rounds
    }
    const [unaware, aware] = [await measure(0.1), await measure(roundTripMs)]
    expect(aware).toBeLessThan(0.75 * unaware)
  },
)
