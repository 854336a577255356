/**
 * How many reports stand behind a key? A partner shares with each record a count of 1 to 3 in two bits,
 * its own affair like the record itself; dummies count 1. A run's counts are added up, and one bit
 * inside the rule's comes out.
 *
 * A count of 0 is refused when lists are validated. So any r rows of a run have r reports, and the sums
 * take in no more than that: two doublings for three reports, whatever the number of partners. A partner
 * that could bring zeros would push counts of others out of that window.
 */

import { andAll, andInto, type Planes, planeAt, type Session, type Share } from '../mpc/index.ts'
import { addNumbers, atLeast, stacked } from './adders.ts'
import type { RoundPlan } from './plan.ts'
import { behindInRun, newRowPlanes, type Reach, type RowPlanes } from './runs.ts'

/** A record counts for at most so many reports. */
export const MOST_REPORTS = 3

/** Validation: ok ∧= [the count is not zero], for every row. */
export async function checkReports(
  session: Session,
  plan: RoundPlan,
  planes: Planes,
  ok: Share,
): Promise<void> {
  const { arena } = session
  const words = planes.rows * planes.rowWords
  const [high, low] = [plan.width, plan.width + 1].map((bit) => planeAt(planes, bit)) as [
    number,
    number,
  ]
  const mark = arena.mark()
  const some = arena.share(words)
  const at = { share: some, at: 0 }
  await andInto(
    session.narrow('both'),
    at,
    { share: planes.share, at: high },
    { share: planes.share, at: low },
    words,
  )
  for (const held of ['first', 'second'] as const) {
    arena.kernel.add(some[held], 0, planes.share[held], high, words)
    arena.kernel.add(some[held], 0, planes.share[held], low, words)
  }
  const target = { share: ok, at: 0 }
  await andAll(session.narrow('ok'), [{ into: target, x: target, y: at, words }])
  arena.release(mark)
}

/**
 * @param counts two planes, the high bit first
 * @param least r
 * @returns one plane; at the first row of a run: whether the run has r reports
 */
export async function reportsAtLeast(
  session: Session,
  counts: RowPlanes,
  reach: readonly Reach[],
  least: number,
): Promise<Share> {
  const { arena } = session
  const { rows, rowWords } = counts
  const stride = rows * rowWords
  const steps = reach.filter(({ distance }) => distance < least)
  const sums = newRowPlanes(session, 2 + steps.length, counts)
  for (const held of ['first', 'second'] as const) {
    sums.share[held].set(counts.share[held].subarray(stride, 2 * stride))
    sums.share[held].set(counts.share[held].subarray(0, stride), stride)
  }
  let bits = 2
  for (const { distance, equal } of steps) {
    const here = session.narrow(String(distance))
    const mark = arena.mark()
    const words = (rows - distance) * rowWords
    const behind = arena.share(bits * words)
    await behindInRun(here.narrow('behind'), { ...sums, count: bits }, distance, equal, behind)
    const into = stacked(sums.share, bits + 1, stride)
    const other = stacked(behind, bits, words)
    await addNumbers(here.narrow('add'), [{ into, other, words }], bits)
    bits++
    arena.release(mark)
  }
  const numbers = stacked(sums.share, bits, stride)
  return atLeast(session.narrow('least'), numbers, bits, stride, least)
}
