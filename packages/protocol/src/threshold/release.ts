/**
 * From counts to what is opened of them: cells below a limit stay closed, the others are rounded to
 * tens. Both happen under sharing, so that no node ever sees an exact count or whether a closed cell is
 * empty.
 *
 * A closed cell must not follow from open ones. Cells of the histogram are independent of each other,
 * and so are overlaps: a closed one can be anything from 0 up to the limit, since identifiers of just
 * those two partners would change it alone. Together they are not, as the overlaps add up to the
 * histogram, a class of m counting m·(m - 1)/2 times. So of both the histogram is opened only when no
 * cell of either is below the limit. The same holds for a histogram that is `whole`, from one holder on:
 * its classes add up to the sizes of the lists, which partners know of their own and nearly of others'.
 */

import {
  type At,
  andInto,
  reveal,
  type Session,
  type Share,
  verify,
  xorConstant,
} from '../mpc/index.ts'
import { addNumbers, atLeast, stacked } from './adders.ts'
import { type Counts, rotateLanes } from './counting.ts'

/** The histogram's cells come first. */
export type Cells = {
  readonly histogram: number
  readonly overlaps: number
  /** The histogram stays closed as a whole when any cell does. */
  readonly whole: boolean
}

export const ROUNDED_TO = 10

/**
 * @param counts consumed
 * @param minCell cells below it stay closed
 * @returns each cell to the nearest ten, or null
 */
export async function openCells(
  session: Session,
  counts: Counts,
  { histogram, overlaps, whole }: Cells,
  minCell: number,
): Promise<readonly (number | null)[]> {
  const { share, bits, words } = counts
  const numbers = stacked(share, bits, words)
  const open = await atLeast(session.narrow('least'), numbers, bits, words, minCell)
  if (histogram > 0 && (whole || overlaps > 0))
    await closeTogether(session.narrow('all'), open, histogram, overlaps)
  const { tens, planes } = await divideByTen(session.narrow('tens'), counts)
  const shown = session.arena.share((planes + 1) * words)
  const cells = histogram + overlaps
  for (let plane = 0; plane < planes; plane++) {
    const into = { share: shown, at: plane * words }
    await andInto(session.narrow(`show${plane}`), into, tens[plane]!, { share: open, at: 0 }, words)
  }
  for (const held of ['first', 'second'] as const) {
    shown[held].set(open[held].subarray(0, words), planes * words)
    // Lanes without a cell say nothing.
    for (let plane = 0; plane <= planes; plane++)
      maskLanes(shown[held].subarray(plane * words, (plane + 1) * words), 0, cells)
  }
  const opened = await reveal(session, await verify(session, shown))
  const bit = (plane: number, cell: number) =>
    (opened[plane * words + (cell >> 5)]! >>> (cell & 31)) & 1
  return Array.from({ length: cells }, (_, cell) => {
    if (bit(planes, cell) === 0) return null
    let tensOf = 0
    for (let plane = 0; plane < planes; plane++) tensOf += bit(plane, cell) * 2 ** plane
    return ROUNDED_TO * tensOf
  })
}

/** Closes the histogram's lanes unless all cells are open. */
async function closeTogether(
  session: Session,
  open: Share,
  histogram: number,
  overlaps: number,
): Promise<void> {
  const words = open.first.length
  const all = session.arena.share(words)
  for (const held of ['first', 'second'] as const) all[held].set(open[held])
  setLanes(session, all, histogram + overlaps)
  for (let left = words, level = 0; left > 4; level++) {
    const half = 4 * Math.floor(left / 8)
    const into = { share: all, at: 0 }
    const other = { share: all, at: left - half }
    await andInto(session.narrow(`words${level}`), into, into, other, half)
    left -= half
  }
  const unit = { share: all, at: 0 }
  for (let distance = 64; distance >= 1; distance /= 2) {
    const turned = session.arena.share(4)
    for (const held of ['first', 'second'] as const)
      rotateLanes(turned[held], all[held].subarray(0, 4), distance)
    await andInto(session.narrow(`lanes${distance}`), unit, unit, { share: turned, at: 0 }, 4)
  }
  for (const held of ['first', 'second'] as const) {
    const overlapLanes = open[held].slice()
    maskLanes(overlapLanes, histogram, histogram + overlaps)
    for (let i = 0; i < words; i++) open[held][i] = all[held][i & 3]!
    maskLanes(open[held], 0, histogram)
    for (let i = 0; i < words; i++) open[held][i]! ^= overlapLanes[i]!
  }
}

/**
 * floor((v + 5) / 10) by long division: with each bit from the top the remainder becomes 2r + bit, below
 * 20; where it reaches 10 the quotient has a one and 10 goes off, as 6 is added modulo 16.
 */
async function divideByTen(
  session: Session,
  { share, bits, words }: Counts,
): Promise<{ readonly tens: readonly At[]; readonly planes: number }> {
  const { arena } = session
  const total = bits + 1
  const value = arena.share(total * words)
  const five = arena.share(bits * words)
  for (const held of ['first', 'second'] as const) value[held].set(share[held])
  for (const bit of [0, 2]) xorConstant(session.party, five, -1, bit * words, (bit + 1) * words)
  const sum = { into: stacked(value, total, words), other: stacked(five, bits, words), words }
  await addNumbers(session.narrow('half'), [sum], bits)
  let remainder = arena.share(5 * words)
  const tens: At[] = []
  for (let bit = total - 1; bit >= 0; bit--) {
    const here = session.narrow(String(bit))
    const next = arena.share(5 * words)
    for (const held of ['first', 'second'] as const) {
      next[held].set(value[held].subarray(bit * words, (bit + 1) * words))
      next[held].set(remainder[held].subarray(0, 4 * words), words)
    }
    remainder = next
    const digits = stacked(remainder, 5, words)
    const ten = await atLeast(here.narrow('least'), digits, 5, words, ROUNDED_TO)
    tens[bit] = { share: ten, at: 0 }
    const six = arena.share(4 * words)
    for (const held of ['first', 'second'] as const) {
      six[held].set(ten[held], words)
      six[held].set(ten[held], 2 * words)
    }
    const off = { into: digits.slice(0, 4), other: stacked(six, 4, words), words }
    await addNumbers(here.narrow('off'), [off], 4)
  }
  return { tens, planes: total }
}

/** Zeroes all lanes but [from, to). */
function maskLanes(words: Int32Array, from: number, to: number): void {
  for (let i = 0; i < words.length; i++) words[i]! &= lanesOf(i, from, to)
}

/** Ones in all lanes from `from` on. */
function setLanes(session: Session, share: Share, from: number): void {
  for (let i = 0; i < share.first.length; i++) {
    const keep = lanesOf(i, 0, from)
    for (const held of ['first', 'second'] as const) share[held][i]! &= keep
    xorConstant(session.party, share, ~keep, i, i + 1)
  }
}

/** Of word i, the lanes in [from, to). */
function lanesOf(i: number, from: number, to: number): number {
  const below = (lane: number) => {
    const bits = lane - 32 * i
    if (bits <= 0) return 0
    return bits >= 32 ? -1 : (1 << bits) - 1
  }
  return below(to) & ~below(from)
}
