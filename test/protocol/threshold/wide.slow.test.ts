import { expect, test } from 'vitest'
import { expectExact, overlapping, rulesFor } from '../worlds/exactness.ts'
import { runRound, upload } from '../worlds/round.ts'
import type { Adversary } from '../worlds/three.ts'

const seed = process.env.SEED ?? 'wide'

// So many records that nodes near each other compare most bits one after another.
const sizes = [100_000, 100_000, 100_000]
const lists = overlapping(sizes, 150_000, seed)
const rules = rulesFor([2]).filter(({ output }) => output === 'owners')
const uploaded = upload({ seed, lists, rules })

test.each([20, 50])('at a round trip of %i ms, knowing it saves time', async (roundTripMs) => {
  const measure = async (announced: number) => {
    // From the first message to the last: partners prepare before that.
    const times: number[] = []
    const adversary: Adversary = (message) => {
      times.push(performance.now())
      return message
    }
    const context = { roundTripMs: announced }
    const world = { seed, lists, rules, context, delayMs: roundTripMs / 2, room: 64, adversary }
    const outcome = await runRound(world, uploaded)
    expectExact(outcome, lists, rules, seed)
    return { ms: times.at(-1)! - times[0]!, rounds: outcome.results[0].stats.rounds }
  }
  const [unaware, aware] = [await measure(0.1), await measure(roundTripMs)]
  expect(aware.rounds).toBeLessThan(0.6 * unaware.rounds)
  expect(aware.ms).toBeLessThan(0.7 * unaware.ms)
})
