/**
 * Suite `psi`: two parties in two processes on loopback intersect two lists. The clock runs from
 * connected, with lists parsed and canonical in memory, to the result in memory at the receiver. Every
 * result is compared with what the lists were made to have in common.
 */

import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { paddedSize } from '../../protocol/psi/padded.ts'
import { type Result, ratioOf, resultOf } from '../harness/results.ts'
import type { Mode, Suite } from '../harness/suite.ts'
import { type TurnLimits, takeTurns, timed } from '../harness/turns.ts'
import { now } from '../round/messages.ts'
import { assertCommon, writeList } from './lists.ts'
import type { Ran, Terms } from './messages.ts'
import { Pair } from './pair.ts'
import { PEER, psiJs } from './psiJs.ts'
import { type Contender, type Goals, LARGE, WORKLOADS, type Workload } from './workloads.ts'

const LIMITS: Readonly<Record<Mode, TurnLimits>> = {
  full: { seconds: 120, atLeast: 1, atMost: 5 },
  quick: { seconds: 10, atLeast: 2, atMost: 5 },
  smoke: { seconds: 0, atLeast: 1, atMost: 1 },
}

export const psi: Suite = async ({ mode, large, say }) => {
  const results: Result[] = []
  for (const workload of large ? [LARGE] : WORKLOADS[mode]) {
    results.push(...(await runWorkload(workload, LIMITS[mode], say)))
  }
  return results
}

type Side = { readonly receiver: Ran; readonly sender: Ran }

/** One run of a contender: both sides, and before it what went ahead. */
type Run = { readonly asked: Side; readonly seconds: number; readonly ahead?: Ahead }
type Ahead = { readonly sides: Side; readonly seconds: number }

async function runWorkload(
  workload: Workload,
  limits: TurnLimits,
  say: (text: string) => void,
): Promise<Result[]> {
  const folder = mkdtempSync(join(tmpdir(), 'drempel-bench-'))
  const erase = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', erase)
  const { receiver, sender, common, contenders } = workload
  const pair = await Pair.start()
  try {
    const files = { receiver: join(folder, 'receiver.csv'), sender: join(folder, 'sender.csv') }
    writeList(files.receiver, 'receiver', receiver, common)
    writeList(files.sender, 'sender', sender, common)
    const loaded = await pair.both<'load'>((role) => ({ ask: 'load', file: files[role] }))
    const loadSeconds = Math.max(loaded.receiver.seconds, loaded.sender.seconds)
    const ours = contenders.map((contender) => {
      const label = `psi ${nameOf(workload)}, ${contender.protocol}`
      const runs: Run[] = []
      const run = async () => {
        const ran = await runOnce(pair, workload, contender, (done) =>
          say(`${label}: ${Math.round(100 * done)}%`),
        )
        if (ran.asked.receiver.size !== common) throw new Error(`${label}: wrong size`)
        runs.push(ran)
        return ran.seconds
      }
      return { name: label, contender, runs, run }
    })
    const peer = workload.psiJs ? await psiJsTurn(files, common) : undefined
    say(`psi ${nameOf(workload)}`)
    const turns = await takeTurns(peer === undefined ? ours : [...ours, peer], limits)
    const results = ours.flatMap(({ name, contender, runs }) => {
      const wall = turns.of(name)
      // Turns that did not count come first.
      const counted = runs.slice(-wall.length)
      const alone = figures(name, contender.goals, wall, counted)
      if (peer === undefined) return alone
      return [...alone, ...against(name, contender.goals, wall, counted, peer, turns.of(PEER))]
    })
    // The last contender's result is the one that is there.
    const saved = await savedResult(pair, workload, join(folder, 'result.csv'))
    const last = ours.at(-1)!
    const whole = loadSeconds + last.runs.at(-1)!.seconds + saved
    const file = `${last.name}: from CSV to CSV`
    return [...results, resultOf({ name: file, unit: 's', better: 'lower' }, [whole])]
  } finally {
    await pair.stop()
    erase()
    process.off('exit', erase)
  }
}

async function runOnce(
  pair: Pair,
  workload: Workload,
  { protocol, prepared }: Contender,
  onProgress: (done: number) => void,
): Promise<Run> {
  const terms = termsOf(workload)
  const { context, sizes } = termsOf(workload)
  const ahead = prepared
    ? await clocked(() => pair.both<'offer'>(() => ({ ask: 'offer', context, sizes }), onProgress))
    : undefined
  const { sides, seconds } = await clocked(() =>
    prepared
      ? pair.both<'question'>(() => ({ ask: 'question', terms }))
      : pair.both<'run'>(() => ({ ask: 'run', protocol, terms }), onProgress),
  )
  return { asked: sides, seconds, ...(ahead === undefined ? {} : { ahead }) }
}

