/**
 * The 0-1 test of a merge: a network sorts every input of a class if it sorts every input of zeros
 * and ones that a threshold makes of one (Knuth, TAOCP 3, 5.3.4). Two sorted sides then are two
 * counts of zeros, and validation says which pairs of counts can occur.
 */

import { type MergeNode, type RoundPlan, slotBounds } from '@drempel/protocol/threshold'
import { listsOf } from './clear.ts'

type Merge = MergeNode & { kind: 'merge' }
export type Alignment = { readonly left: number; readonly right: number }
/** For one threshold: counts of zeros of each side, from least to most. */
export type Window = {
  readonly left: readonly [number, number]
  readonly right: readonly [number, number]
}

/** Straight from the meaning of the bounds, threshold by threshold and entry by entry. */
export function allowedWindows(plan: RoundPlan, merge: Merge): Window[] {
  const everyBounds = plan.partners.map((_, partner) => slotBounds(plan, partner))
  const bits = Math.max(...everyBounds.map((bounds) => bounds.bits))
  const counts = (partners: readonly number[], step: number): [number, number] => {
    let [least, most] = [0, 0]
    for (const partner of partners) {
      const bounds = everyBounds[partner]!
      const stretch = 2 ** (bits - bounds.bits)
      // A threshold inside the step: above every number of its bits up to `step`.
      for (const lower of bounds.lower) if (lower < 0 || lower * stretch <= step) most++
      for (const upper of bounds.upper) if (upper >= 0 && (upper + 1) * stretch <= step) least++
    }
    return [least, most]
  }
  const windows: Window[] = []
  const [left, right] = [listsOf(merge.left), listsOf(merge.right)]
  for (let step = 0; step < 2 ** bits; step++) {
    windows.push({ left: counts(left, step), right: counts(right, step) })
  }
  return windows
}

export function* everyAlignment(windows: readonly Window[]): Generator<Alignment> {
  const most = windows.reduce((greatest, { right }) => Math.max(greatest, right[1]), 0)
  // Windows overlap, so that most pairs are in many: for each count of the left those of the right.
  const allowed: Uint8Array[] = []
  for (const { left, right } of windows) {
    for (let l = left[0]; l <= left[1]; l++) {
      const rights = allowed[l] ?? new Uint8Array(most + 1)
      allowed[l] = rights.fill(1, right[0], right[1] + 1)
    }
  }
  for (const [left, rights] of allowed.entries()) {
    // Counts that no window has leave holes.
    if (rights === undefined) continue
    for (let right = rights.indexOf(1); right >= 0; right = rights.indexOf(1, right + 1)) {
      yield { left, right }
    }
  }
}

/** Corners and edges of every window, where a merge fails first, and some of the inside. */
export function* someAlignments(
  windows: readonly Window[],
  inside: number,
  below: (bound: number) => number,
): Generator<Alignment> {
  const edge = ([least, most]: readonly [number, number]) =>
    [least, least + 1, most - 1, most].filter((count) => least <= count && count <= most)
  for (const { left, right } of windows) {
    const pick = ([least, most]: readonly [number, number]) => least + below(most - least + 1)
    for (const l of edge(left)) for (const r of edge(right)) yield { left: l, right: r }
    for (let i = 0; i < inside; i++) yield { left: pick(left), right: pick(right) }
    for (const l of edge(left)) yield { left: l, right: pick(right) }
    for (const r of edge(right)) yield { left: pick(left), right: r }
  }
}

/** @returns the first alignment that the merge leaves unsorted, and how many it sorted */
export function zeroOneTest(
  merge: Merge,
  alignments: Iterable<Alignment>,
): { unsorted: Alignment | undefined; tried: number } {
  const pairs = comparatorsOf(merge)
  const rows = new Int32Array(merge.size)
  let tried = 0
  let lanes: Alignment[] = []
  const run = (): Alignment | undefined => {
    load(merge, lanes, rows)
    compareAll(pairs, rows)
    // Sorted exactly if every row is what the number of zeros says.
    const expected = new Int32Array(merge.rows + 1)
    for (const [lane, { left, right }] of lanes.entries()) expected[left + right]! |= 1 << lane
    let wrong = 0
    for (let row = 0, ones = 0; row < merge.rows; row++) {
      ones |= expected[row]!
      wrong |= rows[row]! ^ ones
    }
    const lane = lanes.findIndex((_, i) => ((wrong >>> i) & 1) === 1)
    if (lane >= 0) return lanes[lane]
    tried += lanes.length
    lanes = []
    return undefined
  }
  for (const alignment of alignments) {
    lanes.push(alignment)
    const unsorted = lanes.length === 32 ? run() : undefined
    if (unsorted !== undefined) return { unsorted, tried }
  }
  return { unsorted: run(), tried }
}

/** Comparators, as [low, high], that in no alignment meet a zero in the low row and a one in the high. */
export function alwaysSwapping(merge: Merge, alignments: Iterable<Alignment>): [number, number][] {
  const pairs = comparatorsOf(merge)
  const rows = new Int32Array(merge.size)
  const stays = new Uint8Array(pairs.length / 2)
  const all = [...alignments]
  for (let from = 0; from < all.length; from += 32) {
    const lanes = all.slice(from, from + 32)
    const every = lanes.length === 32 ? -1 : 2 ** lanes.length - 1
    load(merge, lanes, rows)
    for (let i = 0; i < pairs.length; i += 2) {
      const [a, b] = [rows[pairs[i]!]!, rows[pairs[i + 1]!]!]
      if ((~a & b & every) !== 0) stays[i / 2] = 1
      rows[pairs[i]!] = a & b
      rows[pairs[i + 1]!] = a | b
    }
  }
  return [...stays.entries()]
    .filter(([, stay]) => stay === 0)
    .map(([i]) => [pairs[2 * i]!, pairs[2 * i + 1]!])
}

function comparatorsOf(merge: Merge): Int32Array {
  const pairs: number[] = []
  for (const { low, high, count } of merge.layers.flat()) {
    for (let k = 0; k < count; k++) pairs.push(low + k, high + k)
  }
  return Int32Array.from(pairs)
}

/** Nearly all of a test's time: no arrays, and numbers that fit a register. */
function compareAll(pairs: Int32Array, rows: Int32Array): void {
  for (let i = 0; i < pairs.length; i += 2) {
    const low = pairs[i]!
    const high = pairs[i + 1]!
    const a = rows[low]!
    const b = rows[high]!
    rows[low] = a & b
    rows[high] = a | b
  }
}

/** Bit i of a row is the row's value in alignment i. */
function load(merge: Merge, lanes: readonly Alignment[], rows: Int32Array): void {
  const side = (name: 'left' | 'right') => {
    const words = new Int32Array(merge[name].rows + 1)
    for (const [lane, alignment] of lanes.entries()) words[alignment[name]]! |= 1 << lane
    for (let row = 1; row < words.length; row++) words[row]! |= words[row - 1]!
    return words
  }
  const words = { left: side('left'), right: side('right') }
  let at = 0
  for (const { from, start, count } of merge.layout) {
    if (from === 'ones') rows.fill(-1, at, at + count)
    else rows.set(words[from].subarray(start, start + count), at)
    at += count
  }
}
