/**
 * Do the holders of a key come from s sectors? A record carries the number of its partner's sector,
 * which is public for the list; which sectors hold a key is not, and no more of it comes out than one
 * bit inside the rule's.
 *
 * Cost a row of `rows`, with k sectors and runs of up to N rows: 2k·log2(N) ANDs to gather, k·s to count,
 * and one or two for each bit of the number in every comparator.
 */

import { type And, andAll, type Session, type Share, xorConstant } from '../mpc/index.ts'
import type { Code } from './labels.ts'
import { newRowPlanes, orBehind, type Reach, type RowPlanes } from './runs.ts'

/**
 * @param code planes of the sector's number
 * @param least s
 * @returns one plane; at the first row of a run: whether the run has s sectors
 */
export async function sectorsAtLeast(
  session: Session,
  code: RowPlanes,
  { values }: Pick<Code, 'values'>,
  reach: readonly Reach[],
  least: number,
): Promise<Share> {
  const sectors = newRowPlanes(session, values, code)
  await oneHot(session.narrow('decode'), code, sectors)
  await orBehind(session.narrow('gather'), sectors, reach)
  return countAtLeast(session.narrow('count'), sectors, least)
}

/**
 * A plane for each value of the number: is it this one?
 * @param hot as many planes as there are values, all zero
 */
export async function oneHot(
  session: Session,
  { share, count, rows, rowWords }: RowPlanes,
  hot: RowPlanes,
): Promise<void> {
  const words = rows * rowWords
  const { kernel } = session.arena
  xorConstant(session.party, hot.share, -1, 0, words)
  // With each bit, value v becomes 2v and 2v + 1: (v ∧ bit) and what v has besides.
  let have = 1
  for (let bit = 0; bit < count; bit++) {
    const shift = count - 1 - bit
    const next = Math.ceil(hot.count / 2 ** shift)
    const ands: And[] = []
    for (let v = have - 1; v >= 0; v--) {
      const [even, odd] = [2 * v, 2 * v + 1]
      for (const held of ['first', 'second'] as const) {
        const planes = hot.share[held]
        if (even !== v) planes.copyWithin(even * words, v * words, (v + 1) * words)
      }
      if (odd >= next) continue
      const into = { share: hot.share, at: odd * words }
      const x = { share: hot.share, at: even * words }
      ands.push({ into, x, y: { share, at: bit * words }, words })
    }
    await andAll(session.narrow(String(bit)), ands)
    for (const { into, x } of ands)
      for (const held of ['first', 'second'] as const)
        kernel.add(hot.share[held], x.at, hot.share[held], into.at, words)
    have = next
  }
}

/**
 * With a_j = [j or more of the planes so far], plane b makes a_j ⊕= b ∧ (a_{j-1} ⊕ a_j): a_j implies
 * a_{j-1}, so the bracket is [exactly j - 1].
 */
async function countAtLeast(session: Session, planes: RowPlanes, least: number): Promise<Share> {
  const { share, count, rows, rowWords } = planes
  const { arena } = session
  const words = rows * rowWords
  const reached = arena.share((least + 1) * words)
  xorConstant(session.party, reached, -1, 0, words)
  const exactly = arena.share(words)
  for (let plane = 0; plane < count; plane++) {
    const here = session.narrow(String(plane))
    // From the highest down, so that a_{j-1} is still that of the planes before.
    for (let j = Math.min(least, plane + 1); j >= 1; j--) {
      for (const held of ['first', 'second'] as const) {
        exactly[held].set(reached[held].subarray((j - 1) * words, j * words))
        arena.kernel.add(exactly[held], 0, reached[held], j * words, words)
      }
      const into = { share: reached, at: j * words }
      const y = { share, at: plane * words }
      await andAll(here.narrow(String(j)), [
        { into, x: { share: exactly, at: 0 }, y, words, add: true },
      ])
    }
  }
  const from = least * words
  return {
    first: reached.first.subarray(from, from + words),
    second: reached.second.subarray(from, from + words),
  }
}
