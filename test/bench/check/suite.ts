/**
 * Suite `check`: four nodes in four processes on loopback, with durable logs. One asker that holds a
 * share of the key asks two others, quorum 3 of 4. The clock is the client's: from the request to the
 * operator API to its whole answer with the receipt. Afterwards all logs are verified, and every
 * check has to stand in them.
 */

import { processorSeconds } from '@drempel/cli/internal/federation/processor'
import { type Federation, verifyOwnReceipt } from '@drempel/examples/federation/index'
import { type Result, rateOf, resultOf } from '../harness/results.ts'
import { quantile } from '../harness/stats.ts'
import type { Mode, Suite } from '../harness/suite.ts'
import { timed } from '../harness/turns.ts'
import { openAppender } from './appends.ts'
import { type Client, createClient, type Reply, readReply } from './client.ts'
import { openNodes } from './federation.ts'
import { assertLogged } from './logged.ts'
import { INSPECTABLE, profiled } from './profile.ts'
import { ASKER, PARTNERS } from './workload.ts'

const IN_FLIGHT = 32

/** Checks of each phase; `bursts` samples of the sustained rate. */
type Counts = {
  readonly warmUp: number
  readonly alone: number
  readonly sustained: number
  readonly bursts: number
  readonly profiled: number
  readonly appends: number
}

const COUNTS: Readonly<Record<Mode, Counts>> = {
  full: { warmUp: 500, alone: 1_000, sustained: 2_000, bursts: 5, profiled: 1_000, appends: 2_000 },
  quick: { warmUp: 200, alone: 200, sustained: 400, bursts: 3, profiled: 200, appends: 500 },
  smoke: { warmUp: 1, alone: 4, sustained: 40, bursts: 1, profiled: 8, appends: 20 },
}

export const check: Suite = async ({ mode, say }) => {
  const counts = COUNTS[mode]
  say('check: appends to a log')
  const appends = await measureAppends(counts.appends)
  say('check: four nodes, a key, a round')
  const federation = await openNodes(INSPECTABLE, { rules: [{ kind: 'host', t: 2 }] })
  const client = createClient(federation.node(ASKER))
  try {
    return [...(await measure(federation, client, counts, say)), ...appends]
  } finally {
    client.close()
    await federation.remove()
  }
}

async function measure(
  federation: Federation,
  client: Client,
  counts: Counts,
  say: (text: string) => void,
): Promise<Result[]> {
  const replies: Reply[] = []
  const ask = async (count: number, inFlight: number) => {
    const answered = await askMany(client, count, inFlight)
    replies.push(...answered)
    return answered
  }
  await ask(counts.warmUp, IN_FLIGHT)
  say(`check: ${counts.alone} one after another`)
  const alone = (await ask(counts.alone, 1)).map(({ milliseconds }) => milliseconds)
  say(`check: ${IN_FLIGHT} in flight`)
  const pids = federation.nodes.map(({ pid }) => pid!)
  const bursts: number[] = []
  const processor: number[] = []
  for (let burst = 0; burst < counts.bursts; burst++) {
    const before = processorSeconds(pids)
    bursts.push(await timed(() => ask(counts.sustained, IN_FLIGHT)))
    const after = processorSeconds(pids)
    if (before !== null && after !== null) processor.push((after - before) / counts.sustained)
  }
  say('check: where the time goes')
  const breakdown: Result[] = []
  for (const [role, id] of ROLES) {
    const work = () => ask(counts.profiled, IN_FLIGHT)
    const parts = await profiled(federation.node(id), work)
    breakdown.push(...partsOf(role, parts, counts.profiled))
  }

  say('check: verifying answers, receipts and logs')
  const answers = replies.map(readReply)
  for (const { receipt } of answers) verifyOwnReceipt(federation.convenant, ASKER, receipt.proof)
  const txids = answers.map(({ txid }) => txid)
  const entries = await assertLogged(federation, txids)
  say(`check: ${txids.length} checks stand in ${entries} verified entries`)
  const [latency, sustained] = ['check 3 of 4', `checks, ${IN_FLIGHT} in flight`]
  const late = {
    name: `${latency}: 99th percentile`,
    unit: 'ms',
    better: 'lower',
    goal: 40,
  } as const
  return [
    resultOf({ name: latency, unit: 'ms', better: 'lower', goal: 12 }, alone),
    resultOf(late, [quantile(alone, 0.99)]),
    resultOf(
      { name: sustained, unit: '1/s', better: 'higher', goal: 400 },
      bursts.map((seconds) => counts.sustained / seconds),
    ),
    ...(processor.length === 0
      ? []
      : [
          resultOf(
            { name: `${sustained}: processor time, all nodes`, unit: 'ms', better: 'lower' },
            processor.map((seconds) => 1000 * seconds),
          ),
        ]),
    ...breakdown,
  ]
}

/** A holder that is asked by two of three checks, so two thirds of a holder's work a check. */
const ROLES = [
  ['asker', ASKER],
  ['a holder', PARTNERS.find(({ id }) => id !== ASKER)!.id],
] as const

function partsOf(
  role: string,
  parts: ReadonlyMap<string, number>,
  checks: number,
): readonly Result[] {
  const sorted = [...parts].sort(([, a], [, b]) => b - a)
  return sorted.map(([part, seconds]) =>
    resultOf({ name: `check, ${role}: ${part}`, unit: 'us', better: 'lower' }, [
      (seconds / checks) * 1e6,
    ]),
  )
}

async function askMany(client: Client, count: number, inFlight: number): Promise<Reply[]> {
  const replies: Reply[] = []
  let next = 0
  const worker = async () => {
    while (next < count) replies.push(await client.ask(next++))
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  return replies
}

async function measureAppends(count: number): Promise<Result[]> {
  const log = await openAppender()
  try {
    await log.batched(count, 1)
    const single = await log.oneByOne(count)
    const batch = await log.batched(count, 1)
    return [
      rateOf('log append, one by one', count, [single]),
      rateOf(`log append, ${count} at once`, count, [batch]),
    ]
  } finally {
    await log.close()
  }
}
