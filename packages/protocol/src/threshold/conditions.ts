/** What a rule may ask of a run of equal keys beside its length. */

import { andInto, type Planes, planeAt, type Session, type Share } from '../mpc/index.ts'
import type { Code, Labels } from './labels.ts'
import type { RoundPlan } from './plan.ts'
import { reportsAtLeast } from './reports.ts'
import { newRowPlanes, type Reach, type RowPlanes } from './runs.ts'
import type { RowSpan } from './schedule.ts'
import { sectorsAtLeast } from './sectors.ts'

export type Conditions = {
  /** s: the holders are from at least so many sectors. */
  readonly minSectors?: number
  /** r: they have at least so many reports together, a record counting for up to three. */
  readonly reports?: number
}

/** A rule that only counts holders asks nothing here. */
export function hasConditions({ minSectors, reports }: Conditions): boolean {
  return minSectors !== undefined || reports !== undefined
}

/**
 * Takes away the marks of runs that do not meet the rule's conditions.
 * @param planes merged, with labels
 * @param order of the merged rows
 * @param marks one plane of rows in order, zero but on first rows of runs
 */
export async function applyConditions(
  session: Session,
  plan: RoundPlan,
  planes: Planes,
  order: readonly RowSpan[],
  labels: Labels,
  reach: readonly Reach[],
  { minSectors, reports }: Conditions,
  marks: RowPlanes,
): Promise<void> {
  const keep = async (name: string, met: Share) => {
    const at = { share: marks.share, at: 0 }
    const words = marks.rows * marks.rowWords
    await andInto(session.narrow(name), at, at, { share: met, at: 0 }, words)
  }
  const { arena } = session
  const mark = arena.mark()
  if (minSectors !== undefined) {
    const code = labels.sector!
    const numbers = inOrder(session, planes, code, order, marks)
    const here = session.narrow('sectors')
    await keep('keep-sectors', await sectorsAtLeast(here, numbers, code, reach, minSectors))
  }
  if (reports !== undefined) {
    const counts = inOrder(session, planes, { at: plan.width, bits: plan.reportBits }, order, marks)
    const here = session.narrow('reports')
    await keep('keep-reports', await reportsAtLeast(here, counts, reach, reports))
  }
  arena.release(mark)
}

/** Copies planes of the rows in memory, in the merged order. */
export function inOrder(
  session: Session,
  planes: Planes,
  { at, bits }: Pick<Code, 'at' | 'bits'>,
  order: readonly RowSpan[],
  shape: Pick<RowPlanes, 'rows' | 'rowWords'>,
): RowPlanes {
  const copy = newRowPlanes(session, bits, shape)
  const { rowWords } = shape
  let to = 0
  for (let bit = 0; bit < bits; bit++) {
    for (const { start, count } of order) {
      const from = planeAt(planes, at + bit) + start * rowWords
      const words = count * rowWords
      for (const held of ['first', 'second'] as const)
        copy.share[held].set(planes.share[held].subarray(from, from + words), to)
      to += words
    }
  }
  return copy
}
