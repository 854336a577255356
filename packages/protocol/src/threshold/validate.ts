/**
 * Is every submitted list what an honest partner can submit? Per partner and bin one bit, the AND over
 * its slots of: x_{p+1} > x_p at full width (no identifier counts twice); x_p within slot p's public
 * bounds (a clustered list would push others' equal keys out of the merge's reach); and the last
 * entry's order prefix is not all ones (pad rows stay last); where reports are counted, no count is zero.
 *
 * Adversary: partners that share whatever they like, and one semi-honest compute node. Opened are these
 * bits alone, each about one partner's own list, all ones for honest partners. The sortedness of merged
 * data is never checked: that bit would depend on others' data.
 */

import {
  andAll,
  andInto,
  andOverPlanes,
  chunkRuns,
  greaterThan,
  type Planes,
  planeAt,
  type Session,
  type Share,
  type Words,
  xorConstant,
} from '../mpc/index.ts'
import { blocksFor } from './blocks.ts'
import { slotBounds } from './bounds.ts'
import type { Places } from './group.ts'
import type { RoundPlan } from './plan.ts'
import { checkReports } from './reports.ts'

export type Checks = { readonly bounds: boolean }

/** @returns one row per partner of `starts`, in its order: the bits of a group's bins */
export async function validateGroup(
  session: Session,
  plan: RoundPlan,
  planes: Planes,
  { starts }: Pick<Places, 'starts'>,
  checks: Checks = { bounds: true },
): Promise<Share> {
  const lists = [...starts].map(([partner, start]) => ({
    partner,
    start,
    count: plan.partners[partner]!.slots,
  }))
  const ok = session.arena.share(planes.rows * planes.rowWords)
  await ascending(session.narrow('ascending'), { ...planes, bits: plan.width }, lists, ok)
  await lastBelowPads(session.narrow('last'), plan, planes, lists, ok)
  if (checks.bounds) await inBounds(session.narrow('bounds'), plan, planes, lists, ok)
  if (plan.reportBits === 2) await checkReports(session.narrow('reports'), plan, planes, ok)
  return foldLists(session.narrow('fold'), planes.rowWords, lists, ok)
}

type List = { readonly partner: number; readonly start: number; readonly count: number }

async function ascending(
  session: Session,
  planes: Planes,
  lists: readonly List[],
  ok: Share,
): Promise<void> {
  const { rowWords, bits } = planes
  const pairs = lists.map(({ start, count }) => ({ low: start + 1, high: start, count: count - 1 }))
  const chunks = chunkRuns(session, pairs, rowWords)
  const blocks = blocksFor(bits, planes.rows * rowWords, session.roundTripMs)
  const greater = await greaterThan(session, planes, chunks, bits, blocks)
  let from = 0
  for (const { start, count } of lists) {
    const words = (count - 1) * rowWords
    copyWords(ok, start * rowWords, greater, from, words)
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
  const last = session.arena.share(plan.orderBits * words)
  for (let bit = 0; bit < plan.orderBits; bit++) {
    lists.forEach(({ start, count }, i) => {
      const row = planeAt(planes, bit) + (start + count - 1) * rowWords
      copyWords(last, bit * words + i * rowWords, share, row, rowWords)
    })
  }
  await andOverPlanes(session, last, plan.orderBits, words)
  xorConstant(session.party, last, -1, 0, words)
  lists.forEach(({ start, count }, i) => {
    copyWords(ok, (start + count - 1) * rowWords, last, i * rowWords, rowWords)
  })
}

// From the low bit up, with the bit l of the public bound, both from g = 1. At least l: g = l ? g ∧ a :
// g ∨ a, and at most u: g = u ? g ∨ ¬a : g ∧ ¬a. One AND t = g ∧ a each: g ∨ a = g ⊕ a ⊕ t,
// g ∧ ¬a = g ⊕ t and g ∨ ¬a = 1 ⊕ a ⊕ t. A missing bound is 0 or all ones, which every x meets.
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
  const g = session.arena.share(2 * words)
  xorConstant(session.party, g, -1)
  const t = session.arena.share(2 * words)
  for (let bit = bits - 1; bit >= 0; bit--) {
    const a = { share: planes.share, at: planeAt(planes, bit) }
    await andAll(
      session.narrow(String(bit)),
      [0, words].map((at) => ({ into: { share: t, at }, x: { share: g, at }, y: a, words })),
    )
    const shift = bits - 1 - bit
    for (const held of ['first', 'second'] as const) {
      const plane = planes.share[held].subarray(a.at, a.at + words)
      // Component 0 takes constants.
      const one = (session.party + (held === 'second' ? 1 : 0)) % 3 === 0 ? -1 : 0
      stepLower(g[held], plane, t[held], lower, shift, rowWords)
      const [upperG, upperT] = [g[held].subarray(words), t[held].subarray(words)]
      stepUpper(upperG, plane, upperT, upper, shift, rowWords, one)
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

function stepLower(
  g: Words,
  a: Words,
  t: Words,
  lower: Int32Array,
  shift: number,
  rowWords: number,
): void {
  for (let row = 0, at = 0; row < lower.length; row++) {
    const or = ((lower[row]! >> shift) & 1) - 1
    for (const end = at + rowWords; at < end; at++) g[at] = t[at]! ^ (or & (g[at]! ^ a[at]!))
  }
}

/** @param one this component of the constant 1 in every lane */
function stepUpper(
  g: Words,
  a: Words,
  t: Words,
  upper: Int32Array,
  shift: number,
  rowWords: number,
  one: number,
): void {
  for (let row = 0, at = 0; row < upper.length; row++) {
    const or = -((upper[row]! >> shift) & 1)
    for (const end = at + rowWords; at < end; at++)
      g[at] = t[at]! ^ (or & (one ^ a[at]!)) ^ (~or & g[at]!)
  }
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
    const ands = left.flatMap(({ start, count }) => {
      const half = count >> 1
      const lower = { share: ok, at: start * rowWords }
      const upper = { share: ok, at: (start + count - half) * rowWords }
      return half === 0 ? [] : [{ into: lower, x: lower, y: upper, words: half * rowWords }]
    })
    await andAll(session.narrow(String(level)), ands)
    left = left.map(({ start, count }) => ({ start, count: count - (count >> 1) }))
  }
  const result = session.arena.share(lists.length * rowWords)
  lists.forEach(({ start }, i) => {
    copyWords(result, i * rowWords, ok, start * rowWords, rowWords)
  })
  return result
}

function copyWords(into: Share, at: number, from: Share, start: number, words: number): void {
  into.first.set(from.first.subarray(start, start + words), at)
  into.second.set(from.second.subarray(start, start + words), at)
}
