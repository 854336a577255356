/**
 * The comparator network that merges the partners' sorted lists: a tree of merges made from public
 * sizes alone, so that it tells nothing about the records.
 *
 * Batcher's odd-even merge (1968), truncated: the slot rule of prepare.ts bounds how far apart
 * equal keys can stand in two lists, so that a merge starts at the distance of one block instead of
 * half its length. columns.ts says why the first layer is enough, ranges.ts what is known in advance
 * of rows, so that comparators whose outcome follows are left out.
 */

import { sum } from '../mpc/index.ts'
import { alignColumns, joinSides, ONES, type Side, sideOfList } from './columns.ts'
import type { RoundPlan } from './plan.ts'
import { commonBits, inDoubt, isReversed, order, type Ranges, rangesOf } from './ranges.ts'
import { inOneGo, type Steps } from './steps.ts'
import { type MergeTree, mergeTree } from './tree.ts'

/** `layout` fills working rows 0 to size - 1 in order; `ones` are rows of all ones, which stay last. */
export type LayoutRun = {
  readonly from: 'left' | 'right' | 'ones'
  readonly start: number
  readonly count: number
}

/**
 * Compare-exchange row low + k with row high + k for every k < count, the smaller to low. Both surely
 * agree in the `common` leading bits of x.
 */
export type CompareRun = {
  readonly low: number
  readonly high: number
  readonly count: number
  readonly common: number
}

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
  return inOneGo(networkInTurns(plan, included))
}

/** As `mergeNetwork`, in steps of a few milliseconds. */
export function* networkInTurns(plan: RoundPlan, included: readonly number[]): Steps<MergeNode> {
  return (yield* toNode(plan, mergeTree(plan, included), new Map())).node
}

/** `shape` is equal for parts of the tree that differ in their partners alone. */
type Built = { readonly node: MergeNode; readonly side: Side; readonly shape: string }
type Merged = Pick<MergeNode & { kind: 'merge' }, 'size' | 'layout' | 'layers'> & {
  readonly side: Side
}

/** @param known merges by the shapes of their sides: most are alike */
function* toNode(plan: RoundPlan, tree: MergeTree, known: Map<string, Merged>): Steps<Built> {
  if ('partner' in tree) {
    const { partner, rows } = tree
    const shape = String(plan.partners[partner]!.factor)
    return { node: { kind: 'list', partner, rows }, side: sideOfList(plan, partner), shape }
  }
  const left = yield* toNode(plan, tree.left, known)
  const right = yield* toNode(plan, tree.right, known)
  const shape = `(${left.shape} ${right.shape})`
  let merged = known.get(shape)
  if (merged === undefined) {
    yield
    merged = yield* mergeOf(left.side, right.side)
    known.set(shape, merged)
  }
  const { side, ...network } = merged
  const node = { kind: 'merge', left: left.node, right: right.node, rows: side.rows } as const
  return { node: { ...node, ...network }, side, shape }
}

/** A step is about one layer. */
function* mergeOf(left: Side, right: Side): Steps<Merged> {
  const { block, source, pairs } = alignColumns(left, right)
  yield
  const side = joinSides(left, right)
  yield
  const size = source.length
  const layers = [doubtfulRuns(pairs, block)]
  for (let g = block / 2; g >= 1; g /= 2) layers.push(oddBlocks(g, size))
  const ranges = rangesOf(left, right, source)
  yield
  const { kept, places } = yield* dropKnown(layers, ranges, side.rows)
  const layout = new Int32Array(size)
  for (const [row, place] of places.entries()) layout[place] = source[row]!
  yield
  return {
    size,
    layout: layoutRuns(layout, left.rows),
    layers: kept.filter((layer) => layer.length > 0),
    side,
  }
}

/** Row p against row p + distance, from p = low on. */
type Distance = { readonly low: number; readonly count: number; readonly distance: number }

/** Where `pairs` is 1. */
function doubtfulRuns(pairs: Uint8Array, distance: number): Distance[] {
  const runs: Distance[] = []
  for (let low = 0, row = 0; row <= pairs.length; row++) {
    if (pairs[row] === 1) continue
    if (row > low) runs.push({ low, count: row - low, distance })
    low = row + 1
  }
  return runs
}

/** Row p against row p + g wherever floor(p/g) is odd. */
function oddBlocks(g: number, size: number): Distance[] {
  const runs: Distance[] = []
  for (let low = g; low + 2 * g <= size; low += 2 * g) runs.push({ low, count: g, distance: g })
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
 * Leaves out comparators whose outcome is known: forward, where the rows stand in order already, among
 * them all with a row of ones in the high place, or surely stand the wrong way round; backward, where
 * neither row can reach the output (at the end every other row is all ones). Rows that surely change
 * places change names instead, all the way from the layout, so that the output stays in order.
 * @returns the layers, and for each working row of the layout the row that it is from the beginning
 */
function* dropKnown(
  layers: readonly (readonly Distance[])[],
  ranges: Ranges,
  rows: number,
): Steps<{ readonly kept: readonly (readonly CompareRun[])[]; readonly places: Int32Array }> {
  const size = ranges.lower.length
  // Which row of the layout stands where.
  const standing = Int32Array.from({ length: size }, (_, row) => row)
  const open: Int32Array[] = []
  for (const layer of layers) {
    // Low, high and what they have in common, one after another: millions of objects would take longer.
    const pairs = new Int32Array(3 * sum(layer, ({ count }) => count))
    let end = 0
    for (const { low: start, count, distance } of layer) {
      for (let low = start, high = start + distance; low < start + count; low++, high++) {
        if (!inDoubt(ranges, low, high)) continue
        const first = standing[low]!
        const second = standing[high]!
        if (isReversed(ranges, low, high)) {
          standing[low] = second
          standing[high] = first
        } else {
          pairs[end++] = first
          pairs[end++] = second
          pairs[end++] = commonBits(ranges, low, high)
        }
        order(ranges, low, high)
      }
    }
    open.push(pairs.subarray(0, end))
    yield
  }
  const places = new Int32Array(size)
  standing.forEach((row, place) => {
    places[row] = place
  })
  const needed = new Uint8Array(size).fill(1, 0, rows)
  const kept: OpenRun[][] = []
  for (const pairs of open.toReversed()) {
    const runs: OpenRun[] = []
    for (let i = 0; i < pairs.length; i += 3) {
      const low = places[pairs[i]!]!
      const high = places[pairs[i + 1]!]!
      if (needed[low] === 0 && needed[high] === 0) continue
      needed[low] = 1
      needed[high] = 1
      addPair(runs, low, high, pairs[i + 2]!)
    }
    kept.push(runs)
    yield
  }
  return { kept: kept.toReversed(), places }
}

type OpenRun = {
  readonly low: number
  readonly high: number
  count: number
  readonly common: number
}

function addPair(runs: OpenRun[], low: number, high: number, common: number): void {
  const last = runs[runs.length - 1]
  const goesOn =
    last !== undefined &&
    last.common === common &&
    last.low + last.count === low &&
    last.high + last.count === high
  if (goesOn) last.count++
  else runs.push({ low, high, count: 1, common })
}
