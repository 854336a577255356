/** Lists to try a round on, and what must come out, counted in the clear. */

import type { RoundRule } from '@drempel/protocol/threshold'
import { expect } from 'vitest'
import { seededInts } from './ciphers.ts'
import { expectedOver, type RoundOutcome } from './round.ts'

/** Lists and owners for every threshold, in one round. */
export function rulesFor(thresholds: readonly number[]): RoundRule[] {
  return thresholds.flatMap((t) => [
    { id: `list${t}`, t, output: 'list' as const },
    { id: `owners${t}`, t, output: 'owners' as const },
  ])
}

/** Drawn from a small pool, so that every count of holders occurs, and duplicates inside a list. */
export function overlapping(sizes: readonly number[], pool: number, seed: string): string[][] {
  const below = seededInts(seed)
  return sizes.map((size) => Array.from({ length: size }, () => `v${below(pool)}`))
}

/** A random round: 3 to 12 lists of mixed sizes, some near-identical, some duplicated. */
export function randomLists(seed: string, count?: number): string[][] {
  const below = seededInts(seed)
  const parties = count ?? 3 + below(10)
  const pool = 1 + below(200)
  const common = Array.from({ length: below(80) }, (_, i) => `common${i}`)
  return Array.from({ length: parties }, (_, list) => {
    const sizes = [0, 1, 2, 3, below(40), below(130), 64]
    const drawn = Array.from({ length: sizes[below(sizes.length)]! }, () => `v${below(pool)}`)
    const own = Array.from({ length: below(20) }, (_, i) => `own${list}.${i}`)
    return [...drawn, ...own, ...(below(2) === 0 ? common.filter(() => below(50) > 0) : [])]
  })
}

/**
 * @param seed goes into the message of a failure
 * @param meeting the values that meet a rule
 */
export function expectExact(
  outcome: RoundOutcome,
  lists: readonly (readonly string[])[],
  rules: readonly RoundRule[],
  seed: string,
  meeting = ({ t }: RoundRule): ReadonlySet<string> => expectedOver(lists, t),
): void {
  const { results, key } = outcome
  for (const result of results) expect(result.leftOut, seed).toEqual([])
  expect(results[1].lists, seed).toEqual(results[0].lists)
  expect(results[2].lists, seed).toEqual(results[0].lists)
  for (const rule of rules) {
    const { id, output } = rule
    const over = meeting(rule)
    if (output === 'list') {
      expect(outcome.lists.get(id), `seed ${seed}, ${id}`).toEqual([...over].map(key).sort())
      continue
    }
    lists.forEach((list, partner) => {
      const answers = outcome.owners.get(id)!.get(partner)
      const expected = list.map((value) => over.has(value))
      expect(answers, `seed ${seed}, ${id}, partner ${partner}`).toEqual(expected)
    })
  }
}
