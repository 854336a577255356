/**
 * Suite `log`: durable appends beside a bare SQLite insert with the same fsync, in turns; the check of
 * a whole log from its entries up, on one core; the size of proofs.
 */

import { deepStrictEqual } from 'node:assert/strict'
import {
  consistencyProof,
  encodeReceipt,
  inclusionProof,
  openCheckpoint,
  parseEvent,
  tileReader,
  verifyLog,
  verifyReceipt,
} from '@drempel/protocol/log'
import { openAppender } from '../check/appends.ts'
import { type Result, rateOf, ratioOf, resultOf } from '../harness/results.ts'
import type { Mode, Suite } from '../harness/suite.ts'
import { type TurnLimits, takeTurns, timed } from '../harness/turns.ts'
import { peerName } from '../harness/versions.ts'
import { type LargeLog, makeLargeLog } from './large.ts'
import { openBareTable } from './sqlite.ts'

const BATCH = 256

type Size = {
  /** Appends of one turn, one by one; and batches. */
  readonly single: number
  readonly batches: number
  readonly limits: TurnLimits
  /** Entries of the log that is verified. */
  readonly entries: number
}

const SIZES: Record<Mode, Size> = {
  full: {
    ...{ single: 1_000, batches: 20, entries: 1_000_000 },
    limits: { seconds: 60, atLeast: 5, atMost: 40 },
  },
  quick: {
    ...{ single: 200, batches: 4, entries: 100_000 },
    limits: { seconds: 12, atLeast: 3, atMost: 20 },
  },
  smoke: {
    ...{ single: 5, batches: 1, entries: 1_000 },
    limits: { seconds: 0, atLeast: 1, atMost: 1 },
  },
}

export const log: Suite = async ({ mode, say }) => {
  const size = SIZES[mode]
  say('log: durable appends beside SQLite')
  const appends = await measureAppends(size)
  say(`log: a log of ${size.entries} entries`)
  const large = makeLargeLog(size.entries)
  say('log: verifying it from its entries up')
  return [...appends, await measureVerification(large), ...(await measureProofs(large))]
}

async function measureAppends({ single, batches, limits }: Size): Promise<Result[]> {
  const appender = await openAppender()
  try {
    const bare = openBareTable(await appender.row())
    try {
      const repeat = (work: () => void) => {
        for (let i = 0; i < batches; i++) work()
      }
      const turns = await takeTurns(
        [
          { name: 'single', run: () => appender.oneByOne(single) },
          { name: 'bare single', run: () => timed(() => bare.oneByOne(single)) },
          { name: 'batch', run: () => appender.batched(BATCH, batches) },
          { name: 'bare batch', run: () => timed(() => repeat(() => bare.batched(BATCH))) },
        ],
        limits,
      )
      const peer = peerName('better-sqlite3')
      const [one, many] = ['log append, one by one', `log append, ${BATCH} at once`]
      return [
        rateOf(one, single, turns.of('single')),
        ratioOf(
          { name: `${one} / bare insert`, peer, goal: 0.5 },
          turns.of('single'),
          turns.of('bare single'),
        ),
        rateOf(many, batches * BATCH, turns.of('batch')),
        ratioOf(
          { name: `${many}, an entry / bare insert`, peer, goal: 0.3 },
          turns.of('batch'),
          turns.of('bare batch'),
        ),
      ]
    } finally {
      bare.close()
    }
  } finally {
    await appender.close()
  }
}

/** As `drempel log verify` does: signature, every entry by its schema, every hash, the root. */
async function measureVerification(large: LargeLog): Promise<Result> {
  const { note, key, size, fetchTile, fetching } = large
  let entries = 0
  const seconds = await timed(async () => {
    const count = (_: number, leaf: Uint8Array) => {
      parseEvent(leaf)
      entries++
    }
    await verifyLog(openCheckpoint(note, key), fetchTile, count)
  })
  deepStrictEqual(entries, size)
  const goal = size === 1_000_000 ? { goal: 30 } : {}
  const name = `log verify, ${size} entries`
  return resultOf({ name, unit: 's', better: 'lower', ...goal }, [seconds - fetching()])
}

async function measureProofs({ note, key, size, fetchTile, leaf }: LargeLog): Promise<Result[]> {
  const read = tileReader(size, fetchTile)
  const index = Math.floor(size / 3)
  const proof = await inclusionProof(index, size, read)
  const receipt = encodeReceipt({ index, proof, checkpoint: note, extra: leaf(index) })
  deepStrictEqual(verifyReceipt(receipt, key).index, index)
  const growth = await consistencyProof(index, size, read)
  const bytes = (name: string, value: number) =>
    resultOf({ name: `${name}, ${size} entries`, unit: 'B', better: 'lower' }, [value])
  return [
    bytes('log inclusion proof', 32 * proof.length),
    bytes('log consistency proof', 32 * growth.length),
    bytes('log receipt with its leaf', receipt.length),
  ]
}
