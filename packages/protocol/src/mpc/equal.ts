/** Equality of bit-sliced rows: the AND over all bits of ¬(a ⊕ b), folded in halves. */

import { type Planes, planeAt } from './compare.ts'
import { andOverPlanes } from './pipeline.ts'
import type { Session } from './session.ts'
import { type Share, type Words, xorConstant, zeroShare } from './share.ts'

/** Rows are compared in blocks, since every block needs a copy of all its bits. */
const BLOCK_WORDS = 4_194_304

/** e_p = [row p = row p + 1] on all bits, for p < rows - 1. */
export async function equalNeighbours(session: Session, planes: Planes): Promise<Share> {
  const pairs = Math.max(0, planes.rows - 1)
  const equal = zeroShare(pairs * planes.rowWords)
  const step = Math.max(1, Math.floor(BLOCK_WORDS / (planes.bits * planes.rowWords)))
  for (let row = 0; row < pairs; row += step) {
    const words = Math.min(step, pairs - row) * planes.rowWords
    const block = await equalBlock(session.narrow(`row${row}`), planes, row, words)
    equal.first.set(block.first, row * planes.rowWords)
    equal.second.set(block.second, row * planes.rowWords)
  }
  return equal
}

async function equalBlock(
  session: Session,
  planes: Planes,
  row: number,
  words: number,
): Promise<Share> {
  const same = zeroShare(planes.bits * words)
  for (let bit = 0; bit < planes.bits; bit++) {
    const from = planeAt(planes, bit) + row * planes.rowWords
    xorNeighbours(same.first, bit * words, planes.share.first, from, planes.rowWords, words)
    xorNeighbours(same.second, bit * words, planes.share.second, from, planes.rowWords, words)
  }
  xorConstant(session.party, same, -1)
  return andOverPlanes(session, same, planes.bits, words)
}

function xorNeighbours(
  into: Words,
  at: number,
  plane: Words,
  from: number,
  distance: number,
  words: number,
): void {
  for (let k = 0; k < words; k++) into[at + k] = plane[from + k]! ^ plane[from + distance + k]!
}
