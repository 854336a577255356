/**
 * AND in rounds (Araki, Furukawa, Lindell, Nof, Ohara, CCS 2016): party i masks its own part of z with a
 * share of zero, keeps it and sends it to party i - 1, which so holds (z_{i-1}, z_i). One message of as
 * many bits as gates. Adversary: one semi-honest party; each part that it gets is masked by a stream that
 * it does not have, and looks uniform to it.
 *
 * Work is cut into messages of 64 KiB to 128 KiB, and several are under way at a time: a party computes
 * one while the neighbours' answers to the others travel.
 */

import { HALF_ROW_WORDS } from './kernel.ts'
import type { Session } from './session.ts'
import { bytesOf, type Share, type Words } from './share.ts'

/** Words of a message, unless there is less to say; up to four times as many, which is MAX_PAYLOAD. */
export const MESSAGE_WORDS = 16_384

/**
 * Messages under way that do not depend on each other: near by so few that what they touch is still in
 * the processor's cache when the answer comes, else those that a link of 1 Gbit/s carries meanwhile.
 */
export function windowFor(session: Session): number {
  return Math.min(64, 2 + Math.ceil(session.roundTripMs))
}

/** Messages after which a host may do other work. */
const TURN = 16

/** AND messages in a fixed order. */
export type Gates = {
  readonly messages: number
  /** How many are under way at most: message k reads what message k - window stored. */
  readonly window: number
  /** Length of message k; one of no words is not sent. */
  words(k: number): number
  /** Writes the masked own part of message k. */
  compute(k: number, own: Words, mask: Words): void
  /** Whether `store` gets the own part back; else `compute` has put it where it belongs. */
  readonly keepsOwn: boolean
  store(k: number, received: Words, own: Words): void
}

export async function evaluate(session: Session, gates: Gates): Promise<void> {
  const { arena } = session
  const { messages, window } = gates
  let longest = 0
  for (let k = 0; k < messages; k++) longest = Math.max(longest, gates.words(k))
  const mark = arena.mark()
  const ring = Math.min(window, messages)
  const kept = gates.keepsOwn ? ring : 1
  const slots = Array.from({ length: kept }, () => arena.words(longest))
  const landings = Array.from({ length: ring }, () => arena.words(longest))
  const landing = (k: number) => bytesOf(landings[k % ring]!).subarray(0, 4 * gates.words(k))
  const arrivals: Promise<void>[] = []
  const sendings: (Promise<void> | undefined)[] = []
  const finish = async (k: number) => {
    if (gates.words(k) === 0) return
    session.prepareMasks()
    await arrivals[k % window]
    session.record('next', landing(k))
    await sendings[k % window]
    gates.store(k, landings[k % ring]!, slots[k % kept]!)
    // Messages that are here already would otherwise be taken in one go.
    if (k % TURN === TURN - 1) await session.pause()
  }
  let done = 0
  for (let k = 0; k < messages; k++) {
    if (k - done === window) await finish(done++)
    const words = gates.words(k)
    if (words === 0) continue
    const own = slots[k % kept]!
    gates.compute(k, own, session.mask(words))
    // Expected before it comes, it goes straight to where it is read.
    arrivals[k % window] = session.expect('next', String(k), landing(k))
    sendings[k % window] = session.send('previous', String(k), bytesOf(own).subarray(0, 4 * words))
  }
  while (done < messages) await finish(done++)
  for (let k = 0; k < messages; k += window) session.countRound()
  arena.release(mark)
  await session.pause()
}

/** A place in shared words. */
export type At = { readonly share: Share; readonly at: number }

/** into = x ∧ y, or into ⊕= x ∧ y with `add`, for `words` words; `into` may be x or y itself. */
export type And = {
  readonly into: At
  readonly x: At
  readonly y: At
  readonly words: number
  readonly add?: boolean
}

/** ANDs that do not depend on each other, in messages that they share. */
export async function andAll(session: Session, ands: readonly And[]): Promise<void> {
  const { kernel } = session.arena
  const messages = pack(ands.flatMap(pieces), ({ words }) => words)
  const words = messages.map((message) => sum(message, (piece) => piece.words))
  await evaluate(session, {
    messages: messages.length,
    window: windowFor(session),
    words: (k) => words[k]!,
    compute(k, own, mask) {
      let at = 0
      for (const { x, y, words } of messages[k]!) {
        kernel.and(own, at, mask, x.share, x.at, y.share, y.at, words)
        at += words
      }
    },
    keepsOwn: true,
    store(k, received, own) {
      let from = 0
      for (const { into, words, add } of messages[k]!) {
        put(into.share.first, into.at, own, from, words, add)
        put(into.share.second, into.at, received, from, words, add)
        from += words
      }
    },
  })

  function put(
    target: Words,
    at: number,
    source: Words,
    from: number,
    words: number,
    add: boolean | undefined,
  ): void {
    if (add) kernel.add(target, at, source, from, words)
    else target.set(source.subarray(from, from + words), at)
  }
}

