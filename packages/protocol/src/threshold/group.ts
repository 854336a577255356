/**
 * Bins are computed in groups, to keep both memory and the number of messages bounded: a row of a group
 * is its bins side by side, 32 to a word. Bins never meet before the outputs, so groups are independent.
 */

import type { Bytes } from '../encoding/index.ts'
import {
  bytesOf,
  type Planes,
  type PrgFactory,
  type Session,
  type Words,
  xorConstant,
} from '../mpc/index.ts'
import { type Labels, NO_LABELS, sharedBits, writeLabels } from './labels.ts'
import type { RoundPlan } from './plan.ts'
import type { RowSpan } from './schedule.ts'
import { type InputShare, shardReader } from './share.ts'

/** One bit of all rows of a group, unless the round says otherwise. */
export const PLANE_BYTES = 256 * 1024
/** Of the 128 bins that lists are shared in together. */
export const SHARD_WORDS = 4

/** Bins 32·firstWord to 32·(firstWord + words) - 1. */
export type Group = { readonly firstWord: number; readonly words: number }

/** Where lists lie: `starts` their first rows; the rows from `ones` on, up to `rows`, are all ones. */
export type Places = {
  readonly starts: ReadonlyMap<number, number>
  readonly ones: number
  readonly rows: number
}

/** All bins. */
export function wholeOf(plan: RoundPlan): Group {
  return { firstWord: 0, words: plan.bins / 32 }
}

/** Cuts a part of the bins, from public sizes only, so that all nodes cut alike. */
export function groupsOf(
  plan: RoundPlan,
  planeBytes: number,
  part: Group = wholeOf(plan),
): readonly Group[] {
  const shards = Math.max(1, Math.floor(planeBytes / (16 * plan.rows)))
  const end = part.firstWord + part.words
  const groups: Group[] = []
  for (let firstWord = part.firstWord; firstWord < end; firstWord += SHARD_WORDS * shards)
    groups.push({ firstWord, words: Math.min(SHARD_WORDS * shards, end - firstWord) })
  return groups
}

/** Lists one below the other, without rows of ones. */
export function stacked(plan: RoundPlan, partners: readonly number[]): Places {
  const starts = new Map<number, number>()
  let rows = 0
  for (const partner of partners) {
    starts.set(partner, rows)
    rows += plan.partners[partner]!.slots
  }
  return { starts, ones: rows, rows }
}

/** A group's part of the lists in their places, and in planes behind them what labels say of each. */
export async function loadGroup(
  session: Session,
  plan: RoundPlan,
  group: Group,
  places: Places,
  inputs: ReadonlyMap<number, InputShare>,
  prg: PrgFactory,
  labels: Labels = NO_LABELS,
): Promise<Planes> {
  const { starts, ones, rows } = places
  const rowWords = group.words
  const shared = sharedBits(plan)
  const bits = shared + labels.bits
  const words = bits * rows * rowWords
  // Every word is written below.
  const share = { first: session.arena.words(words), second: session.arena.words(words) }
  const planes: Planes = { share, bits, rows, rowWords }
  for (const [partner, start] of starts) {
    const input = inputs.get(partner)!
    const count = plan.partners[partner]!.slots
    for (const piece of shardsOf(group)) {
      for (const held of [0, 1] as const) {
        const read = shardReader(plan, input, held, piece.shard, prg)
        const target = held === 0 ? share.first : share.second
        fillRows(target, { ...planes, bits: shared }, { start, count }, piece, read)
        await session.pause()
      }
    }
  }
  for (const held of ['first', 'second'] as const)
    share[held].fill(0, shared * rows * rowWords, words)
  writeLabels(session, plan, planes, places, labels)
  for (let bit = 0; bit < planes.bits; bit++) {
    const [from, to] = [bit * rows + ones, (bit + 1) * rows].map((row) => row * rowWords)
    share.first.fill(0, from, to)
    share.second.fill(0, from, to)
    xorConstant(session.party, share, -1, from, to)
  }
  return planes
}

/** Words `from` to `from + words - 1` of a shard's row, which are those from `at` on of the group's. */
export type ShardWords = {
  readonly shard: number
  readonly from: number
  readonly words: number
  readonly at: number
}

/** A group's words shard by shard. */
export function shardsOf({ firstWord, words }: Group): readonly ShardWords[] {
  const pieces: ShardWords[] = []
  for (let at = 0; at < words; ) {
    const from = (firstWord + at) % SHARD_WORDS
    const count = Math.min(SHARD_WORDS - from, words - at)
    pieces.push({ shard: Math.floor((firstWord + at) / SHARD_WORDS), from, words: count, at })
    at += count
  }
  return pieces
}

function fillRows(
  target: Words,
  { bits, rows, rowWords }: Planes,
  { start, count }: RowSpan,
  { from: firstWord, words, at }: ShardWords,
  read: (into: Bytes) => void,
): void {
  const alone = rowWords === SHARD_WORDS && words === SHARD_WORDS
  const one = new Int32Array(alone ? 0 : SHARD_WORDS * count)
  for (let bit = 0; bit < bits; bit++) {
    let to = (bit * rows + start) * rowWords
    if (alone) {
      read(bytesOf(target.subarray(to, to + SHARD_WORDS * count)))
      continue
    }
    read(bytesOf(one))
    to += at
    for (let from = firstWord; from < one.length; from += SHARD_WORDS, to += rowWords) {
      for (let word = 0; word < words; word++) target[to + word] = one[from + word]!
    }
  }
}
