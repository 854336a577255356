/**
 * The comparator network that merges the partners' sorted lists, one tree of merges, made from
 * public sizes alone.
 *
 * Batcher's odd-even merge (1968), truncated: the slot rule of prepare.ts bounds how far apart
 * equal keys can stand in two lists, so that a merge starts at the distance of one block instead of
 * half its length. Comparators that provably change nothing are left out.
 */

import type { RoundPlan } from './plan.ts'
import { blockRows, type MergeTree, mergeTree } from './tree.ts'

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
  return toNode(plan, mergeTree(plan, included))
}

function toNode(plan: RoundPlan, tree: MergeTree): MergeNode {
  if ('partner' in tree) return { kind: 'list', partner: tree.partner, rows: tree.rows }
  const { left, right, rows } = tree
  const block = blockRows(plan.window, tree.sublists, Math.max(left.rows, right.rows))
  const blocks = arrangeBlocks(left, right, block)
  const size = blocks.length * block
  const layout = layOut(blocks, left.rows, right.rows, block)
  const layers: CompareRun[][] = [pairBlocks(0, block, size)]
  if (left.sublists !== right.sublists) layers.push(pairBlocks(1, block, size))
  for (let g = block / 2; g >= 1; g /= 2) layers.push(pairBlocks(1, g, size))
  return {
    kind: 'merge',
    left: toNode(plan, left),
    right: toNode(plan, right),
    rows,
    size,
    layout,
    layers: dropIdle(layout, layers, rows, size).filter((layer) => layer.length > 0),
  }
}

/**
 * Equal sides alternate and the longer side's rest follows. Unequal sides: block u of a side with c
 * sublists is centred on (2u + 1)·block/(2c) base slots, so order by (2u + 1)·(the other side's c),
 * ties to the left.
 */
function arrangeBlocks(left: MergeTree, right: MergeTree, block: number): ('left' | 'right')[] {
  const lefts = Math.ceil(left.rows / block)
  const rights = Math.ceil(right.rows / block)
  const order: ('left' | 'right')[] = []
  let l = 0
  let r = 0
  while (l < lefts || r < rights) {
    const leftFirst = (2 * l + 1) * right.sublists <= (2 * r + 1) * left.sublists
    if (r === rights || (l < lefts && leftFirst)) {
      order.push('left')
      l++
    } else {
      order.push('right')
      r++
    }
  }
  return order
}

/** The last block of each side is filled with rows of all ones. */
function layOut(
  blocks: readonly ('left' | 'right')[],
  leftRows: number,
  rightRows: number,
  block: number,
): LayoutRun[] {
  const rows = { left: leftRows, right: rightRows }
  const next = { left: 0, right: 0 }
  const layout: LayoutRun[] = []
  for (const from of blocks) {
    const start = next[from]
    const count = Math.min(block, rows[from] - start)
    layout.push({ from, start, count })
    if (count < block) layout.push({ from: 'ones', start: 0, count: block - count })
    next[from] += count
  }
  return layout
}

/** Runs of g rows against the g rows after them, for the pairs (odd, odd + 1), (odd + 2, odd + 3), ... */
function pairBlocks(odd: 0 | 1, g: number, size: number): CompareRun[] {
  const runs: CompareRun[] = []
  for (let low = odd * g; low + 2 * g <= size; low += 2 * g) {
    runs.push({ low, high: low + g, count: g })
  }
  return runs
}

/**
 * Leaves out comparators that change nothing: forward, where the high row is known to be a row of
 * all ones or both rows still stand in the order of their own sorted side; backward, where neither
 * row can reach the first `rows` rows (at the end every other row is all ones).
 */
function dropIdle(
  layout: readonly LayoutRun[],
  layers: readonly (readonly CompareRun[])[],
  rows: number,
  size: number,
): CompareRun[][] {
  const [LEFT, RIGHT, ONES, MIXED] = [1, 2, 3, 0]
  const state = new Uint8Array(size)
  let at = 0
  for (const { from, count } of layout) {
    state.fill(from === 'ones' ? ONES : from === 'left' ? LEFT : RIGHT, at, at + count)
    at += count
  }
  const changing = layers.map((layer) =>
    keepWhere(layer, (low, high) => {
      const before = state[low]!
      const after = state[high]!
      if (after === ONES || (before === after && before !== MIXED)) return false
      state[low] = MIXED
      // A row of all ones in the low place surely moves up.
      state[high] = before === ONES ? ONES : MIXED
      return true
    }),
  )
  const needed = new Uint8Array(size).fill(1, 0, rows)
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
  const kept: CompareRun[] = []
  for (const { low, high, count } of layer) {
    let from = 0
    for (let k = 0; k <= count; k++) {
      if (k < count && keep(low + k, high + k)) continue
      if (k > from) kept.push({ low: low + from, high: high + from, count: k - from })
      from = k + 1
    }
  }
  return kept
}
