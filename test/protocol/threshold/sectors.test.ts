import { describe, expect, test } from 'vitest'
import { expectExact, rulesFor } from '../worlds/exactness.ts'
import { runRound } from '../worlds/round.ts'
import { bothOutputs, meets, randomHolding } from '../worlds/rules.ts'
import type { Recorded } from '../worlds/three.ts'

const seed = process.env.SEED ?? String(Date.now())

describe(`at least t partners from at least s sectors, SEED=${seed}`, () => {
  test.each([
    [3, 1],
    [4, 4],
    [7, 3],
  ])('%i partners of %i sectors: every t and s, one that nobody meets too', async (n, k) => {
    const world = randomHolding(n, k, `${seed}/${n}/${k}`)
    const rules = Array.from({ length: n }, (_, i) =>
      Array.from({ length: k }, (_, j) => bothOutputs({ t: i + 2, minSectors: j + 2 })),
    ).flat(2)
    const options = { sectors: world.sectors }
    const outcome = await runRound({ seed: `${seed}/${n}`, ...world, rules, options })
    const meeting = meets(world)
    expectExact(outcome, world.lists, rules, seed, meeting)
    expect(meeting({ id: '', output: 'list', t: 2, minSectors: k }).size).toBeGreaterThan(0)
  })

  test('beside rules that only count, and several groups of shards', async () => {
    const world = randomHolding(4, 2, `${seed}/beside`)
    const rules = [...rulesFor([2]), ...bothOutputs({ t: 3, minSectors: 2 }), ...rulesFor([3])]
    const outcome = await runRound({
      seed: `${seed}/beside`,
      ...world,
      rules,
      options: { sectors: world.sectors, planeBytes: 1 },
      plan: (made) => {
        const width = made.keyBits - 8
        return { ...made, bins: 256, binBits: 8, width, orderBits: width }
      },
    })
    expectExact(outcome, world.lists, rules, seed, meets(world))
  })

  test('a partner whose list is left out brings no sector', async () => {
    const lists = [['x'], ['x'], ['x', 'y'], ['y']]
    const sectors = ['bank', 'bank', 'telecom', 'police']
    const rules = bothOutputs({ t: 2, minSectors: 2 })
    const outcome = await runRound({
      seed,
      lists,
      rules,
      options: { sectors },
      upload: (partner, _, upload) => (partner === 2 ? undefined : upload),
    })
    expect(outcome.results[0].leftOut).toEqual([{ partner: 2, reason: 'NO_INPUT' }])
    expect(outcome.lists.get(rules[0]!.id)).toEqual([])
  })
})

test('the shape of messages follows from sectors and sizes, not from who holds what', async () => {
  const rules = bothOutputs({ t: 2, minSectors: 2 })
  const shapeOf = async (lists: readonly (readonly string[])[]) => {
    const transcript: Recorded[] = []
    const options = { sectors: ['bank', 'bank', 'telecom'] }
    await runRound({ seed: 'shape', lists, sizes: [9, 9, 9], rules, options, transcript })
    return [0, 1, 2].map((from) =>
      transcript.filter((m) => m.from === from).map(({ to, step, length }) => [to, step, length]),
    )
  }
  const one = await shapeOf([['x', 'a'], ['a'], ['x']])
  const other = await shapeOf([['a'], ['x', 'a', 'b'], ['x', 'c', 'd', 'e']])
  expect(other).toEqual(one)
})

test('sectors that are missing, too many or no rule are refused', async () => {
  const lists = [['x'], ['x'], ['x']]
  const run = (minSectors: number, sectors?: readonly string[]) =>
    runRound({
      seed,
      lists,
      rules: bothOutputs({ t: 2, minSectors }),
      options: sectors === undefined ? {} : { sectors },
    })
  await expect(run(2)).rejects.toThrow(/BAD_RULE/)
  await expect(run(2, ['bank', 'telecom'])).rejects.toThrow(/BAD_RULE/)
  await expect(run(1, ['bank', 'telecom', 'police'])).rejects.toThrow(/BAD_RULE/)
  await expect(run(1.5, ['bank', 'telecom', 'police'])).rejects.toThrow(/BAD_RULE/)
})

test('nodes that have partners in different sectors do not start', async () => {
  const sectors = ['bank', 'bank', 'telecom']
  const other = ['bank', 'police', 'telecom']
  await expect(
    runRound({
      seed,
      lists: [['x'], ['x'], ['x']],
      rules: bothOutputs({ t: 2, minSectors: 2 }),
      options: { sectors },
      optionsAt: (party) => (party === 1 ? { sectors: other } : {}),
    }),
  ).rejects.toThrow(/SESSION_MISMATCH/)
})
