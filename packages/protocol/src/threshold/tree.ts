/**
 * The shape of the merge: which lists meet in which order, and about what it costs.
 *
 * A comparator moves whole rows, so the cost is about the rows of all merges together. Merging the
 * two shortest lists first makes that least (Huffman 1952): a short list passes through many small
 * merges, a long one through few.
 */

import type { RoundPlan } from './plan.ts'

/** `span`: the rows without the windows, M = factor·base of every list together. */
export type MergeTree = { readonly span: number; readonly rows: number } & (
  | { readonly partner: number }
  | { readonly left: MergeTree; readonly right: MergeTree }
)

type Sizes = Pick<RoundPlan, 'base' | 'window'> & {
  readonly partners: readonly { readonly factor: number }[]
}

/** Of two equally short lists the one in earlier, and given lists come before merged ones. */
export function mergeTree(plan: Sizes, included: readonly number[]): MergeTree {
  const given = included
    .map((partner): MergeTree => {
      const span = plan.partners[partner]!.factor * plan.base
      return { partner, span, rows: span + plan.window }
    })
    .sort((a, b) => a.rows - b.rows)
  const merged: MergeTree[] = []
  let nextGiven = 0
  let nextMerged = 0
  const shortest = (): MergeTree => {
    const one = given[nextGiven]
    const other = merged[nextMerged]
    if (one === undefined || (other !== undefined && other.rows < one.rows)) {
      nextMerged++
      return other!
    }
    nextGiven++
    return one
  }
  for (let merges = included.length - 1; merges > 0; merges--) {
    const left = shortest()
    const right = shortest()
    merged.push({ left, right, span: left.span + right.span, rows: left.rows + right.rows })
  }
  return shortest()
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
  const ratio = left.span / right.span
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
