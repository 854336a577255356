import type { RoundRule } from '@drempel/protocol/threshold'
import { describe, expect, test } from 'vitest'
import { seededInts } from '../worlds/ciphers.ts'
import { expectedOver, type RoundOutcome, runRound } from '../worlds/round.ts'

const seed = process.env.SEED ?? 'exact'

/** All rules at once: lists and owners for every t. */
function allRules(most: number): RoundRule[] {
  const rules: RoundRule[] = []
  for (let t = 2; t <= most; t++) {
    rules.push({ id: `list${t}`, t, output: 'list' }, { id: `owners${t}`, t, output: 'owners' })
  }
  return rules
}

function expectExact(
  outcome: RoundOutcome,
  lists: readonly (readonly string[])[],
  rules: readonly RoundRule[],
): void {
  const { results, key } = outcome
  for (const result of results) expect(result.leftOut).toEqual([])
  expect(results[1].lists).toEqual(results[0].lists)
  expect(results[2].lists).toEqual(results[0].lists)
  for (const { id, t, output } of rules) {
    const over = expectedOver(lists, t)
    if (output === 'list') {
      expect(outcome.lists.get(id), `${seed} ${id}`).toEqual([...over].map(key).sort())
    } else {
      lists.forEach((list, partner) => {
        const answers = outcome.owners.get(id)!.get(partner)
        expect(answers, `${seed} ${id} ${partner}`).toEqual(list.map((value) => over.has(value)))
      })
    }
  }
}

/** Lists drawn from a small pool, so that every count of holders occurs; duplicates inside a list too. */
function overlapping(sizes: readonly number[], pool: number, name: string): string[][] {
  const below = seededInts(`${seed}/${name}`)
  return sizes.map((size) => Array.from({ length: size }, () => `v${below(pool)}`))
}

describe('exact results', () => {
  const shapes: [string, string[][]][] = [
    ['three lists of 0, 1 and 2', overlapping([0, 1, 2], 2, 'a')],
    ['all empty', [[], [], []]],
    ['four lists of 0, 1, 2, 3', overlapping([3, 0, 2, 1], 3, 'b')],
    ['all equal', Array.from({ length: 4 }, () => Array.from({ length: 37 }, (_, i) => `e${i}`))],
    [
      'all distinct',
      Array.from({ length: 3 }, (_, list) => Array.from({ length: 41 }, (_, i) => `d${list}.${i}`)),
    ],
    ['five random lists', overlapping([17, 100, 33, 64, 5], 60, 'c')],
    [
      'two groups of near-identical lists',
      Array.from({ length: 6 }, (_, list) =>
        Array.from({ length: 200 }, (_, i) => `g${list % 2}.${i === list ? 'own' : i}`),
      ),
    ],
  ]
  test.each(shapes)('%s', async (name, lists) => {
    const rules = allRules(Math.min(4, lists.length))
    const outcome = await runRound({ seed: `${seed}/${name}`, lists, rules })
    expectExact(outcome, lists, rules)
  })

  test('fifty to one in size', async () => {
    const lists = overlapping([1000, 20, 60, 20], 900, 'fifty')
    const rules = allRules(3)
    const outcome = await runRound({ seed: `${seed}/fifty`, lists, rules })
    expectExact(outcome, lists, rules)
  })

  test('twelve lists, t up to twelve', async () => {
    const lists = overlapping(
      Array.from({ length: 12 }, (_, i) => 5 + i),
      12,
      'twelve',
    )
    const rules: RoundRule[] = [2, 7, 12].flatMap((t) => [
      { id: `list${t}`, t, output: 'list' as const },
      { id: `owners${t}`, t, output: 'owners' as const },
    ])
    const outcome = await runRound({ seed: `${seed}/twelve`, lists, rules })
    expectExact(outcome, lists, rules)
  })
})
