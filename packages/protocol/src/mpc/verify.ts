/**
 * The only place that makes `Verified` values, and so the only door to an opening.
 *
 * Adversary today: one semi-honest party, and links that may corrupt. Both ends of a link compare a MAC
 * over all that passed in both directions since the last check; nodes that fell out of step, or a
 * message changed on the way, stop here instead of opening keys below the threshold. A party that
 * computes wrongly on purpose is not detected: that needs a protocol with malicious security.
 */

import { equalBytes } from '../encoding/index.ts'
import { fail } from './errors.ts'
import type { Session, Side } from './session.ts'

const key = Symbol('verified')

export class Verified<T> {
  readonly value: T

  constructor(by: symbol, value: T) {
    if (by !== key) throw new TypeError('only verify() makes Verified values')
    this.value = value
  }
}

/** @throws ProtocolError `TRANSCRIPT_MISMATCH`, culprit = the neighbour (or the link to it) */
export async function verify<T>(session: Session, value: T): Promise<Verified<T>> {
  const here = session.narrow('verify')
  const digests = here.closeTranscript()
  const check = async (side: Side) => {
    const { sent, received } = digests[side]
    const sending = here.send(side, 'transcript', sent)
    const theirs = await here.receive(side, 'transcript', received.length)
    await sending
    if (!equalBytes(theirs, received))
      fail('TRANSCRIPT_MISMATCH', { culprit: here.name(side), at: session.step })
  }
  await Promise.all([check('next'), check('previous')])
  session.countRound()
  return new Verified(key, value)
}
