import type { RoundPlan } from '@drempel/protocol/threshold'
import { describe, expect, test } from 'vitest'
import { expectExact, overlapping, randomLists, rulesFor } from '../worlds/exactness.ts'
import { expectedOver, runRound } from '../worlds/round.ts'
import type { Recorded } from '../worlds/three.ts'

const seed = process.env.SEED ?? String(Date.now())

describe(`exact results, SEED=${seed}`, () => {
  const shapes: [string, string[][]][] = [
    ['three lists of 0, 1 and 2', overlapping([0, 1, 2], 2, `${seed}/a`)],
    ['all empty', [[], [], []]],
    ['four lists of 3, 0, 2, 1', overlapping([3, 0, 2, 1], 3, `${seed}/b`)],
    ['all equal', Array.from({ length: 4 }, () => Array.from({ length: 37 }, (_, i) => `e${i}`))],
    [
      'all distinct',
      Array.from({ length: 3 }, (_, list) => Array.from({ length: 41 }, (_, i) => `d${list}.${i}`)),
    ],
    [
      'two groups of near-identical lists',
      Array.from({ length: 5 }, (_, list) =>
        Array.from({ length: 200 }, (_, i) => `g${list % 2}.${i === list ? 'own' : i}`),
      ),
    ],
    ['fifty to one in size', overlapping([1000, 20, 60, 20], 900, `${seed}/fifty`)],
    ['random lists', randomLists(`${seed}/random`, 5)],
  ]
  test.each(shapes)('%s', async (name, lists) => {
    const rules = rulesFor([2, lists.length])
    const outcome = await runRound({ seed: `${seed}/${name}`, lists, rules })
    expectExact(outcome, lists, rules, seed)
  })

  test('twelve lists', async () => {
    const lists = overlapping([...Array(12).keys()], 10, `${seed}/twelve`)
    const rules = [...rulesFor([2]), { id: 'seven', t: 7, output: 'owners' } as const]
    const outcome = await runRound({ seed: `${seed}/twelve`, lists, rules })
    expectExact(outcome, lists, rules, seed)
  })

  test.each([
    [256, 95],
    [512, 96],
  ])('%i bins, keys of %i bits, which end at a word or one bit before', async (bins, keyBits) => {
    const lists = overlapping([300, 200, 100], 150, `${seed}/shards`)
    const rules = rulesFor([2, 3])
    const binBits = Math.log2(bins)
    const bits = { bins, binBits, keyBits, width: keyBits - binBits, orderBits: keyBits - binBits }
    const plan = (made: RoundPlan) => ({ ...made, ...bits })
    const outcome = await runRound({ seed: `${seed}/shards`, lists, rules, plan })
    expectExact(outcome, lists, rules, seed)
    expect(expectedOver(lists, 3).size).toBeGreaterThan(0)
  })

  test.each([1, 12_000])('shards in groups of planes of %i bytes', async (planeBytes) => {
    const lists = overlapping([300, 200, 100], 150, `${seed}/groups`)
    const rules = rulesFor([2, 3])
    const plan = (made: RoundPlan) => {
      const width = made.keyBits - 9
      return { ...made, bins: 512, binBits: 9, width, orderBits: width }
    }
    const options = { planeBytes }
    const transcript: Recorded[] = []
    const world = { seed: `${seed}/groups`, lists, rules, plan, options, transcript }
    expectExact(await runRound(world), lists, rules, seed)
    const groups = new Set(transcript.map(({ step }) => /^group\d+/.exec(step)?.[0]))
    groups.delete(undefined)
    expect(groups.size).toBe(planeBytes === 1 ? 4 : 2)
  })

  test('a rule that nobody can meet gives an empty list', async () => {
    const lists = [['a'], ['a'], ['a']]
    const rules = [{ id: 'far', t: 400, output: 'list' } as const, ...rulesFor([4])]
    const outcome = await runRound({ seed: `${seed}/far`, lists, rules })
    expectExact(outcome, lists, rules, seed)
  })
})
