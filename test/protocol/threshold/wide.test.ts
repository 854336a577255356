import { MAX_PAYLOAD } from '@drempel/protocol/mpc'
import { mergeNetwork, scheduleOf } from '@drempel/protocol/threshold'
import { describe, expect, test } from 'vitest'
// Not for users of the layer.
import { blocksFor } from '../../../packages/protocol/src/threshold/blocks.ts'
import { expectExact, overlapping, rulesFor } from '../worlds/exactness.ts'
import { type RoundWorld, runRound } from '../worlds/round.ts'
import type { Recorded } from '../worlds/three.ts'

const seed = process.env.SEED ?? 'wide'
const lists = overlapping([60, 45, 30], 40, seed)
const rules = rulesFor([2, 3])

async function run(world: Partial<RoundWorld>) {
  const transcript: Recorded[] = []
  const outcome = await runRound({ seed, lists, rules, transcript, ...world })
  expectExact(outcome, lists, rules, seed)
  return { ...outcome, ...outcome.results[0].stats, transcript }
}

const at = (roundTripMs: number) => ({ context: { roundTripMs } })

describe('a round between nodes far apart', () => {
  test('takes few message rounds a step, for the same results', async () => {
    const [near, far] = [await run(at(0)), await run(at(40))]
    const network = mergeNetwork(far.plan, [0, 1, 2])
    const steps = scheduleOf(network).steps.length
    const swaps = 2 * steps
    // Beside the merge: validation, scan, the shuffle and openings.
    expect(far.rounds).toBeLessThan(steps * 9 + swaps + 90)
    expect(far.rounds).toBeLessThan(near.rounds)
    expect(far.bytesSent).toBeGreaterThan(near.bytesSent)
    expect(far.bytesSent).toBeLessThan(1.9 * near.bytesSent)
    expect(far.lists).toEqual(near.lists)
    expect(far.owners).toEqual(near.owners)
    for (const { length } of far.transcript) expect(length).toBeLessThanOrEqual(MAX_PAYLOAD)
  })

  test('goes by the longest round trip that any of the three has measured', async () => {
    const far = await run(at(40))
    for (const node of [0, 1, 2]) {
      const one = await run({ contextAt: (party) => ({ roundTripMs: party === node ? 40 : 1 }) })
      expect(one.rounds).toBe(far.rounds)
      expect(one.bytesSent).toBe(far.bytesSent)
    }
  })

  test.each([Number.NaN, -1, 0, Number.POSITIVE_INFINITY])(
    'works with a measurement of %d',
    async (roundTripMs) => {
      await run(at(roundTripMs))
    },
  )
})

test('the plain kernel gives the same messages and results as SIMD', async () => {
  const fast = await run({})
  const plain = await run({ context: { simd: false } })
  const mixed = await run({ contextAt: (party) => ({ simd: party === 1 }) })
  for (const other of [plain, mixed]) {
    expect(other.transcript.length).toBe(fast.transcript.length)
    expect(other.lists).toEqual(fast.lists)
    expect(other.results.map(({ owners }) => owners)).toEqual(
      fast.results.map(({ owners }) => owners),
    )
  }
})

describe('the choice of blocks', () => {
  test('is one for much data near by, many for little data far away, and never the other way round', () => {
    expect(blocksFor(75, 1 << 20, 0.2)).toBe(1)
    expect(blocksFor(75, 256, 50)).toBe(32)
    for (const words of [64, 4096, 1 << 18]) {
      const choices = [0.1, 1, 5, 20, 100].map((ms) => blocksFor(75, words, ms))
      expect(choices).toEqual([...choices].sort((a, b) => a - b))
    }
    for (const ms of [0.1, 1, 20, 100]) {
      const choices = [64, 4096, 1 << 18].map((words) => blocksFor(75, words, ms))
      expect(choices).toEqual([...choices].sort((a, b) => b - a))
    }
  })

  test('holds for keys of any width', () => {
    for (let bits = 1; bits <= 128; bits++) {
      for (const ms of [0.1, 10, 1000]) {
        const blocks = blocksFor(bits, 1000, ms)
        expect(Math.ceil(bits / Math.ceil(bits / blocks))).toBeLessThanOrEqual(blocks)
      }
    }
  })
})
