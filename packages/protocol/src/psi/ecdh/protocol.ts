/**
 * Private set intersection by commutative masking on ristretto255 (Meadows, "A More Efficient
 * Cryptographic Matchmaking Protocol", IEEE S&P 1986; Huberman, Franklin, Hogg, "Enhancing Privacy and
 * Trust in Electronic Communities", EC 1999), its size alone by a second list in an order that says
 * nothing (De Cristofaro, Gasti, Tsudik, "Fast and Private Computation of Cardinality of Set
 * Intersection and Union", CANS 2012).
 *
 * The receiver has items x, the sender items y and a fresh secret scalar b; H hashes to the group under a
 * tag that holds the session's context; M is the receiver's mask, fresh too: a multiplication for `size`,
 * the addition of random multiples of the generator for `items` (masks.ts).
 *
 *   sender -> receiver, for `items`: b * G                          psi/key
 *   receiver -> sender: M(H(x)) for all x                           psi/masked
 *   sender -> receiver: b * M(H(x)), for `size` rising              psi/products
 *   sender -> receiver: records of b * H(y) for all y, rising       psi/list
 *   receiver: takes M away, looks b * H(x) up in the list
 *   receiver -> sender, where the result goes to both               psi/report
 *
 * Taking the own mask away instead of masking the other list too lets the sender send a few bytes of
 * b * H(y).
 *
 * Adversary: semi-honest. Under decisional Diffie-Hellman, with H a random oracle:
 *   - the receiver learns which of its items are in common (for `size`: how many; the products come in
 *     the order of their encodings, which is that of random points), and the sender's padded size;
 *   - the sender learns the receiver's padded size and, where the result goes to both, the same of its
 *     own items. The list is sent in the order of its records, so that a position says nothing.
 * Dummies of the padding are random points: H of 32 random bytes.
 *
 * A peer that deviates can choose its items up to the agreed size, as always. For `size` a receiver
 * that masks every point with a scalar of its own learns which, and a sender that multiplies by several
 * scalars can make a report tell it more than it should: SECURITY.md says what limits both.
 */

import { defaultGroup, randomScalar } from '../../group/index.ts'
import { itemCount } from '../items.ts'
import type { PsiOptions, PsiResult } from '../party.ts'
import { agreeOnTerms } from '../terms.ts'
import { beTold, conclude } from './conclude.ts'
import { blinded, multiplied } from './masks.ts'
import { ask, receiveKey, receiveList } from './receiver.ts'
import { answer, maskList, sendKey, sendList } from './sender.ts'
import { EcdhSession } from './session.ts'
import { type EcdhWork, inThread } from './work.ts'

const PROTOCOL = 'ecdh/1'

/**
 * One side of a session, from the first message to the result.
 * @throws ProtocolError with the peer as culprit: `WRONG_TERMS`, `BAD_ELEMENT`, `IDENTITY_ELEMENT`,
 *   `DUPLICATE_ELEMENT`, `BAD_ORDER`, `BAD_MESSAGE` and what the channel throws; `LIST_TOO_LARGE`; the
 *   signal's reason
 */
export async function ecdh(
  options: PsiOptions,
  work: EcdhWork = inThread(defaultGroup()),
): Promise<PsiResult> {
  const { role, sizes } = options
  const own = role === 'receiver' ? sizes.receiver : sizes.sender
  const session = new EcdhSession(options, work, sizes.receiver + own)
  return await session.run(async () => {
    await agreeOnTerms(PROTOCOL, options, session.stop)
    return role === 'receiver' ? receive(session, options) : send(session, options)
  })
}

async function receive(session: EcdhSession, options: PsiOptions): Promise<PsiResult> {
  const { items, sizes, output } = options
  const mask = output === 'size' ? multiplied(session) : blinded(session, await receiveKey(session))
  const records = await ask(session, items, sizes.receiver, output, mask)
  const list = await receiveList(session)
  return conclude(session, options, list, records)
}

async function send(session: EcdhSession, options: PsiOptions): Promise<PsiResult> {
  const { items, sizes, output } = options
  const scalar = randomScalar(defaultGroup(), options.random)
  try {
    if (output === 'items') await sendKey(session, scalar)
    const [list] = await session.stop.all([
      maskList(session, scalar, items),
      answer(session, scalar, sizes.receiver, output),
    ])
    await sendList(session, list)
    return await beTold(session, options, list, itemCount(items))
  } finally {
    scalar.fill(0)
  }
}
