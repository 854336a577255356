/**
 * Suite `tagging`: a partner with a long list has it tagged by a quorum of 3 of 4, itself one of the
 * holders, over HTTP between four node processes with durable stores and logs. The clock runs from the
 * start of a round to the asker's commitment to its tagged list. From the middle on another partner
 * checks; what tagging takes beside the kernel is told of the time before that. In that time the nodes
 * are stopped now and then, with the clock, and the kernel is measured alone, since the machine is not
 * the same one from one minute to the next. The round goes on to its end: what it publishes shows that
 * the tags are right.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Federation } from '@drempel/examples/federation/index'
import { createClient, readReply } from '../check/client.ts'
import { ASKER, PARTNERS } from '../check/workload.ts'
import { rateOf, resultOf } from '../harness/results.ts'
import { median, quantile } from '../harness/stats.ts'
import type { Mode, Suite } from '../harness/suite.ts'
import { openFederation, SHARED } from './federation.ts'
import { kernelTimes } from './kernel.ts'
import { type Load, loadOf } from './load.ts'

type Size = {
  readonly identifiers: number
  /** Seconds. */
  readonly goal?: number
  readonly kernelBatch: number
}

const SIZES: Readonly<Record<Mode, Size>> = {
  full: { identifiers: 1_000_000, goal: 240, kernelBatch: 4_096 },
  quick: { identifiers: 20_000, goal: 4.8, kernelBatch: 2_048 },
  smoke: { identifiers: 300, kernelBatch: 16 },
}

const CHECKER = PARTNERS.find(({ id }) => id !== ASKER)!.id
const POLL_MS = 100
/** Parts of the list between two measurements of the kernel. */
const STEP = 1 / 20
/** States of a round in which the asker may still be tagging. */
const BEFORE: ReadonlySet<string> = new Set(['announced', 'collecting'])
/** Between a check's answer and the next question. */
const THINK_MS = 50

export const tagging: Suite = async ({ mode, say }) => {
  const { identifiers, goal, kernelBatch } = SIZES[mode]
  const oneKernel = async () => (await kernelTimes(kernelBatch, 1))[0]!
  // The first has the compiler's time in it too.
  const first = await oneKernel()
  say(`tagging: four nodes, ${identifiers} flags`)
  const { federation, importSeconds } = await openFederation(identifiers, (done) => {
    if (done % 100_000 === 0) say(`tagging: ${done} flags imported`)
  })
  try {
    say('tagging: over HTTP, 3 of 4')
    const { seconds, alone, kernels, checks, loads } = await tagAll(federation, oneKernel, say)
    // A short list may be done before the first stop.
    const kernel = kernels.length > 0 ? median(kernels) : first
    const name = `tagging ${identifiers}`
    const lower = { unit: 'ms', better: 'lower' } as const
    const holders = [...loads].filter(([id]) => id !== ASKER).map(([, { p99 }]) => p99)
    return [
      resultOf({ name, unit: 's', better: 'lower', ...(goal === undefined ? {} : { goal }) }, [
        seconds,
      ]),
      rateOf(`${name}, a second`, identifiers, [seconds]),
      resultOf(
        { name: `${name}: wall / (kernel / 2)`, unit: 'times', better: 'lower', goal: 1.3 },
        [alone.seconds / identifiers / (kernel / 2)],
      ),
      resultOf({ name: `${name}: kernel`, unit: 'us/identifier', better: 'lower' }, [1e6 * kernel]),
      resultOf({ name: `${name}: all processes`, unit: 'us/identifier', better: 'lower' }, [
        (1e6 * alone.cpu) / identifiers,
      ]),
      resultOf({ name: `${name}: asker's event loop, p99`, goal: 50, ...lower }, [
        loads.get(ASKER)!.p99,
      ]),
      resultOf({ name: `${name}: holders' event loops, worst p99`, goal: 50, ...lower }, [
        Math.max(...holders),
      ]),
      resultOf({ name: 'a check meanwhile', ...lower }, checks),
      resultOf({ name: 'a check meanwhile, p99', ...lower }, [quantile(checks, 0.99)]),
      rateOf(`import of ${identifiers} flags`, identifiers, [importSeconds]),
    ]
  } finally {
    await federation.remove()
  }
}

