/**
 * Is every submitted list what an honest partner can submit? Per partner and bin one bit, the AND over
 * its slots of: x_{p+1} > x_p at full width (no identifier counts twice); x_p within slot p's public
 * bounds (a clustered list would push others' equal keys out of the merge's reach); and the last
 * entry's order prefix is not all ones (pad rows stay last).
 *
 * Opened are these bits alone, each about one partner's own list, all ones for honest partners. The
 * sortedness of merged data is never checked: that bit would depend on others' data.
 */

import {
  andInto,
  andOverPlanes,
  andPairs,
  chunkRuns,
  greaterThan,
  type Planes,
  planeAt,
  type Session,
  type Share,
  type Words,
  xorConstant,
  zeroShare,
} from '../mpc/index.ts'
import { slotBounds } from './bounds.ts'
import type { RoundPlan } from './plan.ts'

export type Checks = { readonly bounds: boolean }

/** One row per partner of `starts`, in its order: the bits of a group's bins. */
export async function validateGroup(
  session: Session,
  plan: RoundPlan,
  planes: Planes,
  starts: ReadonlyMap<number, number>,
  checks: Checks = { bounds: true },
): Promise<Share> {
  const lists = [...starts].map(([partner, start]) => ({
    partner,
    start,
    count: plan.partners[partner]!.slots,
  }))
  const ok = zeroShare(planes.rows * planes.rowWords)
  await ascending(session.narrow('ascending'), planes, lists, ok)
  await lastBelowPads(session.narrow('last'), plan, planes, lists, ok)
  if (checks.bounds) await inBounds(session.narrow('bounds'), plan, planes, lists, ok)
  return foldLists(session.narrow('fold'), planes.rowWords, lists, ok)
}

type List = { readonly partner: number; readonly start: number; readonly count: number }

async function ascending(
  session: Session,
  planes: Planes,
  lists: readonly List[],
  ok: Share,
): Promise<void> {
  const pairs = lists.map(({ start, count }) => ({ low: start + 1, high: start, count: count - 1 }))
  const greater = await greaterThan(session, planes, chunkRuns(pairs, planes.rowWords), planes.bits)
  let from = 0
  for (const { start, count } of lists) {
    const words = (count - 1) * planes.rowWords
    copyRows(ok, start * planes.rowWords, greater, from, words)
    from += words
  }
}

async function lastBelowPads(
  session: Session,
  plan: RoundPlan,
  planes: Planes,
  lists: readonly List[],
  ok: Share,
): Promise<void> {
  const { rowWords, share } = planes
  const words = lists.length * rowWords
  const last = zeroShare(plan.orderBits * words)
  for (let bit = 0; bit < plan.orderBits; bit++) {
    lists.forEach(({ start, count }, i) => {
      const row = planeAt(planes, bit) + (start + count - 1) * rowWords
      copyRows(last, bit * words + i * rowWords, share, row, rowWords)
    })
  }
  const allOnes = await andOverPlanes(session, last, plan.orderBits, words)
  xorConstant(session.party, allOnes, -1)
  lists.forEach(({ start, count }, i) => {
    copyRows(ok, (start + count - 1) * rowWords, allOnes, i * rowWords, rowWords)
  })
}

// From the low bit up, with the bit l of the public bound: at least l: g = l ? g ∧ a : g ∨ a; at most u:
// g = u ? g ∨ ¬a : g ∧ ¬a, both from g = 1. One AND t = g ∧ y each, since g ∨ y = g ⊕ y ⊕ t. A missing
// bound is 0 or all ones, which every x meets.
async function inBounds(
  session: Session,
  plan: RoundPlan,
  planes: Planes,
  lists: readonly List[],
  ok: Share,
): Promise<void> {
  const { rowWords, rows } = planes
  const words = rows * rowWords
  const { bits, lower, upper } = boundsOf(plan, lists, rows)
  const g = zeroShare(2 * words)
  xorConstant(session.party, g, -1)
  const y = zeroShare(2 * words)
  for (let bit = bits - 1; bit >= 0; bit--) {
    copyRows(y, 0, planes.share, planeAt(planes, bit), words)
    copyRows(y, words, planes.share, planeAt(planes, bit), words)
    xorConstant(session.party, y, -1, words)
    const t = zeroShare(2 * words)
    const operand = { share: y, at: 0 }
    await andInto(
      session.narrow(String(bit)),
      { share: t, at: 0 },
      { share: g, at: 0 },
      operand,
      2 * words,
    )
    const shift = bits - 1 - bit
    for (let row = 0; row < rows; row++) {
      const isAnd = ((lower[row]! >> shift) & 1) === 1
      step(g, y, t, row * rowWords, rowWords, isAnd)
      const upperIsAnd = ((upper[row]! >> shift) & 1) === 0
      step(g, y, t, words + row * rowWords, rowWords, upperIsAnd)
    }
  }
  const target = { share: ok, at: 0 }
  await andInto(session.narrow('lower'), target, target, { share: g, at: 0 }, words)
  await andInto(session.narrow('upper'), target, target, { share: g, at: words }, words)
}

// Lists have bounds of different fineness; all are brought to the finest.
function boundsOf(plan: RoundPlan, lists: readonly List[], rows: number) {
  const lower = new Int32Array(rows)
  const upper = new Int32Array(rows)
  const all = lists.map(({ partner, start }) => ({ start, ...slotBounds(plan, partner) }))
  const bits = all.reduce((most, bounds) => Math.max(most, bounds.bits), 0)
  for (const bounds of all) {
    const stretch = 2 ** (bits - bounds.bits)
    bounds.lower.forEach((least, slot) => {
      const greatest = bounds.upper[slot]!
      lower[bounds.start + slot] = Math.max(0, least) * stretch
      upper[bounds.start + slot] = greatest < 0 ? 2 ** bits - 1 : (greatest + 1) * stretch - 1
    })
  }
  return { bits, lower, upper }
}

function step(g: Share, y: Share, t: Share, at: number, words: number, isAnd: boolean): void {
  stepComponent(g.first, y.first, t.first, at, words, isAnd)
  stepComponent(g.second, y.second, t.second, at, words, isAnd)
}

function stepComponent(
  g: Words,
  y: Words,
  t: Words,
  at: number,
  words: number,
  isAnd: boolean,
): void {
  for (let k = at; k < at + words; k++) g[k] = isAnd ? t[k]! : g[k]! ^ y[k]! ^ t[k]!
}

// Halves of every list at a time; an odd middle row waits for the next level.
async function foldLists(
  session: Session,
  rowWords: number,
  lists: readonly List[],
  ok: Share,
): Promise<Share> {
  let left = lists.map(({ start, count }) => ({ start, count }))
  for (let level = 0; left.some(({ count }) => count > 1); level++) {
    const pairs = left.map(({ start, count }) => {
      const half = count >> 1
      return { low: start, high: start + count - half, count: half }
    })
    await andPairs(session.narrow(String(level)), ok, pairs, rowWords)
    left = left.map(({ start, count }) => ({ start, count: count - (count >> 1) }))
  }
  const result = zeroShare(lists.length * rowWords)
  lists.forEach(({ start }, i) => {
    copyRows(result, i * rowWords, ok, start * rowWords, rowWords)
  })
  return result
}

function copyRows(into: Share, at: number, from: Share, start: number, words: number): void {
  into.first.set(from.first.subarray(start, start + words), at)
  into.second.set(from.second.subarray(start, start + words), at)
}