/** into = x ∧ y for `words` words. */
export function andInto(session: Session, into: At, x: At, y: At, words: number): Promise<void> {
  return andAll(session, [{ into, x, y, words }])
}

/** x = the AND of `planes` planes of `words` words each, in the first of them, folded in halves. */
export async function andOverPlanes(
  session: Session,
  x: Share,
  planes: number,
  words: number,
): Promise<void> {
  for (let left = planes, level = 0; left > 1; left -= left >> 1, level++) {
    const half = left >> 1
    const lower = { share: x, at: 0 }
    const upper = { share: x, at: (left - half) * words }
    await andInto(session.narrow(String(level)), lower, lower, upper, half * words)
  }
}

function pieces(and: And): And[] {
  const cut: And[] = []
  const shift = ({ share, at }: At, by: number) => ({ share, at: at + by })
  for (let from = 0; from < and.words; from += MESSAGE_WORDS) {
    cut.push({
      ...and,
      into: shift(and.into, from),
      x: shift(and.x, from),
      y: shift(and.y, from),
      words: Math.min(MESSAGE_WORDS, and.words - from),
    })
  }
  return cut
}

/** Neighbours share a message up to a message's length. */
export function pack<T>(items: readonly T[], words: (item: T) => number): readonly T[][] {
  const messages: T[][] = []
  let room = 0
  for (const item of items) {
    if (words(item) > room) {
      messages.push([])
      room = MESSAGE_WORDS
    }
    messages.at(-1)!.push(item)
    room -= words(item)
  }
  return messages
}

/** Rows low + k and high + k for k < count, which surely agree in their `common` leading bits. */
export type RowRun = {
  readonly low: number
  readonly high: number
  readonly count: number
  readonly common?: number
}

/** Word triples for the kernel. */
export type Pairs = { readonly runs: Words; readonly words: number }

/**
 * Pairs in ascending order of what they have in common; `at` is the number of the chunk's first word
 * among all pairs. `differing` has for each leading bit the first of the pairs, those that can differ
 * in it; behind its end all can.
 */
export type Chunk = Pairs & { readonly at: number; readonly differing: readonly Pairs[] }

export function differingAt(chunk: Chunk, bit: number): Pairs {
  return chunk.differing[bit] ?? chunk
}

/** Cuts runs into chunks of about equal size, a message's length or somewhat more if there is enough. */
export function chunkRuns(
  session: Session,
  runs: readonly RowRun[],
  rowWords: number,
): readonly Chunk[] {
  if (rowWords % HALF_ROW_WORDS !== 0) throw new RangeError('rows of broken lanes')
  const total = sum(runs, (run) => run.count)
  const parts = Math.max(1, Math.floor((total * rowWords) / MESSAGE_WORDS))
  const rowsPerChunk = Math.ceil(total / parts)
  const chunks: Chunk[] = []
  /** By what the rows have in common. */
  let triples: number[][] = []
  let room = rowsPerChunk
  let at = 0
  const close = () => {
    const words = (rowsPerChunk - room) * rowWords
    if (words > 0) chunks.push({ ...holdRuns(session, triples), at })
    at += words
    triples = []
    room = rowsPerChunk
  }
  for (const { low, high, count: all, common = 0 } of runs) {
    for (let from = 0; from < all; ) {
      const count = Math.min(room, all - from)
      while (triples.length <= common) triples.push([])
      triples[common]!.push((low + from) * rowWords, (high + from) * rowWords, count * rowWords)
      from += count
      room -= count
      if (room === 0) close()
    }
  }
  close()
  return chunks
}

function holdRuns(session: Session, triples: readonly (readonly number[])[]): Omit<Chunk, 'at'> {
  const runs = session.arena.words(sum(triples, ({ length }) => length))
  const differing: Pairs[] = []
  let end = 0
  let words = 0
  for (const some of triples) {
    runs.set(some, end)
    end += some.length
    for (let i = 2; i < some.length; i += 3) words += some[i]!
    differing.push({ runs: runs.subarray(0, end), words })
  }
  // The last has all.
  differing.pop()
  return { runs, words, differing }
}

export function pairWords(chunks: readonly Chunk[]): number {
  return sum(chunks, (chunk) => chunk.words)
}

export function sum<T>(items: readonly T[], of: (item: T) => number): number {
  let total = 0
  for (const item of items) total += of(item)
  return total
}