type Tagged = {
  readonly seconds: number
  /** At the pace of the first half, when nobody checked; processor time of all nodes. */
  readonly alone: { readonly seconds: number; readonly cpu: number }
  /** Seconds an identifier, measured in that half. */
  readonly kernels: readonly number[]
  /** Of the second half. */
  readonly loads: ReadonlyMap<string, Load>
}

type Watched = Tagged & {
  /** Milliseconds. */
  readonly checks: readonly number[]
}

async function tagAll(
  federation: Federation,
  oneKernel: () => Promise<number>,
  say: (text: string) => void,
): Promise<Watched> {
  let checker: ReturnType<typeof startChecks> | undefined
  try {
    const { round, ...tagged } = await tag(federation, oneKernel, say, () => {
      checker = startChecks(federation)
    })
    const checks = (await checker?.stop()) ?? []
    say('tagging: the round computes')
    await assertPublished(federation, round)
    return { ...tagged, checks }
  } finally {
    // Else it asks nodes that are gone, and that hides what went wrong.
    await checker?.stop().catch(() => undefined)
  }
}

async function tag(
  federation: Federation,
  oneKernel: () => Promise<number>,
  say: (text: string) => void,
  onHalf: () => void,
): Promise<Tagged & { readonly round: string }> {
  const { api } = federation.node(ASKER)
  await loadsOf(federation)
  const begin = performance.now()
  let stopped = 0
  const elapsed = () => (performance.now() - begin - stopped) / 1000
  const kernels: number[] = []
  const measureKernel = async () => {
    const from = performance.now()
    try {
      signalAll(federation, 'SIGSTOP')
      kernels.push(await oneKernel())
    } finally {
      signalAll(federation, 'SIGCONT')
      stopped += performance.now() - from
    }
  }
  const { round } = await federation.coordinator.api.startRound('device')
  let alone: Tagged['alone'] | undefined
  const passHalf = async (part: number) => {
    const seconds = elapsed() / part
    const loads = [...(await loadsOf(federation)).values()]
    alone = { seconds, cpu: loads.reduce((sum, { cpu }) => sum + cpu, 0) / part }
    onHalf()
  }
  let tenths = 0
  for (;;) {
    const { state, step, reason, done = 0, total = 0 } = await api.round(round)
    if (state === 'failed') throw new Error(`the round failed: ${reason}`)
    if (step === 'committed' || !BEFORE.has(state)) break
    if (done > ((tenths + 1) * total) / 10) say(`tagging: ${++tenths * 10}%`)
    if (alone === undefined) {
      if (done > total / 2) await passHalf(done / total)
      else if (done > (kernels.length + 1) * STEP * total) await measureKernel()
    }
    await sleep(POLL_MS)
  }
  const seconds = elapsed()
  // A short list may be done before anybody looks.
  if (alone === undefined) await passHalf(1)
  return { seconds, alone: alone!, kernels, loads: await loadsOf(federation), round }
}

function signalAll({ nodes }: Federation, signal: 'SIGSTOP' | 'SIGCONT'): void {
  for (const { pid } of nodes) {
    try {
      process.kill(pid!, signal)
    } catch {
      // It is gone, which its round will tell; the others have to go on.
    }
  }
}

async function loadsOf({ nodes }: Federation): Promise<ReadonlyMap<string, Load>> {
  return new Map(
    await Promise.all(nodes.map(async (node) => [node.id, await loadOf(node)] as const)),
  )
}

/** One check after another until it is stopped; all have to be answered, and rightly. */
function startChecks(federation: Federation) {
  const client = createClient(federation.node(CHECKER))
  let going = true
  const asking = (async () => {
    const milliseconds: number[] = []
    for (let i = 0; going || i < 3; i++) {
      const reply = await client.ask(i)
      readReply(reply)
      milliseconds.push(reply.milliseconds)
      await sleep(THINK_MS)
    }
    client.close()
    return milliseconds
  })()
  return {
    stop: () => {
      going = false
      return asking
    },
  }
}

async function assertPublished(federation: Federation, round: string): Promise<void> {
  for (;;) {
    const { state, reason, lists = [] } = await federation.coordinator.api.round(round)
    if (state === 'failed') throw new Error(`the round failed: ${reason}`)
    if (state === 'published') {
      const size = lists[0]?.size
      if (size !== SHARED)
        throw new Error(`${size} identifiers are over the threshold, not ${SHARED}`)
      return
    }
    await sleep(POLL_MS)
  }
}
