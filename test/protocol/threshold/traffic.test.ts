import { computeBytes, paddedSize, planRound, type RoundRule } from '@drempel/protocol/threshold'
import { expect, test } from 'vitest'
import { runRound } from '../worlds/round.ts'

const counted = { show: 'both', minCell: 10, from: 1 } as const

test.each<[string, number, RoundRule[]]>([
  ['a list, and owners', 3, [rule('list'), { ...rule('owners'), id: 'own', t: 3 }]],
  ['sectors', 6, [{ ...rule('list'), t: 3, minSectors: 2 }]],
  ['reports', 6, [{ ...rule('list'), reports: 5 }]],
  ['counts', 6, [{ ...rule('aggregates'), aggregates: counted }]],
])('what a compute node sends is known before a round, to two percent: %s', async (_, n, rules) => {
  const lists = Array.from({ length: n }, (_, i) =>
    Array.from({ length: 300 * (1 + (i % 2)) }, (_, k) => (k % 9 === 0 ? `${k}` : `${i}.${k}`)),
  )
  const sectors = lists.map((_, i) => ['bank', 'telecom', 'platform'][i % 3]!)
  const sizes = lists.map((list) => paddedSize(list.length))
  const { plan, results } = await runRound({
    ...{ seed: 'traffic', lists, sizes, rules, options: { sectors } },
    reports: lists.map((list) => list.map((_, k) => 1 + (k % 3))),
  })
  const expected = computeBytes(plan, rules, sectors)
  for (const { stats } of results) {
    expect(stats.bytesSent / expected).toBeGreaterThan(0.98)
    expect(stats.bytesSent / expected).toBeLessThan(1.02)
  }
})

test.each([
  { partners: 4, t: 2 },
  { partners: 8, t: 2 },
  { partners: 8, t: 8 },
])('and by the formula of docs/BENCHMARKS.md: %j', ({ partners, t }) => {
  const ids = Array.from({ length: partners }, (_, i) => ({ id: `p${i}` }))
  const plan = planRound(ids.map((id) => ({ ...id, paddedSize: paddedSize(100_000) })))
  const [{ factor }] = plan.partners as [(typeof plan.partners)[number]]
  const [w, l, slots] = [plan.width, Math.log2(partners), plan.rows * plan.bins]
  const upTo = (x: number) => Math.ceil(Math.log2(x))
  const validation = w + 2 * upTo(factor * plan.base) + 3
  const merge = 2 * w * (3 * l + (l * (l + 1)) / 4)
  const scan = w + 2 * upTo(t)
  const ratio =
    computeBytes(plan, [{ ...rule('owners'), t }]) / ((slots / 8) * (validation + merge + scan))
  expect(Math.abs(ratio - 1)).toBeLessThan(0.02)
  expect(Math.abs(w - 2 * Math.log2(slots) - 34)).toBeLessThan(1)
})

function rule(output: RoundRule['output']): RoundRule {
  return { id: output, t: 2, output }
}
