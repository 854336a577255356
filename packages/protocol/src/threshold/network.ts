/**
 * The comparator network that merges the partners' sorted lists: a tree of merges made from public
 * sizes alone, so that it tells nothing about the records.
 *
 * Batcher's odd-even merge (1968), truncated: the slot rule of prepare.ts bounds how far apart
 * equal keys can stand in two lists, so that a merge starts at the distance of one block instead of
 * half its length. columns.ts says why the first layer is enough.
 */

import { alignColumns, joinSides, ONES, type Side, sideOfList } from './columns.ts'
import type { RoundPlan } from './plan.ts'
import { type MergeTree, mergeTree } from './tree.ts'
import { atOnce } from './turns.ts'

/** `layout` fills working rows 0 to size - 1 in order; `ones` are rows of all ones, which stay last. */
export type LayoutRun = {
  readonly from: 'left' | 'right' | 'ones'
  readonly start: number
  readonly count: number
}

/** Compare-exchange row low + k with row high + k for every k < count, the smaller to low. */
export type CompareRun = { readonly low: number; readonly high: number; readonly count: number }

export type MergeNode =
  | { readonly kind: 'list'; readonly partner: number; readonly rows: number }
  | {
      readonly kind: 'merge'
      readonly left: MergeNode
      readonly right: MergeNode
      /** left.rows + right.rows; the output is the first `rows` of the working rows. */
      readonly rows: number
      /** Working rows, padding included. */
      readonly size: number
      readonly layout: readonly LayoutRun[]
      /** Runs of one layer are disjoint. */
      readonly layers: readonly (readonly CompareRun[])[]
    }

/** Compute nodes: the network over the lists left after validation, partner indexes in plan order. */
export function mergeNetwork(plan: RoundPlan, included: readonly number[]): MergeNode {
  return atOnce(networkInTurns(plan, included))
}

/** As `mergeNetwork`, with a stop after every merge. */
export function* networkInTurns(
  plan: RoundPlan,
  included: readonly number[],
): Generator<undefined, MergeNode> {
  return (yield* toNode(plan, mergeTree(plan, included))).node
}

type Built = { readonly node: MergeNode; readonly side: Side }

function* toNode(plan: RoundPlan, tree: MergeTree): Generator<undefined, Built> {
  if ('partner' in tree) {
    const { partner, rows } = tree
    return { node: { kind: 'list', partner, rows }, side: sideOfList(plan, partner) }
  }
  const left = yield* toNode(plan, tree.left)
  const right = yield* toNode(plan, tree.right)
  yield
  const node = mergeOf(left, right)
  return { node, side: joinSides(left.side, right.side) }
}

function mergeOf({ node: left, side: leftSide }: Built, { node: right, side }: Built): MergeNode {
  const { block, source, pairs } = alignColumns(leftSide, side)
  const rows = left.rows + right.rows
  const size = source.length
  const doubtful: CompareRun[] = []
  addRuns(doubtful, 0, size - block, block, (low) => pairs[low] === 1)
  const layers = [doubtful]
  for (let g = block / 2; g >= 1; g /= 2) layers.push(oddBlocks(g, size))
  return {
    kind: 'merge',
    left,
    right,
    rows,
    size,
    layout: layoutRuns(source, left.rows),
    layers: dropIdle(layers, source, rows).filter((layer) => layer.length > 0),
  }
}

/** Row p against row p + g wherever floor(p/g) is odd. */
function oddBlocks(g: number, size: number): CompareRun[] {
  const runs: CompareRun[] = []
  for (let low = g; low + 2 * g <= size; low += 2 * g) {
    runs.push({ low, high: low + g, count: g })
  }
  return runs
}

function layoutRuns(source: Int32Array, lefts: number): LayoutRun[] {
  const runs: LayoutRun[] = []
  const side = (row: number) => (row === ONES ? 'ones' : row < lefts ? 'left' : 'right')
  for (let at = 0, end = 0; at < source.length; at = end) {
    const first = source[at]!
    const from = side(first)
    const step = from === 'ones' ? 0 : 1
    end = at + 1
    while (end < source.length && source[end] === first + step * (end - at)) {
      if (side(source[end]!) !== from) break
      end++
    }
    const start = from === 'ones' ? 0 : from === 'left' ? first : first - lefts
    runs.push({ from, start, count: end - at })
  }
  return runs
}

/**
 * Leaves out comparators that change nothing: forward, where the high row is known to be all ones;
 * backward, where neither row can reach the output (at the end every other row is all ones).
 */
function dropIdle(
  layers: readonly (readonly CompareRun[])[],
  source: Int32Array,
  rows: number,
): CompareRun[][] {
  const ones = Uint8Array.from(source, (row) => (row === ONES ? 1 : 0))
  const changing = layers.map((layer) =>
    keepWhere(layer, (low, high) => {
      if (ones[high] === 1) return false
      // A row of all ones in the low place surely changes places.
      ones[high] = ones[low]!
      ones[low] = 0
      return true
    }),
  )
  const needed = new Uint8Array(source.length).fill(1, 0, rows)
  return changing
    .toReversed()
    .map((layer) =>
      keepWhere(layer, (low, high) => {
        if (needed[low] === 0 && needed[high] === 0) return false
        needed[low] = 1
        needed[high] = 1
        return true
      }),
    )
    .toReversed()
}

function keepWhere(
  layer: readonly CompareRun[],
  keep: (low: number, high: number) => boolean,
): CompareRun[] {
  const runs: CompareRun[] = []
  for (const { low, high, count } of layer) addRuns(runs, low, low + count, high - low, keep)
  return runs
}

/** Runs over the rows from `from` up to `to` that `keep` accepts, asked once each in order. */
function addRuns(
  runs: CompareRun[],
  from: number,
  to: number,
  distance: number,
  keep: (low: number, high: number) => boolean,
): void {
  let low = from
  for (let row = from; row <= to; row++) {
    if (row < to && keep(row, row + distance)) continue
    if (row > low) runs.push({ low, high: low + distance, count: row - low })
    low = row + 1
  }
}
