/**
 * Finds runs of t or more equal rows in merged planes, for every rule at once. e_p = [x_p = x_{p+1}]
 * on all key bits; a window of t - 1 ones starting at p says that rows p to p + t - 1 are equal.
 *
 *   flag_p  = OR of the t windows that cover row p
 *   first_p = window_p ∧ ¬e_{p-1}: one bit per run, since a run's first row is covered by its own only
 *
 * A rule with conditions (conditions.ts) keeps first_p where the run meets them; for `owners` the mark
 * then spreads over the run.
 *
 * Rows are numbered in merged order here; results lie where the rows do. Adversary: one semi-honest
 * compute node, which gets masked parts of products and nothing else: nothing is opened here.
 */

import {
  andInto,
  andWindows,
  chunkRuns,
  equalRows,
  newPlanes,
  orWindows,
  type Planes,
  type RowRun,
  type Session,
  type Share,
  xorConstant,
} from '../mpc/index.ts'
import { applyConditions, type Conditions, hasConditions } from './conditions.ts'
import type { Labels } from './labels.ts'
import type { RoundPlan } from './plan.ts'
import { reaches, spread } from './runs.ts'
import { type RowSpan, rowsOf, type Schedule } from './schedule.ts'

export type ScannedRule = Conditions & { readonly t: number; readonly output: string }

/** What rows carry behind their keys, and how long a run can be: read by rules with conditions only. */
export type Carried = { readonly labels: Labels; readonly longest: number }

/**
 * @returns one plane per rule over the rows in memory; output `owners`: the row is in a run of t or
 *   more; output `list`: it is the first of such a run
 */
export async function scanRules(
  session: Session,
  plan: RoundPlan,
  planes: Planes,
  { order }: Pick<Schedule, 'order'>,
  rules: readonly ScannedRule[],
  { labels, longest }: Carried,
): Promise<Planes> {
  const { arena } = session
  const { rowWords } = planes
  const rows = rowsOf(order)
  const results = newPlanes(session, rules.length, planes.rows, rowWords)
  const mark = arena.mark()
  const keys = { ...planes, bits: plan.width }
  const equal = await equalNeighbours(session.narrow('equal'), keys, order, rows)
  const shape = { rows, rowWords }
  const reach = rules.some(hasConditions)
    ? await reaches(session.narrow('reach'), equal, shape, longest)
    : []
  for (const [i, rule] of rules.entries()) {
    const { t, output } = rule
    if (t > rows) continue
    const here = session.narrow(`rule${i}`)
    const windows = await andWindows(here.narrow('window'), equal, rowWords, t - 1)
    const first = () => firstOfRun(here.narrow('first'), rows, rowWords, equal, windows)
    if (hasConditions(rule)) {
      const marks = { share: await first(), count: 1, ...shape }
      await applyConditions(here, plan, planes, order, labels, reach, rule, marks)
      if (output === 'owners') await spread(here.narrow('spread'), marks, reach)
      putBack(results, i, order, marks.share)
      continue
    }
    const found =
      output === 'list' ? await first() : await cover(here.narrow('cover'), rowWords, windows, t)
    putBack(results, i, order, found)
  }
  arena.release(mark)
  return results
}

/** Whether each row is equal to the one behind it, in the merged order. */
export async function equalNeighbours(
  session: Session,
  planes: Planes,
  order: readonly RowSpan[],
  rows: number,
): Promise<Share> {
  const { arena } = session
  const equal = arena.share((rows - 1) * planes.rowWords)
  const mark = arena.mark()
  const chunks = chunkRuns(session, neighbours(order), planes.rowWords)
  for (const [k, chunk] of chunks.entries()) {
    const inner = arena.mark()
    const part = await equalRows(session.narrow(String(k)), planes, chunk)
    equal.first.set(part.first, chunk.at)
    equal.second.set(part.second, chunk.at)
    arena.release(inner)
  }
  arena.release(mark)
  return equal
}

/** Each row with the one behind it. */
function neighbours(order: readonly RowSpan[]): readonly RowRun[] {
  return order.flatMap(({ start, count }, i) => {
    const inside = { low: start, high: start + 1, count: count - 1 }
    const next = order[i + 1]
    if (next === undefined) return [inside]
    return [inside, { low: start + count - 1, high: next.start, count: 1 }]
  })
}

async function firstOfRun(
  session: Session,
  rows: number,
  rowWords: number,
  equal: Share,
  windows: Share,
): Promise<Share> {
  const { arena } = session
  const first = arena.share(rows * rowWords)
  first.first.set(windows.first)
  first.second.set(windows.second)
  const words = windows.first.length - rowWords
  const unequal = arena.share(words)
  unequal.first.set(equal.first.subarray(0, words))
  unequal.second.set(equal.second.subarray(0, words))
  xorConstant(session.party, unequal, -1)
  // Row 0 has no row before it and keeps its window.
  const target = { share: first, at: rowWords }
  await andInto(session, target, target, { share: unequal, at: 0 }, words)
  return first
}

// t - 1 zero windows on either side, so that every row is covered by t of them.
function cover(session: Session, rowWords: number, windows: Share, t: number): Promise<Share> {
  const margin = (t - 1) * rowWords
  const padded = session.arena.share(windows.first.length + 2 * margin)
  padded.first.set(windows.first, margin)
  padded.second.set(windows.second, margin)
  return orWindows(session, padded, rowWords, t)
}

function putBack(results: Planes, plane: number, order: readonly RowSpan[], found: Share): void {
  const { rows, rowWords, share } = results
  let from = 0
  for (const { start, count } of order) {
    const to = (plane * rows + start) * rowWords
    const end = from + count * rowWords
    share.first.set(found.first.subarray(from, end), to)
    share.second.set(found.second.subarray(from, end), to)
    from = end
  }
}
