/**
 * Adding up what the rows of a run of equal keys carry, by doubling. Rows are numbered in merged order;
 * a run is no longer than there are partners, since a valid list has a key once.
 *
 * With E_d at row p = [rows p to p + d are equal] and S_d = what rows p to p + d - 1 carry, as far as
 * they are in p's run, S_2d = S_d + (E_d ∧ S_d of row p + d): where E_d fails the run ends before row
 * p + d, and S_d has all of it already.
 */

import { type And, andAll, type Session, type Share } from '../mpc/index.ts'

/** Planes of all rows in merged order, one behind the other. */
export type RowPlanes = {
  readonly share: Share
  readonly count: number
  readonly rows: number
  readonly rowWords: number
}

export function newRowPlanes(
  session: Session,
  count: number,
  { rows, rowWords }: Pick<RowPlanes, 'rows' | 'rowWords'>,
): RowPlanes {
  return { share: session.arena.share(count * rows * rowWords), count, rows, rowWords }
}

/** E_d for the rows that have a row d behind them. */
export type Reach = { readonly distance: number; readonly equal: Share }

/**
 * E_1, E_2, E_4, ..., as many as take in runs of `longest` rows.
 * @param equal E_1
 */
export async function reaches(
  session: Session,
  equal: Share,
  { rows, rowWords }: Pick<RowPlanes, 'rows' | 'rowWords'>,
  longest: number,
): Promise<readonly Reach[]> {
  const found: Reach[] = []
  let current = equal
  for (let distance = 1; distance < Math.min(longest, rows); distance *= 2) {
    found.push({ distance, equal: current })
    const words = (rows - 2 * distance) * rowWords
    if (2 * distance >= Math.min(longest, rows)) break
    const next = session.arena.share(words)
    const after = { share: current, at: distance * rowWords }
    const into = { share: next, at: 0 }
    await andAll(session.narrow(String(2 * distance)), [
      { into, x: { share: current, at: 0 }, y: after, words },
    ])
    current = next
  }
  return found
}

/** Every row gets the OR, plane by plane, of itself and all rows behind it in its run. */
export async function orBehind(
  session: Session,
  planes: RowPlanes,
  reach: readonly Reach[],
): Promise<void> {
  const { share } = planes
  for (const { distance, equal } of reach) {
    const here = session.narrow(String(distance))
    const mark = session.arena.mark()
    const { rest, words } = restOf(planes, distance)
    const behind = newRowPlanes(session, planes.count, { ...planes, rows: rest })
    await behindInRun(here.narrow('behind'), planes, distance, equal, behind.share)
    // x ∨ y = (x ⊕ (x ∧ y)) ⊕ y
    await andAll(
      here.narrow('or'),
      Array.from({ length: planes.count }, (_, plane): And => {
        const x = { share, at: plane * planes.rows * planes.rowWords }
        return { into: x, x, y: { share: behind.share, at: plane * words }, words, add: true }
      }),
    )
    addRows(session, planes, behind)
    session.arena.release(mark)
  }
}

/** The same with XOR, for planes in which one row of a run at most has a one. */
export async function xorBehind(
  session: Session,
  planes: RowPlanes,
  reach: readonly Reach[],
): Promise<void> {
  for (const { distance, equal } of reach) {
    const here = session.narrow(String(distance))
    const mark = session.arena.mark()
    const { rest } = restOf(planes, distance)
    const behind = newRowPlanes(session, planes.count, { ...planes, rows: rest })
    await behindInRun(here, planes, distance, equal, behind.share)
    addRows(session, planes, behind)
    session.arena.release(mark)
  }
}

/**
 * From the first row of a run to all of it.
 * @param marks one plane, zero but on first rows
 */
export async function spread(
  session: Session,
  marks: RowPlanes,
  reach: readonly Reach[],
): Promise<void> {
  const { share, rowWords } = marks
  const { kernel } = session.arena
  for (const { distance, equal } of reach) {
    const mark = session.arena.mark()
    const { words } = restOf(marks, distance)
    const found = session.arena.share(words)
    const x = { share, at: 0 }
    await andAll(session.narrow(String(distance)), [
      { into: { share: found, at: 0 }, x, y: { share: equal, at: 0 }, words },
    ])
    // One row of a run is marked at most, so no row gets a mark from two: XOR is OR.
    for (const held of ['first', 'second'] as const)
      kernel.add(share[held], distance * rowWords, found[held], 0, words)
    session.arena.release(mark)
  }
}

/** E_d ∧ the row d behind, for all planes. */
export async function behindInRun(
  session: Session,
  { share, count, rows, rowWords }: RowPlanes,
  distance: number,
  equal: Share,
  into: Share,
): Promise<void> {
  const words = (rows - distance) * rowWords
  await andAll(
    session,
    Array.from({ length: count }, (_, plane): And => {
      const y = { share, at: (plane * rows + distance) * rowWords }
      return { into: { share: into, at: plane * words }, x: { share: equal, at: 0 }, y, words }
    }),
  )
}

function addRows(session: Session, into: RowPlanes, from: RowPlanes): void {
  const { kernel } = session.arena
  const words = from.rows * from.rowWords
  for (let plane = 0; plane < into.count; plane++) {
    const at = plane * into.rows * into.rowWords
    for (const held of ['first', 'second'] as const)
      kernel.add(into.share[held], at, from.share[held], plane * words, words)
  }
}

/** The rows that have a row `distance` behind them. */
function restOf({ rows, rowWords }: RowPlanes, distance: number) {
  return { rest: rows - distance, words: (rows - distance) * rowWords }
}
