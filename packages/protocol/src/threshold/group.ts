/**
 * Shards are computed in groups, to keep both memory and the number of messages bounded: a row of a
 * group is the rows of its shards side by side, 16 bytes each.
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

export type Group = { readonly firstShard: number; readonly shards: number }

/** Where lists lie: `starts` their first rows; the rows from `ones` on, up to `rows`, are all ones. */
export type Places = {
  readonly starts: ReadonlyMap<number, number>
  readonly ones: number
  readonly rows: number
}

/** From public sizes only, so that all nodes cut alike. */
export function groupsOf(plan: RoundPlan, planeBytes: number): readonly Group[] {
  const all = plan.bins / 128
  const size = Math.max(1, Math.floor(planeBytes / (16 * plan.rows)))
  const groups: Group[] = []
  for (let firstShard = 0; firstShard < all; firstShard += size)
    groups.push({ firstShard, shards: Math.min(size, all - firstShard) })
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
  const rowWords = 4 * group.shards
  const shared = sharedBits(plan)
  const bits = shared + labels.bits
  const words = bits * rows * rowWords
  // Every word is written below.
  const share = { first: session.arena.words(words), second: session.arena.words(words) }
  const planes: Planes = { share, bits, rows, rowWords }
  for (const [partner, start] of starts) {
    const input = inputs.get(partner)!
    const count = plan.partners[partner]!.slots
    for (let shard = 0; shard < group.shards; shard++) {
      for (const held of [0, 1] as const) {
        const read = shardReader(plan, input, held, group.firstShard + shard, prg)
        const target = held === 0 ? share.first : share.second
        fillRows(target, { ...planes, bits: shared }, { start, count }, shard, read)
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

function fillRows(
  target: Words,
  { bits, rows, rowWords }: Planes,
  { start, count }: RowSpan,
  shard: number,
  read: (into: Bytes) => void,
): void {
  const one = new Int32Array(rowWords === 4 ? 0 : 4 * count)
  for (let bit = 0; bit < bits; bit++) {
    let to = (bit * rows + start) * rowWords
    if (rowWords === 4) {
      read(bytesOf(target.subarray(to, to + 4 * count)))
      continue
    }
    read(bytesOf(one))
    to += 4 * shard
    for (let from = 0; from < one.length; from += 4, to += rowWords) {
      for (let word = 0; word < 4; word++) target[to + word] = one[from + word]!
    }
  }
}
