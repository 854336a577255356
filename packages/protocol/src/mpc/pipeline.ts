/**
 * AND in rounds: party i masks its own part of z with a zero-sharing, keeps it and sends it to party
 * i - 1, which so holds (z_{i-1}, z_i). One message of as many bits as gates.
 *
 * Row runs are cut into chunks of 64 KiB or a little more, and several chunks are under way at a time:
 * a party computes one while the neighbours' answers to the others travel.
 */

import { andRuns, andWords, setRuns } from './kernel.ts'
import type { Session } from './session.ts'
import { bytesOf, type Share, type Words, wordsOf } from './share.ts'

const CHUNK_WORDS = 16_384
const WINDOW = 4

/** Rows low + k and high + k for k < count. */
export type RowRun = { readonly low: number; readonly high: number; readonly count: number }

/** Word triples for the kernel; `at` is the number of the chunk's first word among all pairs. */
export type Chunk = { readonly runs: Words; readonly words: number; readonly at: number }

/**
 * Runs `steps` AND messages in a fixed order with at most `window` under way: `compute(k)` returns the
 * own part of message k, after `store(k - window, ...)` was called.
 */
export async function pipeline(
  session: Session,
  steps: number,
  window: number,
  compute: (k: number) => Words,
  store: (k: number, own: Words, received: Words) => void,
): Promise<void> {
  const pending: { own: Words; sending: Promise<void> }[] = []
  const finish = async (k: number) => {
    const { own, sending } = pending.shift()!
    const received = await session.receive('next', String(k), own.byteLength)
    await sending
    store(k, own, wordsOf(received))
  }
  let done = 0
  for (let k = 0; k < steps; k++) {
    if (pending.length === window) await finish(done++)
    const masked = session.maskZero(bytesOf(compute(k)))
    pending.push({ own: wordsOf(masked), sending: session.send('previous', String(k), masked) })
  }
  while (done < steps) await finish(done++)
  for (let k = 0; k < steps; k += window) session.countRound()
  await session.pause()
}

/** A place in shared words. */
export type At = { readonly share: Share; readonly at: number }

/** into = x ∧ y for `words` words; `into` may be x itself. */
export async function andInto(
  session: Session,
  into: At,
  x: At,
  y: At,
  words: number,
): Promise<void> {
  const scratch = new Int32Array(Math.min(words, CHUNK_WORDS))
  await pipeline(
    session,
    Math.ceil(words / CHUNK_WORDS),
    WINDOW,
    (k) => {
      const from = k * CHUNK_WORDS
      const part = scratch.subarray(0, Math.min(CHUNK_WORDS, words - from))
      andWords(part, x.share, x.at + from, y.share, y.at + from)
      return part
    },
    (k, own, received) => {
      into.share.first.set(own, into.at + k * CHUNK_WORDS)
      into.share.second.set(received, into.at + k * CHUNK_WORDS)
    },
  )
}

/** plane[low] = plane[low] ∧ plane[high] for every pair of rows; no row occurs twice. */
export async function andPairs(
  session: Session,
  plane: Share,
  pairs: readonly RowRun[],
  rowWords: number,
): Promise<void> {
  const chunks = chunkRuns(pairs, rowWords)
  const scratch = new Int32Array(widest(chunks))
  await pipeline(
    session,
    chunks.length,
    WINDOW,
    (k) => {
      const part = scratch.subarray(0, chunks[k]!.words)
      andRuns(part, plane, 0, chunks[k]!.runs)
      return part
    },
    (k, own, received) => {
      setRuns(plane.first, 0, chunks[k]!.runs, own)
      setRuns(plane.second, 0, chunks[k]!.runs, received)
    },
  )
}

/** Cuts runs into chunks of about equal size, 64 KiB to 128 KiB unless there is less. */
export function chunkRuns(runs: readonly RowRun[], rowWords: number): readonly Chunk[] {
  const total = runs.reduce((sum, run) => sum + run.count, 0)
  const parts = Math.max(1, Math.floor((total * rowWords) / CHUNK_WORDS))
  const rowsPerChunk = Math.ceil(total / parts)
  const chunks: Chunk[] = []
  let triples: number[] = []
  let room = rowsPerChunk
  let at = 0
  const close = () => {
    const words = (rowsPerChunk - room) * rowWords
    if (words > 0) chunks.push({ runs: Int32Array.from(triples), words, at })
    at += words
    triples = []
    room = rowsPerChunk
  }
  for (const run of runs) {
    for (let from = 0; from < run.count; ) {
      const count = Math.min(room, run.count - from)
      triples.push((run.low + from) * rowWords, (run.high + from) * rowWords, count * rowWords)
      from += count
      room -= count
      if (room === 0) close()
    }
  }
  close()
  return chunks
}

export function pairWords(chunks: readonly Chunk[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.words, 0)
}

export function widest(chunks: readonly Chunk[]): number {
  return chunks.reduce((most, chunk) => Math.max(most, chunk.words), 0)
}

/** How many planes of one chunk go into one message. */
export function planesPerMessage(chunk: Chunk): number {
  return Math.max(1, Math.floor(CHUNK_WORDS / chunk.words))
}

/** out = the AND of all `planes` planes of `words` words each, folded in halves; consumes `x`. */
export async function andOverPlanes(
  session: Session,
  x: Share,
  planes: number,
  words: number,
): Promise<Share> {
  for (let left = planes, level = 0; left > 1; left -= left >> 1, level++) {
    const half = left >> 1
    const lower = { share: x, at: 0 }
    const upper = { share: x, at: (left - half) * words }
    await andInto(session.narrow(String(level)), lower, lower, upper, half * words)
  }
  return { first: x.first.slice(0, words), second: x.second.slice(0, words) }
}
