/** Which protocol a session runs when nobody asked for one, and why. */

import { LARGEST } from './ot/parameters.ts'
import type { PsiOptions } from './party.ts'

export type PsiProtocol = 'ecdh' | 'ot'

export type PsiChoice = {
  readonly protocol: PsiProtocol
  readonly reason: /** Only `ecdh` tells the size alone. */
    | 'SIZE_ONLY'
    /** The sender has its list masked and sent before the question comes; only `ecdh` can. */
    | 'PREPARED'
    /** A fifth of a second for one thread at most, and a fourth of the bytes or less. */
    | 'SMALL_LISTS'
    /** Hashing and transfers extended from few public-key operations. */
    | 'LARGE_LISTS'
    /** More than the code of `ot` keeps apart. */
    | 'BEYOND_OT'
}

/** Whether a question is so much shorter than the list that masking that ahead spares most of the work. */
export function paysAhead(question: number, list: number): boolean {
  return 4 * question <= list
}

/** Multiplications, as for 1,024 items on either side. */
const SMALL = 4_096

/** @param prepared the sender's list goes ahead of the question */
export function chooseProtocol(
  { output, sizes }: Pick<PsiOptions, 'output' | 'sizes'>,
  prepared = false,
): PsiChoice {
  if (output === 'size') return { protocol: 'ecdh', reason: 'SIZE_ONLY' }
  if (prepared) return { protocol: 'ecdh', reason: 'PREPARED' }
  // The receiver masks and unmasks its list, the sender masks both.
  const multiplications = 3 * sizes.receiver + sizes.sender
  if (multiplications <= SMALL) return { protocol: 'ecdh', reason: 'SMALL_LISTS' }
  if (Math.max(sizes.receiver, sizes.sender) > LARGEST) {
    return { protocol: 'ecdh', reason: 'BEYOND_OT' }
  }
  return { protocol: 'ot', reason: 'LARGE_LISTS' }
}
