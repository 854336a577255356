/**
 * Shards are computed in groups, to keep both memory and the number of messages bounded: a row of a
 * group is the rows of its shards side by side, 16 bytes each.
 */

import {
  newPlanes,
  type Planes,
  type PrgFactory,
  type Session,
  type Words,
  wordsOf,
  xorConstant,
} from '../mpc/index.ts'
import type { RoundPlan } from './plan.ts'
import type { RowSpan } from './schedule.ts'
import { type InputShare, shardPlanes } from './share.ts'

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

/** A group's part of the lists in their places. */
export function loadGroup(
  session: Session,
  plan: RoundPlan,
  group: Group,
  { starts, ones, rows }: Places,
  inputs: ReadonlyMap<number, InputShare>,
  prg: PrgFactory,
): Planes {
  const planes = newPlanes(session, plan.width, rows, 4 * group.shards)
  for (const [partner, start] of starts) {
    const input = inputs.get(partner)!
    const { slots } = plan.partners[partner]!
    for (let shard = 0; shard < group.shards; shard++) {
      for (const held of [0, 1] as const) {
        const source = wordsOf(shardPlanes(plan, input, held, group.firstShard + shard, prg))
        const target = held === 0 ? planes.share.first : planes.share.second
        scatter(target, planes, { start, count: slots }, shard, source)
      }
    }
  }
  for (let bit = 0; bit < planes.bits; bit++) {
    const plane = bit * rows
    const [from, to] = [plane + ones, plane + rows].map((row) => row * planes.rowWords)
    xorConstant(session.party, planes.share, -1, from, to)
  }
  return planes
}

function scatter(
  target: Words,
  planes: Planes,
  { start, count }: RowSpan,
  shard: number,
  source: Words,
): void {
  const { rowWords } = planes
  for (let bit = 0; bit < planes.bits; bit++) {
    const plane = source.subarray(4 * bit * count, 4 * (bit + 1) * count)
    let to = (bit * planes.rows + start) * rowWords + 4 * shard
    if (rowWords === 4) {
      target.set(plane, to)
      continue
    }
    for (let from = 0; from < plane.length; from += 4, to += rowWords) {
      for (let word = 0; word < 4; word++) target[to + word] = plane[from + word]!
    }
  }
}
