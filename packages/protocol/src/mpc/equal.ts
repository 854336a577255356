/** Equality of bit-sliced rows: the AND over all bits of ¬(a ⊕ b), folded in halves. */

import { type Planes, planeAt } from './compare.ts'
import { andOverPlanes, type Chunk } from './pipeline.ts'
import type { Session } from './session.ts'
import { type Share, xorConstant } from './share.ts'

/** @returns e = [a = b] on all bits, for every pair of the chunk */
export async function equalRows(session: Session, planes: Planes, chunk: Chunk): Promise<Share> {
  const { arena } = session
  const { words, runs } = chunk
  const equal = arena.share(words)
  const mark = arena.mark()
  const same = arena.share(planes.bits * words)
  for (let bit = 0; bit < planes.bits; bit++) {
    const base = planeAt(planes, bit)
    arena.kernel.differ(same.first, bit * words, planes.share.first, base, runs)
    arena.kernel.differ(same.second, bit * words, planes.share.second, base, runs)
  }
  xorConstant(session.party, same, -1)
  await andOverPlanes(session, same, planes.bits, words)
  equal.first.set(same.first.subarray(0, words))
  equal.second.set(same.second.subarray(0, words))
  arena.release(mark)
  return equal
}
