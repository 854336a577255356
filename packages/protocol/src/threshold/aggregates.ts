/**
 * Output `aggregates`: how many identifiers are held by exactly m partners, and by each pair of them, in
 * tens. No identifier or key is opened, and of counts only what release.ts lets out.
 *
 * Adversary: one semi-honest compute node, with any partners. Partners that agree on their lists can set
 * one up so that a cell stands at its limit but for one identifier, and so learn a bit about that one from
 * a release; the hosts' limit of a release a period bounds that.
 *
 * With `from: 1` there is a class of one holder more, and then the classes add up: with m holders each
 * counting m times, to the sizes of all lists, which padded ones tell by 1/32 to 1/16. Partners know their
 * own exactly. So that no closed class follows from open ones and these, all classes are open or none is
 * (release.ts). What is left is what was asked for: who hears how many identifiers one member alone holds
 * hears how large all lists are together, in tens a class; and all members but one, so, the other's size.
 *
 * Cost a row, with N partners: two to count for each class and pair, one or two to make them,
 * N·(1 + log2(N)) to gather who holds a run, and log2(N) bits in every comparator; without overlaps four
 * a class alone. With a class of one, two more, and a bit in every comparator.
 */

import {
  type And,
  andAll,
  andInto,
  type Planes,
  type Session,
  type Share,
  xorConstant,
} from '../mpc/index.ts'
import { addNumbers, stacked } from './adders.ts'
import { inOrder } from './conditions.ts'
import { type Counts, countOnes, newCounts } from './counting.ts'
import type { Labels } from './labels.ts'
import type { RoundPlan } from './plan.ts'
import { openCells } from './release.ts'
import { newRowPlanes, type RowPlanes, reaches, xorBehind } from './runs.ts'
import { equalNeighbours } from './scan.ts'
import { rowsOf, type Schedule } from './schedule.ts'
import { oneHot } from './sectors.ts'

export type AggregateTerms = {
  /** Of both the histogram stays closed as a whole when any cell does. */
  readonly show: 'histogram' | 'overlaps' | 'both'
  /** Cells below it stay closed. */
  readonly minCell: number
  /** The first class is of one partner, not two; all classes stay closed when any does. */
  readonly from?: 1
  /** The last class is of so many partners or more; all of them unless given. */
  readonly upTo?: number
}

/** Null: below the limit, or closed with one that is. */
export type Aggregates = {
  /** How many identifiers exactly 2, 3, ... partners hold, or 1, 2, ...; the last class: so many or more. */
  readonly histogram: readonly (number | null)[]
  readonly overlaps: readonly {
    readonly partners: readonly [number, number]
    readonly count: number | null
  }[]
}

/** Cells that are made and counted together. */
const BATCH = 64

export type Tally = {
  readonly counts: Counts
  readonly classes: number
  /** 1 where the first class is of one holder. */
  readonly alone: 0 | 1
  readonly pairs: readonly (readonly [number, number])[]
}

/** @param included partners whose lists are counted */
export function newTally(
  plan: RoundPlan,
  { show, from, upTo }: AggregateTerms,
  included: readonly number[],
): Tally {
  const top = Math.min(upTo ?? included.length, included.length)
  const alone = from === 1 ? 1 : 0
  const classes = show === 'overlaps' ? 0 : Math.max(0, top - 1 + alone)
  const pairs =
    show === 'histogram'
      ? []
      : included.flatMap((a, i) => included.slice(i + 1).map((b) => [a, b] as const))
  const counts = newCounts(classes + pairs.length, plan.bins * plan.rows)
  return { counts, classes, alone, pairs }
}

/** Adds what other bins' rows have: a tally of the same terms. */
export async function addTally(session: Session, into: Tally, other: Tally): Promise<void> {
  const { share, bits, words } = into.counts
  const more = stacked(other.counts.share, bits, words)
  await addNumbers(session, [{ into: stacked(share, bits, words), other: more, words }], bits)
}

