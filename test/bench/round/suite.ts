/**
 * Suite `round`: three compute nodes in three processes on loopback. The clock runs from all shares
 * received to all outputs opened, at the slowest node. Every result is compared with the answer
 * computed in the clear, which is also the peer: how much dearer is it not to see the lists?
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { utf8 } from '@drempel/protocol/encoding'
import type { RoundRule } from '@drempel/protocol/threshold'
import { type Result, resultOf } from '../harness/results.ts'
import type { CustomWorkload, Mode, Suite } from '../harness/suite.ts'
import { type TurnLimits, takeTurns, timed } from '../harness/turns.ts'
import { beyondCount } from './beyond.ts'
import { channels } from './channels.ts'
import { Cluster } from './cluster.ts'
import { type Computed, now } from './messages.ts'
import { assertExact, prepareRound, type Round } from './partners.ts'
import { preparing } from './preparing.ts'
import {
  countInTheClear,
  type Goals,
  LIST_GOAL,
  synthetic,
  WORKLOADS,
  type Workload,
} from './workloads.ts'

const LIMITS: Record<Mode, TurnLimits> = {
  full: { seconds: 180, atLeast: 1, atMost: 15 },
  quick: { seconds: 36, atLeast: 1, atMost: 15 },
  smoke: { seconds: 0, atLeast: 1, atMost: 1 },
}

/** A node answers checks while it computes. */
const HELD_UP_GOAL_MS = 50

export const round: Suite = async ({ mode, say, custom }) => {
  const makers = custom === undefined ? WORKLOADS[mode] : [() => ownWorkload(custom)]
  const begin = performance.now()
  const results: Result[] = []
  if (custom === undefined) {
    results.push(...(await channels(mode, say)), ...(await preparing(mode, say)))
  }
  for (const [i, make] of makers.entries()) {
    const limits = LIMITS[mode]
    // The quick suite as a whole has so much time, and what one workload leaves is the next one's.
    const passed = (performance.now() - begin) / 1000
    const left = mode === 'quick' ? (limits.seconds - passed) / (makers.length - i) : limits.seconds
    results.push(
      ...(await runWorkload(make, { ...limits, seconds: left }, custom?.parts ?? 1, say)),
    )
  }
  return results
}

function ownWorkload({ sizes, t, output, parts }: CustomWorkload): Workload {
  const workload =
    output === 'list' || output === 'owners'
      ? synthetic(sizes, t, { [output]: {} })
      : beyondCount(sizes, t, output)
  if (parts === 1) return workload
  const beside = workload.rounds.map((one) => ({
    ...one,
    label: `${one.label ?? one.rules[0]!.output} in ${parts} parts`,
    parts,
  }))
  return { ...workload, rounds: [...workload.rounds, ...beside] }
}

async function runWorkload(
  make: () => Workload,
  limits: TurnLimits,
  parts: number,
  say: (text: string) => void,
): Promise<Result[]> {
  const begin = performance.now()
  const run = async (prepared: Prepared) => {
    const passed = (performance.now() - begin) / 1000
    return await measure(prepared, { ...limits, seconds: limits.seconds - passed }, say)
  }
  return await withPrepared(make, say, run, { parts })
}

export type Prepared = {
  readonly workload: Workload
  readonly round: Round
  readonly cluster: Cluster
  /** Of each node, to read its shares. */
  readonly loadSeconds: readonly number[]
}

/** A cluster that has its shares of the workload's lists, for as long as `use` takes. */
export async function withPrepared<Value>(
  make: () => Workload,
  say: (text: string) => void,
  use: (prepared: Prepared) => Promise<Value>,
  { delayMs = 0, parts = 1 }: { readonly delayMs?: number; readonly parts?: number } = {},
): Promise<Value> {
  const folder = mkdtempSync(join(tmpdir(), 'drempel-bench-'))
  const erase = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', erase)
  // Forked before the lists are made, so that a fork copies little.
  const cluster = await Cluster.start(delayMs, parts)
  try {
    const workload = make()
    say(`round ${workload.name}: preparing`)
    const counts = workload.rounds.some(({ rules }) => rules.some(({ reports }) => reports))
    const round = prepareRound(workload.lists, folder, counts ? 2 : 0)
    const { partners, reportBits } = round.plan
    const loaded = await cluster.ask<'load'>(() => ({ ask: 'load', partners, reportBits, folder }))
    const loadSeconds = loaded.map(({ seconds }) => seconds)
    return await use({ workload, round, cluster, loadSeconds })
  } finally {
    await cluster.stop()
    erase()
    process.off('exit', erase)
  }
}

/** Runs one round and checks it. @returns what it took, and its seconds at the slowest node */
export async function runOnce(
  { cluster, round, workload }: Prepared,
  rules: readonly RoundRule[],
  counts: ReadonlyMap<string, number>,
  options: { roundTripMs?: number; parts?: number; onProgress?: (done: number) => void } = {},
): Promise<{ seconds: number; computed: readonly Computed[] }> {
  const { roundTripMs, parts = 1, onProgress } = options
  const pretend = roundTripMs === undefined ? {} : { roundTripMs }
  const begin = now()
  const sessionId = utf8(`bench ${begin}`)
  const computed = await cluster.ask<'compute'>(
    () => ({ ask: 'compute', sessionId, rules, parts, ...pretend }),
    onProgress,
  )
  assertExact(round, workload.lists, rules, counts, computed)
  const seconds = (Math.max(...computed.map(({ endedAt }) => endedAt)) - begin) / 1000
  return { seconds, computed }
}

