/**
 * Finds runs of t or more equal rows in merged planes, for every rule at once. e_p = [x_p = x_{p+1}]
 * on all key bits; a window of t - 1 ones starting at p says that rows p to p + t - 1 are equal.
 *
 *   flag_p  = OR of the t windows that cover row p
 *   first_p = window_p ∧ ¬e_{p-1}: one bit per run, since a run's first row is covered by its own only
 */

import {
  andInto,
  andWindows,
  equalNeighbours,
  orWindows,
  type Planes,
  type Session,
  type Share,
  xorConstant,
  zeroShare,
} from '../mpc/index.ts'

type Scanned = {
  /** One bit per row: it is in a run of t or more. Present for output `owners`. */
  readonly flags?: Share
  /** One bit per row: it is the first of such a run. Present for output `list`. */
  readonly first?: Share
}

export async function scanRules(
  session: Session,
  merged: Planes,
  rules: readonly { readonly t: number; readonly output: 'list' | 'owners' }[],
): Promise<readonly Scanned[]> {
  const equal = await equalNeighbours(session.narrow('equal'), merged)
  const results: Scanned[] = []
  for (const [i, { t, output }] of rules.entries()) {
    const here = session.narrow(`rule${i}`)
    if (t > merged.rows) {
      const none = zeroShare(merged.rows * merged.rowWords)
      results.push(output === 'list' ? { first: none } : { flags: none })
      continue
    }
    const windows = await andWindows(here.narrow('window'), equal, merged.rowWords, t - 1)
    results.push(
      output === 'list'
        ? { first: await firstOfRun(here.narrow('first'), merged, equal, windows) }
        : { flags: await cover(here.narrow('cover'), merged, windows, t) },
    )
  }
  return results
}

async function firstOfRun(
  session: Session,
  { rows, rowWords }: Planes,
  equal: Share,
  windows: Share,
): Promise<Share> {
  const first = zeroShare(rows * rowWords)
  first.first.set(windows.first)
  first.second.set(windows.second)
  const unequal = { first: equal.first.slice(), second: equal.second.slice() }
  xorConstant(session.party, unequal, -1)
  // Row 0 has no row before it and keeps its window.
  const target = { share: first, at: rowWords }
  const words = windows.first.length - rowWords
  await andInto(session, target, target, { share: unequal, at: 0 }, words)
  return first
}

// t - 1 zero windows on either side, so that every row is covered by t of them.
function cover(session: Session, { rowWords }: Planes, windows: Share, t: number): Promise<Share> {
  const margin = (t - 1) * rowWords
  const padded = zeroShare(windows.first.length + 2 * margin)
  padded.first.set(windows.first, margin)
  padded.second.set(windows.second, margin)
  return orWindows(session, padded, rowWords, t)
}
