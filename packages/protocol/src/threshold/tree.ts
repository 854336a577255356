/**
 * The shape of the merge: which lists meet in which order, and about what it costs.
 *
 * A list with factor s weighs as much as s lists of factor 1, but stays whole: it is sorted already.
 * The tree halves the weight at the boundary between two partners nearest to the middle.
 */

import type { RoundPlan } from './plan.ts'

export type MergeTree = { readonly sublists: number; readonly rows: number } & (
  | { readonly partner: number }
  | { readonly left: MergeTree; readonly right: MergeTree }
)

type Sizes = Pick<RoundPlan, 'base' | 'window'> & {
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

/** The boundary that leaves the sides most alike, the left the larger one when two do. */
function halfway(weights: readonly number[], from: number, to: number): number {
  let total = 0
  for (let i = from; i < to; i++) total += weights[i]!
  let best = from + 1
  let bestGap = Number.POSITIVE_INFINITY
  let left = 0
  for (let middle = from + 1; middle < to; middle++) {
    left += weights[middle - 1]!
    const gap = Math.abs(2 * left - total)
    if (gap <= bestGap) {
      best = middle
      bestGap = gap
    }
  }
  return best
}

/**
 * Comparators of all merges together, estimated in closed form: the planner's measure. The network
 * itself finds the least block that is safe; here the block comes from how many rows of a side can
 * be on either side of a threshold (`spread`), scaled to the other side's density.
 */
export function estimateComparators(window: number, tree: MergeTree): number {
  return estimate(window, tree).comparators
}

function estimate(window: number, tree: MergeTree): { comparators: number; spread: number } {
  if ('partner' in tree) return { comparators: 0, spread: window + 1.5 }
  const { left, right } = tree
  const l = estimate(window, left)
  const r = estimate(window, right)
  const ratio = left.sublists / right.sublists
  const apart =
    ratio === 1
      ? Math.max(l.spread, r.spread)
      : Math.max(l.spread / ratio + r.spread, r.spread * ratio + l.spread)
  const longer = Math.max(left.rows, right.rows)
  let layers = 0
  for (let block = 1; block < apart && block < longer; block *= 2) layers++
  const here = Math.min(left.rows, right.rows) + (tree.rows / 2) * layers
  return { comparators: here + l.comparators + r.comparators, spread: l.spread + r.spread }
}