/** Until the receiver has what it is to have. */
async function clocked(ask: () => Promise<Side>): Promise<Ahead> {
  const begin = now()
  const sides = await ask()
  return { sides, seconds: (sides.receiver.endedAt - begin) / 1000 }
}

function termsOf({ receiver, sender, output }: Workload): Terms {
  const sizes = { receiver: paddedSize(receiver), sender: paddedSize(sender) }
  return { output, to: 'receiver', sizes, context: new Uint8Array(randomBytes(32)) }
}

type Peer = {
  readonly name: string
  readonly run: () => Promise<number>
  readonly cpuSeconds: readonly number[]
}

async function psiJsTurn(
  files: { readonly receiver: string; readonly sender: string },
  common: number,
): Promise<Peer> {
  const work = await psiJs(files, common)
  const cpuSeconds: number[] = []
  const run = async () => {
    const before = process.cpuUsage()
    const seconds = await timed(work)
    const { user, system } = process.cpuUsage(before)
    cpuSeconds.push((user + system) / 1e6)
    return seconds
  }
  return { name: PEER, run, cpuSeconds }
}

/** @returns seconds to write it @throws Error when it is not what the lists have in common */
async function savedResult(pair: Pair, workload: Workload, file: string): Promise<number> {
  const { seconds } = await pair.ask<'save'>('receiver', { ask: 'save', file })
  if (workload.output === 'items') assertCommon(file, workload.common)
  else if (readFileSync(file, 'utf8') !== `size\n${workload.common}\n`)
    throw new Error('wrong size')
  return seconds
}

/** Turn by turn; by processor time it does not matter who else wants the cores. */
function against(
  name: string,
  { timesPsiJs }: Goals,
  wall: readonly number[],
  runs: readonly Run[],
  peer: Peer,
  theirs: readonly number[],
): Result[] {
  const goal = timesPsiJs === undefined ? {} : { goal: timesPsiJs }
  const cpu = runs.map(({ asked }) => cpuSeconds(asked))
  return [
    ratioOf({ name: `${name} / psi.js`, peer: PEER, ...goal }, wall, theirs),
    ratioOf(
      { name: `${name} / psi.js, processor time`, peer: PEER },
      cpu,
      peer.cpuSeconds.slice(-cpu.length),
    ),
  ]
}

function cpuSeconds({ receiver, sender }: Side): number {
  return receiver.cpuSeconds + sender.cpuSeconds
}

function figures(
  name: string,
  goals: Goals,
  wall: readonly number[],
  runs: readonly Run[],
): Result[] {
  const lower = (what: string, unit: string, goal: number | undefined, samples: number[]) =>
    resultOf(
      { name: `${name}: ${what}`, unit, better: 'lower', ...(goal === undefined ? {} : { goal }) },
      samples,
    )
  const cost = (what: string, sides: readonly Side[], within: Goals) => [
    lower(`processor time, both${what}`, 's', undefined, sides.map(cpuSeconds)),
    lower(`sent by the receiver${what}`, 'MB', undefined, [sides[0]!.receiver.bytesSent / 1e6]),
    lower(`sent by the sender${what}`, 'MB', undefined, [sides[0]!.sender.bytesSent / 1e6]),
    lower(`sent in all${what}`, 'MB', within.megabytes, [
      (sides[0]!.receiver.bytesSent + sides[0]!.sender.bytesSent) / 1e6,
    ]),
    lower(`peak memory, receiver${what}`, 'MiB', within.peakMiB, [
      Math.max(...sides.map(({ receiver }) => receiver.peakMiB)),
    ]),
    lower(`peak memory, sender${what}`, 'MiB', within.peakMiB, [
      Math.max(...sides.map(({ sender }) => sender.peakMiB)),
    ]),
  ]
  const aheads = runs.flatMap(({ ahead }) => (ahead === undefined ? [] : [ahead]))
  const preparation =
    aheads.length === 0
      ? []
      : [
          lower('wall clock ahead of the question', 's', undefined, [
            ...aheads.map(({ seconds }) => seconds),
          ]),
          ...cost(
            ', ahead of the question',
            aheads.map(({ sides }) => sides),
            {},
          ),
        ]
  return [
    lower('wall clock', 's', goals.seconds, [...wall]),
    ...cost(
      '',
      runs.map(({ asked }) => asked),
      goals,
    ),
    ...preparation,
  ]
}

function nameOf({ receiver, sender, output }: Workload): string {
  const [a, b] = [receiver, sender].map((size) => size.toLocaleString('en'))
  return `${a} x ${b}, ${output}`
}