async function measure(
  prepared: Prepared,
  limits: TurnLimits,
  say: (text: string) => void,
): Promise<Result[]> {
  const { workload, round } = prepared
  const { name, lists, rounds } = workload
  const { bins, rows, keyBits } = round.plan
  say(`round ${name}: ${bins} bins of ${rows} rows, keys of ${keyBits} bits`)
  const counts = countInTheClear(lists)
  const contenders = rounds.map(({ rules, goals, label: given, parts = 1 }) => {
    const [{ output }] = rules as [RoundRule]
    const label = `round ${name}, ${given ?? output}`
    const runs: (readonly Computed[])[] = []
    const run = async () => {
      const onProgress = (done: number) => say(`${label}: ${Math.round(100 * done)}%`)
      const { seconds, computed } = await runOnce(prepared, rules, counts, { parts, onProgress })
      runs.push(computed)
      return seconds
    }
    return { name: label, output, parts, goals, runs, run }
  })
  const turns = await takeTurns(
    [...contenders, { name: 'clear', run: () => timed(() => countInTheClear(lists)) }],
    limits,
  )

  const records = lists.reduce((sum, list) => sum + list.length, 0)
  const theirs = turns.of('clear')
  const results = contenders.flatMap(({ name: label, goals, runs }) => {
    const wall = turns.of(label)
    // Turns that did not count come first.
    return figures(label, goals, wall, runs.slice(-wall.length), records, theirs)
  })
  const only = (figure: string, unit: string, samples: readonly number[]) =>
    resultOf({ name: `round ${name}: ${figure}`, unit, better: 'lower' }, samples)
  results.push(
    only('all partners prepare', 's', [round.prepareSeconds]),
    only('a node reads its shares', 's', prepared.loadSeconds),
  )
  const [alone] = contenders
  for (const one of contenders.filter(({ parts }) => parts > 1)) {
    const against = (figure: string, of: (of: typeof one) => readonly number[]) => {
      const theirs = of(alone!)
      return resultOf(
        {
          name: `${one.name}: ${figure} against one`,
          ...{ unit: 'times', peer: 'one part', better: 'lower' as const },
        },
        of(one).map((cost, turn) => cost / theirs[turn]!),
      )
    }
    const counted = ({ name, runs }: typeof one) => runs.slice(-turns.of(name).length)
    results.push(
      against('wall clock', ({ name }) => turns.of(name)),
      against('processor time', (of) => cpuSeconds(counted(of))),
      against('busiest thread', (of) => busiestSeconds(counted(of))),
    )
  }
  const ofOutput = (wanted: RoundRule['output']) => {
    const one = contenders.find(({ output }) => output === wanted)
    if (one === undefined) return undefined
    const wall = turns.of(one.name)
    return { wall, cpu: cpuSeconds(one.runs.slice(-wall.length)) }
  }
  const owners = ofOutput('owners')
  const list = ofOutput('list')
  if (owners === undefined || list === undefined) return results
  const against = (figure: string, costs: readonly number[], theirs: readonly number[]) =>
    resultOf(
      {
        name: `round ${name}: list against owners, ${figure}`,
        unit: 'times',
        peer: 'output owners',
        better: 'lower',
        goal: LIST_GOAL,
      },
      costs.map((cost, turn) => cost / theirs[turn]!),
    )
  return [
    ...results,
    against('wall clock', list.wall, owners.wall),
    against('processor time', list.cpu, owners.cpu),
  ]
}

function figures(
  label: string,
  goals: Goals,
  wall: readonly number[],
  runs: readonly (readonly Computed[])[],
  records: number,
  clear: readonly number[],
): Result[] {
  const last = runs.at(-1)!
  const worst = (of: (node: Computed) => number) => [Math.max(...last.map(of))]
  const lower = (
    what: string,
    unit: string,
    goal: number | undefined,
    samples: readonly number[],
  ) =>
    resultOf(
      {
        name: `${label}: ${what}`,
        unit,
        better: 'lower',
        ...(goal === undefined ? {} : { goal }),
      },
      samples,
    )
  const sent = worst(({ stats }) => stats.bytesSent / 1e6)
  const peak = worst((node) => node.peakMiB)
  const heldUp = worst((node) => node.heldUpMs)
  const ands = worst(({ stats }) => stats.ands / records)
  const rounds = worst(({ stats }) => stats.rounds)
  return [
    lower('wall clock', 's', goals.seconds, wall),
    lower('processor time a node', 's', goals.cpuSeconds, cpuSeconds(runs)),
    ...(last[0]!.busiestSeconds === null
      ? []
      : [lower('busiest thread of a node', 's', undefined, busiestSeconds(runs))]),
    lower('payload a node', 'MB', undefined, sent),
    lower('peak memory a node', 'MiB', goals.peakMiB, peak),
    lower('event loop held up at most', 'ms', HELD_UP_GOAL_MS, heldUp),
    lower('ANDs a record', 'ANDs', goals.andsPerRecord, ands),
    lower('messages one after another', 'rounds', undefined, rounds),
    resultOf(
      {
        name: `${label}: wall clock against the clear`,
        unit: 'times',
        peer: 'counting in one Map',
        better: 'lower',
      },
      wall.map((seconds, turn) => seconds / clear[turn]!),
    ),
  ]
}

/** Of the node that needs most. */
function cpuSeconds(runs: readonly (readonly Computed[])[]): readonly number[] {
  return runs.map((nodes) => Math.max(...nodes.map((node) => node.cpuSeconds)))
}

/** The thread that holds up the node that waits longest for one. */
function busiestSeconds(runs: readonly (readonly Computed[])[]): readonly number[] {
  return runs.map((nodes) => Math.max(...nodes.map((node) => node.busiestSeconds ?? 0)))
}
