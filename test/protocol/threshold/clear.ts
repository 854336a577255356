/** The merge in the clear: what the compute nodes do to shares, done to numbers. */

import type { MergeNode, PreparedList, RoundPlan } from '@drempel/protocol/threshold'
import { readCell } from '../worlds/cells.ts'

/** Rows of one bin, by the network; rows in order of the tree's lists in. */
export function mergeRows(
  node: MergeNode,
  list: (partner: number) => readonly bigint[],
  ones: bigint,
): bigint[] {
  if (node.kind === 'list') return [...list(node.partner)]
  const sides = { left: mergeRows(node.left, list, ones), right: mergeRows(node.right, list, ones) }
  const rows = node.layout.flatMap(({ from, start, count }) =>
    from === 'ones' ? Array<bigint>(count).fill(ones) : sides[from].slice(start, start + count),
  )
  for (const layer of node.layers) {
    for (const { low, high, count } of layer) {
      for (let k = 0; k < count; k++) {
        const [a, b] = [rows[low + k]!, rows[high + k]!]
        rows[low + k] = a < b ? a : b
        rows[high + k] = a < b ? b : a
      }
    }
  }
  return rows.slice(0, node.rows)
}

export function binOf(plan: RoundPlan, prepared: PreparedList, bin: number): bigint[] {
  const { slots } = plan.partners[prepared.partner]!
  return Array.from({ length: slots }, (_, slot) => readCell(plan, prepared, bin, slot))
}

export function mergesOf(node: MergeNode): (MergeNode & { kind: 'merge' })[] {
  if (node.kind === 'list') return []
  return [...mergesOf(node.left), ...mergesOf(node.right), node]
}

export function listsOf(node: MergeNode): number[] {
  return node.kind === 'list' ? [node.partner] : [...listsOf(node.left), ...listsOf(node.right)]
}

/** A plan of any shape, also one that `planRound` would not choose. */
export function shapedPlan(base: number, factors: readonly number[], window = 62): RoundPlan {
  const partners = factors.map((factor, i) => {
    return { id: `p${i}`, paddedSize: 0, factor, slots: factor * base + window }
  })
  const rows = partners.reduce((sum, { slots }) => sum + slots, 0)
  const bits = { keyBits: 79, width: 72, orderBits: 52, reportBits: 0 as const }
  return { bins: 128, binBits: 7, base, window, ...bits, partners, rows }
}
