/**
 * How many ones are in a plane? Halves are added to each other, bit-sliced, until 128 lanes are left,
 * and then lanes to lanes: about two ANDs for each bit that is counted. Rotating lanes is linear, so
 * done on each component alone.
 */

import { type At, type Session, type Share, zeroShare } from '../mpc/index.ts'
import { addNumbers, type Sum, stacked } from './adders.ts'

/** Words of 128 lanes. */
const UNIT = 4

/** Counts by lane: plane b has bit b of count c in lane c. */
export type Counts = { readonly share: Share; readonly bits: number; readonly words: number }

/** Words of a plane with a lane for each of `cells`. */
export function laneWords(cells: number): number {
  return UNIT * Math.ceil(cells / (32 * UNIT))
}

/** @param most greatest count */
export function newCounts(cells: number, most: number): Counts {
  const bits = Math.ceil(Math.log2(most + 1))
  const words = laneWords(cells)
  return { share: zeroShare(bits * words), bits, words }
}

/**
 * Adds the ones of `count` planes of `words` words each to the counts of the cells from `first` on.
 * @param planes one behind the other; overwritten
 */
export async function countOnes(
  session: Session,
  planes: Share,
  count: number,
  words: number,
  counts: Counts,
  first: number,
): Promise<void> {
  const { arena } = session
  const mark = arena.mark()
  const levels = await foldHalves(session.narrow('halves'), planes, count, words)
  const sums = gatherUnits(session, levels, count)
  await foldLanes(session.narrow('lanes'), sums, count)
  const counted = toLanes(session, sums, count, counts, first)
  const into = stacked(counts.share, counts.bits, counts.words)
  const other = stacked(counted, counts.bits, counts.words)
  const sum = { into, other, words: counts.words }
  await addNumbers(session.narrow('total'), [sum], counts.bits)
  arena.release(mark)
}

/** One bit of all counters: `size` words of each, one behind the other. */
type Level = { readonly share: Share; readonly size: number }

async function foldHalves(
  session: Session,
  planes: Share,
  count: number,
  words: number,
): Promise<readonly Level[]> {
  const levels: Level[] = [{ share: planes, size: words }]
  for (let left = words / UNIT; left > 1; left -= left >> 1) {
    const half = left >> 1
    const rest = left - half
    const bits = levels.length
    levels.push({ share: session.arena.share(count * rest * UNIT), size: rest * UNIT })
    const at = (from: number) => (counter: number, levels: readonly Level[]) =>
      levels.map(({ share, size }): At => ({ share, at: counter * size + from * UNIT }))
    const sums = Array.from({ length: count }, (_, counter): Sum => {
      const into = at(0)(counter, levels)
      const other = at(rest)(counter, levels.slice(0, bits))
      return { into, other, words: half * UNIT }
    })
    await addNumbers(session.narrow(String(left)), sums, bits)
  }
  return levels
}

/** The first 128 lanes of each counter, and room for what the lanes add up to. */
function gatherUnits(session: Session, levels: readonly Level[], count: number): readonly Share[] {
  const more = Math.log2(32 * UNIT)
  return Array.from({ length: levels.length + more }, (_, bit) => {
    const unit = session.arena.share(count * UNIT)
    const level = levels[bit]
    if (level === undefined) return unit
    for (const held of ['first', 'second'] as const) {
      for (let counter = 0; counter < count; counter++) {
        const from = counter * level.size
        unit[held].set(level.share[held].subarray(from, from + UNIT), counter * UNIT)
      }
    }
    return unit
  })
}

/** Every lane gets the sum of its 128. */
async function foldLanes(session: Session, sums: readonly Share[], count: number): Promise<void> {
  const words = count * UNIT
  let bits = sums.length - Math.log2(32 * UNIT)
  for (let distance = 16 * UNIT; distance >= 1; distance /= 2, bits++) {
    const other = sums.slice(0, bits).map((share): At => {
      const turned = session.arena.share(words)
      for (const held of ['first', 'second'] as const)
        rotateLanes(turned[held], share[held], distance)
      return { share: turned, at: 0 }
    })
    const into = sums.slice(0, bits + 1).map((share): At => ({ share, at: 0 }))
    await addNumbers(session.narrow(String(distance)), [{ into, other, words }], bits)
  }
}

/** Turns each 128 lanes by `distance` of them. */
export function rotateLanes(into: Int32Array, from: Int32Array, distance: number): void {
  const [words, bits] = [distance >> 5, distance & 31]
  for (let i = 0; i < from.length; i++) {
    const word = from[(i & -UNIT) + ((i + words) & (UNIT - 1))]!
    into[i] = bits === 0 ? word : (word << bits) | (word >>> (32 - bits))
  }
}

function toLanes(
  session: Session,
  sums: readonly Share[],
  count: number,
  counts: Counts,
  first: number,
): Share {
  const lanes = session.arena.share(counts.bits * counts.words)
  for (const held of ['first', 'second'] as const) {
    for (let bit = 0; bit < Math.min(counts.bits, sums.length); bit++) {
      for (let counter = 0; counter < count; counter++) {
        const cell = first + counter
        // All lanes of the counter are equal: take the one where the cell's lane is.
        const own = sums[bit]![held][counter * UNIT]! & (1 << (cell & 31))
        lanes[held][bit * counts.words + (cell >> 5)]! |= own
      }
    }
  }
  return lanes
}