/** Adds what the merged rows of a group have. */
export async function tallyGroup(
  session: Session,
  plan: RoundPlan,
  planes: Planes,
  schedule: Schedule,
  labels: Labels,
  longest: number,
  { counts, classes, alone, pairs }: Tally,
): Promise<void> {
  const { order } = schedule
  const shape = { rows: rowsOf(order), rowWords: planes.rowWords }
  const keys = { ...planes, bits: plan.width }
  const equal = await equalNeighbours(session.narrow('equal'), keys, order, shape.rows)
  const first = firstRows(session, equal, shape)
  const runs = await runLengths(session.narrow('runs'), equal, first, shape, classes, alone)
  if (alone === 1) {
    const records = inOrder(session, planes, { at: plan.width, bits: 1 }, order, shape)
    await keepRows(session.narrow('records'), { ...runs, count: 1 }, records.share)
  }
  const holders = newRowPlanes(session, pairs.length === 0 ? 0 : labels.partner!.values, shape)
  if (pairs.length > 0) {
    const code = labels.partner!
    const numbers = inOrder(session, planes, code, order, shape)
    await oneHot(session.narrow('holders'), numbers, holders)
    const reach = await reaches(session.narrow('reach'), equal, shape, longest)
    await xorBehind(session.narrow('gather'), holders, reach)
    await keepRows(session.narrow('first'), holders, first)
  }
  const words = shape.rows * shape.rowWords
  const ofPartner = (partner: number) => labels.partner!.of.get(partner)! * words
  for (let from = 0; from < classes + pairs.length; from += BATCH) {
    const here = session.narrow(`cells${from}`)
    const mark = session.arena.mark()
    const count = Math.min(BATCH, classes + pairs.length - from)
    const cells = session.arena.share(count * words)
    const copied = Math.max(0, Math.min(classes - from, count))
    for (const held of ['first', 'second'] as const)
      cells[held].set(runs.share[held].subarray(from * words, (from + copied) * words))
    const both = pairs.slice(from + copied - classes, from + count - classes)
    await andAll(
      here.narrow('both'),
      both.map(([a, b], i): And => {
        const into = { share: cells, at: (copied + i) * words }
        const x = { share: holders.share, at: ofPartner(a) }
        return { into, x, y: { share: holders.share, at: ofPartner(b) }, words }
      }),
    )
    await countOnes(here.narrow('count'), cells, count, words, counts, from)
    session.arena.release(mark)
  }
}

/** Opens what the terms let out. */
export async function openTally(
  session: Session,
  { counts, classes, alone, pairs }: Tally,
  { minCell }: AggregateTerms,
): Promise<Aggregates> {
  const cells = { histogram: classes, overlaps: pairs.length, whole: alone === 1 }
  const opened = await openCells(session, counts, cells, minCell)
  return {
    histogram: opened.slice(0, classes),
    overlaps: pairs.map((partners, i) => ({ partners, count: opened[classes + i]! })),
  }
}

/** One plane: ¬e of the row before, and 1 for row 0. */
function firstRows(session: Session, equal: Share, { rows, rowWords }: Shape): Share {
  const first = session.arena.share(rows * rowWords)
  for (const held of ['first', 'second'] as const) first[held].set(equal[held], rowWords)
  xorConstant(session.party, first, -1)
  return first
}

type Shape = Pick<RowPlanes, 'rows' | 'rowWords'>

/**
 * A plane a class: at the first row of a run, is the run as long as the class says? With W_m = [rows p to
 * p + m - 1 are equal] a run has m rows where W_m and not W_{m+1}, and W_{m+1} implies W_m. W_1 holds.
 * @param alone 1 where the first class is of one row
 */
async function runLengths(
  session: Session,
  equal: Share,
  first: Share,
  shape: Shape,
  classes: number,
  alone: 0 | 1,
): Promise<RowPlanes> {
  const { rows, rowWords } = shape
  const { arena } = session
  const words = rows * rowWords
  const lengths = newRowPlanes(session, classes, shape)
  const window = arena.share(words)
  for (const held of ['first', 'second'] as const) {
    window[held].set(equal[held])
    if (alone === 1) lengths.share[held].set(first[held])
  }
  for (let k = 0; k < classes - alone && k + 1 < rows; k++) {
    const here = session.narrow(String(k + 2))
    const size = (rows - 1 - k) * rowWords
    const at = { share: window, at: 0 }
    if (k > 0)
      await andInto(here.narrow('window'), at, at, { share: equal, at: k * rowWords }, size)
    const plane = k + alone
    const into = { share: lengths.share, at: plane * words }
    await andInto(here.narrow('first'), into, at, { share: first, at: 0 }, size)
    if (plane === 0) continue
    for (const held of ['first', 'second'] as const)
      arena.kernel.add(lengths.share[held], (plane - 1) * words, lengths.share[held], into.at, size)
  }
  return lengths
}

async function keepRows(session: Session, planes: RowPlanes, rows: Share): Promise<void> {
  const words = planes.rows * planes.rowWords
  await andAll(
    session,
    Array.from({ length: planes.count }, (_, plane): And => {
      const into = { share: planes.share, at: plane * words }
      return { into, x: into, y: { share: rows, at: 0 }, words }
    }),
  )
}
