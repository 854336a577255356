/**
 * A rehearsal works under a convenant of its own: the same terms under another digest, made from the
 * convenant's and a word on which the members agreed. Keys, rounds, lists and log entries all name the
 * digest, so that a node takes nothing of a rehearsal for the convenant's, nor the reverse.
 */

import { type Bytes, hashParts, utf8 } from '../encoding/index.ts'

/** @param convenant digest of the convenant that is rehearsed */
export function rehearsalDigest(convenant: Bytes, word: string): Bytes {
  return hashParts('drempel/v1/rehearsal', convenant, utf8(word))
}
