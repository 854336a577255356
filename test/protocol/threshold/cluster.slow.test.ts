import type { RoundPlan } from '@drempel/protocol/threshold'
import { expect, test } from 'vitest'
import { writeCell } from '../worlds/cells.ts'
import { expectedOver, type Lie, runRound, upload } from '../worlds/round.ts'

const rules = [{ id: 'list', t: 2, output: 'list' }] as const
const lists = [0, 1, 2].map((partner) =>
  Array.from({ length: 20_000 }, (_, i) =>
    i % 2 === 0 && partner > 0 ? `both${i}` : `own${partner}.${i}`,
  ),
)
const clusters: [string, (plan: RoundPlan, slot: number) => bigint][] = [
  ['at the bottom', (_, slot) => BigInt(slot)],
  ['near the top', (plan, slot) => (255n << BigInt(plan.width - 8)) + BigInt(slot)],
  ['in the middle', (plan, slot) => (1n << BigInt(plan.width - 1)) + BigInt(slot)],
]

test.each(clusters)('a list clustered %s is harmless only with the bounds check', async (_, x) => {
  const lie: Lie = (prepared, plan) => {
    if (prepared.partner !== 0) return prepared
    const list = { ...prepared, planes: prepared.planes.slice() }
    for (let bin = 0; bin < plan.bins; bin++)
      for (let slot = 0; slot < plan.partners[0]!.slots; slot++)
        writeCell(plan, list, bin, slot, x(plan, slot))
    return list
  }
  const over = expectedOver(lists.slice(1), 2)
  const unchecked = { checks: { bounds: false } }
  const world = { seed: 'cluster', lists, rules, lie }
  const uploaded = upload(world)
  const open = await runRound({ ...world, options: unchecked }, uploaded)
  expect(open.lists.get('list')!.length).toBeLessThan(0.75 * over.size)
  const outcome = await runRound(world, uploaded)
  expect(outcome.results[0].leftOut).toEqual([{ partner: 0, reason: 'INVALID_LIST' }])
  expect(outcome.lists.get('list')).toEqual([...over].map(outcome.key).sort())
})
