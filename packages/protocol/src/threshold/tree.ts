/**
 * The shape of the merge: which partners' lists meet in which order, and in blocks of how many rows.
 *
 * A list with factor s weighs as much as s sublists of factor 1 but stays whole: it is sorted
 * already. The tree halves the weight at the boundary between two partners nearest to the middle.
 */

import type { RoundPlan } from './plan.ts'

export type MergeTree = { readonly sublists: number; readonly rows: number } & (
  | { readonly partner: number }
  | { readonly left: MergeTree; readonly right: MergeTree }
)

type Sizes = {
  readonly base: number
  readonly window: number
  readonly partners: readonly { readonly factor: number }[]
}

export function mergeTree(plan: Sizes, included: readonly number[]): MergeTree {
  const weights = included.map((partner) => plan.partners[partner]!.factor)
  const build = (from: number, to: number): MergeTree => {
    if (to - from === 1) {
      const sublists = weights[from]!
      return { partner: included[from]!, sublists, rows: sublists * plan.base + plan.window }
    }
    const middle = halfway(weights, from, to)
    const left = build(from, middle)
    const right = build(middle, to)
    return { left, right, sublists: left.sublists + right.sublists, rows: left.rows + right.rows }
  }
  return build(0, included.length)
}

/** The boundary that leaves the sides most alike, the first side the larger one when two do. */
function halfway(weights: readonly number[], from: number, to: number): number {
  let total = 0
  for (let i = from; i < to; i++) total += weights[i]!
  let best = from + 1
  let bestGap = Number.POSITIVE_INFINITY
  let first = 0
  for (let middle = from + 1; middle < to; middle++) {
    first += weights[middle - 1]!
    const gap = Math.abs(2 * first - total)
    if (gap <= bestGap) {
      best = middle
      bestGap = gap
    }
  }
  return best
}

/**
 * Rows of a block, h0: equal keys stand at most (W + 2)·c/2 rows apart after c sublists are laid
 * out block by block; no more than the longer side is ever needed.
 */
export function blockRows(window: number, sublists: number, longerSide: number): number {
  const apart = Math.min(((window + 2) * sublists) / 2, longerSide)
  let rows = 1
  while (rows < apart) rows *= 2
  return rows
}

/**
 * Comparators of all merges before idle ones are dropped, in closed form: the planner's measure.
 * A layer at distance g compares size/2 - g pairs.
 */
export function countComparators(plan: Sizes, tree: MergeTree): number {
  if ('partner' in tree) return 0
  const { left, right } = tree
  const block = blockRows(plan.window, tree.sublists, Math.max(left.rows, right.rows))
  const leftBlocks = Math.ceil(left.rows / block)
  const rightBlocks = Math.ceil(right.rows / block)
  const blocks = leftBlocks + rightBlocks
  const blockPairs =
    left.sublists === right.sublists ? Math.min(leftBlocks, rightBlocks) : blocks - 1
  const size = blocks * block
  const here = blockPairs * block + (Math.log2(block) * size) / 2 - (block - 1)
  return here + countComparators(plan, left) + countComparators(plan, right)
}
