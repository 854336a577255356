/**
 * When and where the network's comparators run. Rows never move to be merged: every list keeps its
 * rows, and a merge only says which of them it compares. Each comparator layer runs as soon as the
 * layers before it have, so that merges that do not wait for each other share their messages: the
 * number of message rounds follows the depth of the tree, not the number of merges.
 */

import type { CompareRun, LayoutRun, MergeNode } from './network.ts'
import { inOneGo, type Steps } from './steps.ts'

export type Schedule = {
  /** Rows in memory: all lists, then rows of all ones that fill the merges' blocks. */
  readonly rows: number
  /** The first row of each partner's list. */
  readonly starts: ReadonlyMap<number, number>
  /** The first row of all ones. */
  readonly ones: number
  /** What is compared at a time; no row occurs twice in a step. */
  readonly steps: readonly (readonly CompareRun[])[]
  /** Where the merged rows are at the end, in order. */
  readonly order: readonly RowSpan[]
}

export type RowSpan = { readonly start: number; readonly count: number }

export function rowsOf(order: readonly RowSpan[]): number {
  return order.reduce((sum, { count }) => sum + count, 0)
}

/** Compute nodes: from the network alone, so that all three have the same. */
export function scheduleOf(network: MergeNode): Schedule {
  return inOneGo(scheduleInTurns(network))
}

/** As `scheduleOf`, in steps of a few milliseconds. */
export function* scheduleInTurns(network: MergeNode): Steps<Schedule> {
  const building: Building = { starts: new Map(), steps: [], rows: 0 }
  const lists = listsOf(network)
  for (const { partner, rows } of lists) {
    building.starts.set(partner, building.rows)
    building.rows += rows
  }
  const ones = building.rows
  const { at } = yield* place(network, building)
  const { rows, starts } = building
  return { rows, starts, ones, steps: building.steps, order: joinRows(at) }
}

/** Pairs that are compared in all steps together. */
export function comparators({ steps }: Pick<Schedule, 'steps'>): number {
  return steps.reduce((sum, runs) => sum + pairsOf(runs), 0)
}

export function pairsOf(runs: readonly CompareRun[]): number {
  return runs.reduce((sum, run) => sum + run.count, 0)
}

type Building = {
  readonly starts: Map<number, number>
  readonly steps: CompareRun[][]
  rows: number
}

/** A merged part of the network: `at` are its rows in order, `spare` rows that are all ones by then. */
type Placed = { readonly at: Int32Array; readonly spare: readonly number[]; readonly ready: number }

function listsOf(node: MergeNode): readonly (MergeNode & { readonly kind: 'list' })[] {
  return node.kind === 'list' ? [node] : [...listsOf(node.left), ...listsOf(node.right)]
}

function* place(node: MergeNode, building: Building): Steps<Placed> {
  if (node.kind === 'list') {
    const start = building.starts.get(node.partner)!
    return { at: Int32Array.from({ length: node.rows }, (_, i) => start + i), spare: [], ready: 0 }
  }
  const left = yield* place(node.left, building)
  const right = yield* place(node.right, building)
  yield
  const spare = [...left.spare, ...right.spare]
  const nextSpare = () => spare.pop() ?? building.rows++
  const at = layOut(node.layout, node.size, left.at, right.at, nextSpare)
  const begin = Math.max(left.ready, right.ready)
  for (const [layer, runs] of node.layers.entries()) {
    building.steps[begin + layer] ??= []
    const step = building.steps[begin + layer]!
    for (const run of runs) addRuns(step, run, at)
    yield
  }
  // A merge ends with its rows in front and all ones behind them.
  const behind = [...at.subarray(node.rows), ...spare]
  return { at: at.slice(0, node.rows), spare: behind, ready: begin + node.layers.length }
}

function layOut(
  layout: readonly LayoutRun[],
  size: number,
  left: Int32Array,
  right: Int32Array,
  nextSpare: () => number,
): Int32Array {
  const at = new Int32Array(size)
  let row = 0
  for (const { from, start, count } of layout) {
    for (let k = 0; k < count; k++) {
      at[row++] = from === 'ones' ? nextSpare() : (from === 'left' ? left : right)[start + k]!
    }
  }
  return at
}

/** The same comparisons where the rows are, in runs as long as possible. */
function addRuns(step: CompareRun[], run: CompareRun, at: Int32Array): void {
  const { low, high, count, common } = run
  for (let from = 0, to = 1; from < count; from = to++) {
    const [a, b] = [at[low + from]!, at[high + from]!]
    while (to < count && at[low + to] === a + to - from && at[high + to] === b + to - from) to++
    step.push({ low: a, high: b, count: to - from, common })
  }
}

function joinRows(at: Int32Array): RowSpan[] {
  const spans: { start: number; count: number }[] = []
  for (const row of at) {
    const last = spans.at(-1)
    if (last !== undefined && last.start + last.count === row) last.count++
    else spans.push({ start: row, count: 1 })
  }
  return spans
}
