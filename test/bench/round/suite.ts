/**
 * Suite `round`: three compute nodes in three processes on loopback. The clock runs from all shares
 * received to all outputs opened, at the slowest node. Every result is compared with the answer
 * computed in the clear, which is also the peer: how much dearer is it not to see the lists?
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { utf8 } from '@drempel/protocol/encoding'
import { type Result, resultOf } from '../harness/results.ts'
import type { Mode, Suite } from '../harness/suite.ts'
import { type TurnLimits, takeTurns, timed } from '../harness/turns.ts'
import { Cluster } from './cluster.ts'
import { type Computed, now } from './messages.ts'
import { assertExact, prepareRound, type Round } from './partners.ts'
import { countInTheClear, synthetic, WORKLOADS, type Workload } from './workloads.ts'

const LIMITS: Record<Mode, TurnLimits> = {
  full: { seconds: 60, atLeast: 1, atMost: 15 },
  quick: { seconds: 36, atLeast: 1, atMost: 15 },
  smoke: { seconds: 0, atLeast: 1, atMost: 1 },
}

export const round: Suite = async ({ mode, say, custom }) => {
  const makers =
    custom === undefined
      ? WORKLOADS[mode]
      : [() => synthetic(custom.sizes, custom.t, custom.output, {})]
  const begin = performance.now()
  const results: Result[] = []
  for (const [i, make] of makers.entries()) {
    const limits = LIMITS[mode]
    // The quick suite as a whole has so much time, and what one workload leaves is the next one's.
    const passed = (performance.now() - begin) / 1000
    const left = mode === 'quick' ? (limits.seconds - passed) / (makers.length - i) : limits.seconds
    results.push(...(await runWorkload(make, { ...limits, seconds: left }, say)))
  }
  return results
}

async function runWorkload(
  make: () => Workload,
  limits: TurnLimits,
  say: (text: string) => void,
): Promise<Result[]> {
  const begin = performance.now()
  const folder = mkdtempSync(join(tmpdir(), 'drempel-bench-'))
  const erase = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', erase)
  // Forked before the lists are made, so that a fork copies little.
  const cluster = await Cluster.start()
  try {
    const workload = make()
    say(`round ${workload.name}: preparing`)
    const prepared = prepareRound(workload.lists, folder)
    const seconds = limits.seconds - (performance.now() - begin) / 1000
    return await measure(workload, prepared, cluster, folder, { ...limits, seconds }, say)
  } finally {
    await cluster.stop()
    erase()
    process.off('exit', erase)
  }
}

async function measure(
  { name, lists, rules, goals }: Workload,
  round: Round,
  cluster: Cluster,
  folder: string,
  limits: TurnLimits,
  say: (text: string) => void,
): Promise<Result[]> {
  const { plan } = round
  const { partners } = plan
  const loaded = await cluster.ask<'load'>(() => ({ ask: 'load', partners, rules, folder }))
  const { bins, rows, keyBits } = plan
  say(`round ${name}: computing; ${bins} bins of ${rows} rows, keys of ${keyBits} bits`)
  const counts = countInTheClear(lists)
  const runs: (readonly Computed[])[] = []
  const turns = await takeTurns(
    [
      {
        name: 'round',
        run: async () => {
          const sessionId = utf8(`bench ${runs.length}`)
          const begin = now()
          const computed = await cluster.ask<'compute'>(() => ({ ask: 'compute', sessionId }))
          runs.push(computed)
          assertExact(round, lists, rules, counts, computed)
          return (Math.max(...computed.map(({ endedAt }) => endedAt)) - begin) / 1000
        },
      },
      { name: 'clear', run: () => timed(() => countInTheClear(lists)) },
    ],
    limits,
  )

  const records = lists.reduce((sum, list) => sum + list.length, 0)
  const wall = turns.of('round')
  // Turns that did not count come first.
  const counted = runs.slice(-wall.length)
  const last = counted.at(-1)!
  const worst = (of: (node: Computed) => number) => [Math.max(...last.map(of))]
  const cpu = counted.map((nodes) => Math.max(...nodes.map(({ cpuSeconds }) => cpuSeconds)))
  const lower = (
    what: string,
    unit: string,
    goal: number | undefined,
    samples: readonly number[],
  ) =>
    resultOf(
      {
        name: `round ${name}: ${what}`,
        unit,
        better: 'lower',
        ...(goal === undefined ? {} : { goal }),
      },
      samples,
    )
  const theirs = turns.of('clear')
  return [
    lower('wall clock', 's', goals.seconds, wall),
    lower('processor time a node', 's', goals.cpuSeconds, cpu),
    lower(
      'payload a node',
      'MB',
      undefined,
      worst(({ stats }) => stats.bytesSent / 1e6),
    ),
    lower(
      'peak memory a node',
      'MiB',
      goals.peakMiB,
      worst((node) => node.peakMiB),
    ),
    lower(
      'ANDs a record',
      'ANDs',
      goals.andsPerRecord,
      worst(({ stats }) => stats.ands / records),
    ),
    lower(
      'messages one after another',
      'rounds',
      undefined,
      worst(({ stats }) => stats.rounds),
    ),
    lower('all partners prepare', 's', undefined, [round.prepareSeconds]),
    lower(
      'a node reads its shares',
      's',
      undefined,
      loaded.map(({ seconds }) => seconds),
    ),
    resultOf(
      {
        name: `round ${name}: wall clock against the clear`,
        unit: 'times',
        peer: 'counting in one Map',
        better: 'lower',
      },
      wall.map((seconds, turn) => seconds / theirs[turn]!),
    ),
  ]
}
