/** AND and OR over sliding windows of rows, by doubling: windows may overlap, since both are idempotent. */

import { andInto } from './pipeline.ts'
import type { Session } from './session.ts'
import { type Share, type Words, zeroShare } from './share.ts'

/** out_p = x_p ∧ ... ∧ x_{p+length-1}, for every window inside x. */
export function andWindows(
  session: Session,
  x: Share,
  rowWords: number,
  length: number,
): Promise<Share> {
  return windows(session, 'and', x, rowWords, length)
}

/** out_p = x_p ∨ ... ∨ x_{p+length-1}, for every window inside x. */
export function orWindows(
  session: Session,
  x: Share,
  rowWords: number,
  length: number,
): Promise<Share> {
  return windows(session, 'or', x, rowWords, length)
}

async function windows(
  session: Session,
  gate: 'and' | 'or',
  x: Share,
  rowWords: number,
  length: number,
): Promise<Share> {
  let current = x
  for (let have = 1; have < length; ) {
    const step = Math.min(have, length - have)
    const words = current.first.length - step * rowWords
    const next = zeroShare(words)
    await andInto(
      session.narrow(`${gate}${have + step}`),
      { share: next, at: 0 },
      { share: current, at: 0 },
      { share: current, at: step * rowWords },
      words,
    )
    if (gate === 'or') {
      // x ∨ y = x ⊕ y ⊕ (x ∧ y)
      addBoth(next.first, current.first, step * rowWords)
      addBoth(next.second, current.second, step * rowWords)
    }
    current = next
    have += step
  }
  return current
}

function addBoth(into: Words, from: Words, distance: number): void {
  for (let k = 0; k < into.length; k++) into[k]! ^= from[k]! ^ from[distance + k]!
}
