import { computeBytes, paddedSize, type RoundRule } from '@drempel/protocol/threshold'
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

function rule(output: RoundRule['output']): RoundRule {
  return { id: output, t: 2, output }
}
