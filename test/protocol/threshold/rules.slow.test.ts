/** Rules beyond a count, every combination of small numbers, and counts of more cells than one batch. */

import { expect, test } from 'vitest'
import { cellsOf, shownOf } from '../worlds/aggregates.ts'
import { expectExact, overlapping } from '../worlds/exactness.ts'
import { runRound } from '../worlds/round.ts'
import { bothOutputs, meets, randomHolding } from '../worlds/rules.ts'

const seed = process.env.SEED ?? String(Date.now())

const shapes = [2, 3, 4, 5, 6].flatMap((n) =>
  Array.from({ length: Math.min(n, 5) }, (_, i) => [n, i + 1] as const),
)

test.each(shapes)(`%i partners of %i sectors: every t, s and r, SEED=${seed}`, async (n, k) => {
  const world = randomHolding(n, k, `${seed}/${n}/${k}`)
  const rules = []
  for (let t = 2; t <= n; t++) {
    for (let minSectors = 2; minSectors <= k; minSectors++)
      rules.push(...bothOutputs({ t, minSectors }))
    for (let reports = t; reports <= 3 * n; reports++)
      rules.push(...bothOutputs({ t, reports }).slice(reports % 2, (reports % 2) + 1))
    if (k > 1) rules.push(...bothOutputs({ t, minSectors: 2, reports: t + 2 }))
  }
  const options = { sectors: world.sectors }
  const outcome = await runRound({ seed: `${seed}/${n}/${k}`, ...world, rules, options })
  expectExact(outcome, world.lists, rules, seed, meets(world))
})

test('twelve partners, 77 cells, histogram up to five or more', async () => {
  const sizes = Array.from({ length: 12 }, (_, i) => 30 + 3 * i)
  const lists = overlapping(sizes, 90, `${seed}/twelve`)
  for (const terms of [
    { show: 'both', minCell: 10 },
    { show: 'histogram', minCell: 10, upTo: 5 },
  ] as const) {
    const rules = [{ id: 'counted', t: 2, output: 'aggregates', aggregates: terms } as const]
    const { results } = await runRound({ seed: `${seed}/twelve`, lists, rules })
    const { histogram, overlaps } = results[0].aggregates.get('counted')!
    const opened = { histogram, overlaps: overlaps.map(({ count }) => count) }
    const upTo = terms.show === 'both' ? 12 : terms.upTo
    expect(opened, seed).toEqual(shownOf(cellsOf(lists, upTo), terms))
  }
})
