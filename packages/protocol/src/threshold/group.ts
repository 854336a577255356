/**
 * Shards are computed in groups, to keep both memory and the number of messages bounded: a row of a
 * group is the rows of its shards side by side, 16 bytes each.
 */

import { newPlanes, type Planes, type PrgFactory, type Words, wordsOf } from '../mpc/index.ts'
import type { RoundPlan } from './plan.ts'
import { type InputShare, shardPlanes } from './share.ts'

/** One bit of all rows of a group, unless the round says otherwise. */
export const PLANE_BYTES = 256 * 1024

export type Group = { readonly firstShard: number; readonly shards: number }

/** From public sizes only, so that all nodes cut alike. */
export function groupsOf(plan: RoundPlan, planeBytes: number): readonly Group[] {
  const all = plan.bins / 128
  const size = Math.max(1, Math.floor(planeBytes / (16 * plan.rows)))
  const groups: Group[] = []
  for (let firstShard = 0; firstShard < all; firstShard += size)
    groups.push({ firstShard, shards: Math.min(size, all - firstShard) })
  return groups
}

/** Lists that are validated together: as many as fit the same bound, at least one. */
export function batchesOf(
  plan: RoundPlan,
  group: Group,
  partners: readonly number[],
  planeBytes: number,
): readonly (readonly number[])[] {
  const batches: number[][] = []
  let room = 0
  for (const partner of partners) {
    const bytes = plan.partners[partner]!.slots * 16 * group.shards
    if (bytes > room) {
      batches.push([])
      room = planeBytes
    }
    batches.at(-1)!.push(partner)
    room -= bytes
  }
  return batches
}

/** The lists of `partners` below each other in one set of planes; `starts` are their first rows. */
export function loadGroup(
  plan: RoundPlan,
  group: Group,
  partners: readonly number[],
  inputs: ReadonlyMap<number, InputShare>,
  prg: PrgFactory,
): { readonly planes: Planes; readonly starts: ReadonlyMap<number, number> } {
  const starts = new Map<number, number>()
  let rows = 0
  for (const partner of partners) {
    starts.set(partner, rows)
    rows += plan.partners[partner]!.slots
  }
  const planes = newPlanes(plan.width, rows, 4 * group.shards)
  for (const partner of partners) {
    const input = inputs.get(partner)!
    const { slots } = plan.partners[partner]!
    for (let shard = 0; shard < group.shards; shard++) {
      for (const held of [0, 1] as const) {
        const source = wordsOf(shardPlanes(plan, input, held, group.firstShard + shard, prg))
        const target = held === 0 ? planes.share.first : planes.share.second
        scatter(target, planes, starts.get(partner)!, shard, source, slots)
      }
    }
  }
  return { planes, starts }
}

function scatter(
  target: Words,
  planes: Planes,
  start: number,
  shard: number,
  source: Words,
  slots: number,
): void {
  let from = 0
  for (let bit = 0; bit < planes.bits; bit++) {
    let to = (bit * planes.stride + start) * planes.rowWords + 4 * shard
    for (let slot = 0; slot < slots; slot++, to += planes.rowWords) {
      for (let word = 0; word < 4; word++) target[to + word] = source[from++]!
    }
  }
}
