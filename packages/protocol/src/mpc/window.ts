/** AND and OR over sliding windows of rows, by doubling: windows may overlap, since both are idempotent. */

import { andInto } from './pipeline.ts'
import type { Session } from './session.ts'
import type { Share } from './share.ts'

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
  const { kernel } = session.arena
  let current = x
  for (let have = 1; have < length; ) {
    const step = Math.min(have, length - have)
    const words = current.first.length - step * rowWords
    const next = session.arena.share(words)
    const after = { share: current, at: step * rowWords }
    const here = session.narrow(`${gate}${have + step}`)
    await andInto(here, { share: next, at: 0 }, { share: current, at: 0 }, after, words)
    // x ∨ y = x ⊕ y ⊕ (x ∧ y)
    if (gate === 'or') {
      for (const held of ['first', 'second'] as const) {
        kernel.add(next[held], 0, current[held], 0, words)
        kernel.add(next[held], 0, current[held], step * rowWords, words)
      }
    }
    current = next
    have += step
  }
  return current
}
