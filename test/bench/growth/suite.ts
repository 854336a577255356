/**
 * Suite `growth`: how the cost of a round follows the number of records, the threshold and the number
 * of partners, one of them varied at a time. The same clusters and checks as suite `round`.
 */

import { type Result, resultOf } from '../harness/results.ts'
import type { Mode, Suite } from '../harness/suite.ts'
import { takeTurns } from '../harness/turns.ts'
import type { Computed } from '../round/messages.ts'
import { type Prepared, runOnce, withPrepared } from '../round/suite.ts'
import { alike, countInTheClear, synthetic } from '../round/workloads.ts'

type Sizes = {
  /** Records of each of four partners. */
  readonly lists: readonly number[]
  readonly thresholds: readonly number[]
  /** Numbers of partners that share one total of records. */
  readonly partners: readonly number[]
  readonly total: number
  /** Records of each of eight partners, for the thresholds. */
  readonly list: number
  readonly turns: number
}

const SIZES: Record<Mode, Sizes> = {
  full: {
    lists: [6_250, 12_500, 25_000, 50_000, 100_000],
    thresholds: [2, 3, 4, 5, 6, 7, 8],
    partners: [3, 5, 9, 17, 33],
    total: 330_000,
    list: 25_000,
    turns: 3,
  },
  quick: {
    lists: [2_500, 5_000, 10_000],
    thresholds: [2, 4, 8],
    partners: [3, 9, 27],
    total: 54_000,
    list: 5_000,
    turns: 1,
  },
  smoke: { lists: [300], thresholds: [2], partners: [3], total: 600, list: 200, turns: 1 },
}

type Place = { readonly chart: string; readonly x: number; readonly name: string }

export const growth: Suite = async ({ mode, say }) => {
  const { lists, thresholds, partners, total, list, turns } = SIZES[mode]
  const results: Result[] = []
  const run = async (place: Place, sizes: readonly number[], t: number) => {
    const make = () => synthetic(sizes, t, { owners: {} })
    results.push(...(await withPrepared(make, say, (prepared) => measure(prepared, place, turns))))
  }
  for (const size of lists) {
    const name = `four partners, ${(4 * size).toLocaleString('en')} records`
    await run({ chart: 'records', x: 4 * size, name }, alike(4, size), 2)
  }
  for (const t of thresholds) {
    await run({ chart: 'threshold', x: t, name: `eight partners, t = ${t}` }, alike(8, list), t)
  }
  for (const n of partners) {
    const name = `${total.toLocaleString('en')} records of ${n} partners`
    await run({ chart: 'partners', x: n, name }, alike(n, Math.round(total / n)), 3)
  }
  return results
}

async function measure(prepared: Prepared, place: Place, atMost: number): Promise<Result[]> {
  const { workload } = prepared
  const [{ rules }] = workload.rounds as [(typeof workload.rounds)[number]]
  const counts = countInTheClear(workload.lists)
  const runs: (readonly Computed[])[] = []
  const run = async () => {
    const { seconds, computed } = await runOnce(prepared, rules, counts)
    runs.push(computed)
    return seconds
  }
  const turns = await takeTurns([{ name: 'round', run }], { seconds: 60, atLeast: 1, atMost })
  const wall = turns.of('round')
  const counted = runs.slice(-wall.length)
  const records = workload.lists.reduce((sum, list) => sum + list.length, 0)
  const worst = (nodes: readonly Computed[], of: (node: Computed) => number) =>
    Math.max(...nodes.map(of))
  const figure = (series: string, unit: string, samples: readonly number[]) =>
    resultOf(
      {
        name: `growth, ${place.name}: ${series}`,
        unit,
        better: 'lower',
        point: { chart: place.chart, series, x: place.x },
      },
      samples,
    )
  return [
    figure('wall clock', 's', wall),
    figure(
      'processor time a node',
      's',
      counted.map((nodes) => worst(nodes, (node) => node.cpuSeconds)),
    ),
    figure(
      'payload a node',
      'MB',
      counted.map((nodes) => worst(nodes, ({ stats }) => stats.bytesSent / 1e6)),
    ),
    figure(
      'ANDs a record',
      'ANDs',
      counted.map((nodes) => worst(nodes, ({ stats }) => stats.ands / records)),
    ),
    figure(
      'processor time a record',
      'us',
      counted.map((nodes) => worst(nodes, (node) => (1e6 * node.cpuSeconds) / records)),
    ),
  ]
}
