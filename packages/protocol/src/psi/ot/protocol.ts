/**
 * Private set intersection from oblivious transfer: Kolesnikov, Kumaresan, Rosulek, Trieu, "Efficient
 * Batched Oblivious PRF with Applications to Private Set Intersection" (CCS 2016), with 3-way cuckoo
 * hashing and no stash (Pinkas, Schneider, Zohner, "Scalable Private Set Intersection Based on OT
 * Extension", TOPS 2018).
 *
 *   both: nonces by commitment, then opened: seeds for all hash functions      ot/commit, ot/open
 *   receiver -> sender, sender -> receiver: 128 base transfers        ot/base/keys, ot/base/answer
 *   sender -> receiver: 128 columns that extend them to 448           ot/columns
 *   receiver -> sender: a row of 448 bits for each bin                ot/matrix/0, 1, ...
 *   sender -> receiver: three values for each item                    ot/values/0, 1, ...
 *   receiver -> sender, where the result goes to both                 psi/report
 *
 * The receiver puts each item x into one of its three bins. Row j of its matrix is t_j ⊕ v_j ⊕ C(x), t
 * and v streams under both seeds of each column and C a pseudo-random code of 448 bits; its output is
 * H(t_j, j, i), i saying which of the three bins of x j is. The sender, which holds for each column the
 * seed that its secret bit s chose, gets q_j = t_j ⊕ (s ∧ C(x)) and can compute H(q_j ⊕ (s ∧ C(y)), j, i)
 * for any y: equal for y = x, else it depends on at least 128 bits of s that the receiver does not know.
 *
 * Adversary: semi-honest; H correlation-robust, BLAKE3 a random oracle, computational
 * Diffie-Hellman on ristretto255.
 *   - The receiver learns which of its items are in common and the sender's padded size. Values come in a
 *     random order, dummies are random bytes; under one place there are all three values of an
 *     item, of which the receiver can know one at most.
 *   - The sender learns the receiver's padded size: each column is masked by the stream that it does not
 *     have. Where the result goes to both, it learns the same of its own items.
 *
 * Against a peer that deviates this is weaker than `ecdh`. Rows that are no code words, in bins of items
 * that the receiver knows the sender to have, each tell it some bits of s; some thirty such items are
 * enough for all of s, and with s it can test every guess against all values. Later protocols check
 * rows for that (Pinkas, Rosulek, Trieu, Yanai, "PSI from PaXoS", EUROCRYPT 2020); this one does not. A
 * sender can put values of three items in one place, which the receiver refuses where it shows; and a
 * report can be a lie.
 */

import type { PsiOptions, PsiResult } from '../party.ts'
import { agreeOnTerms } from '../terms.ts'
import { receive } from './receiver.ts'
import { send } from './sender.ts'
import { OtSession, type Pause } from './session.ts'
import { tossSeeds } from './toss.ts'

const PROTOCOL = 'ot/1'

/**
 * One side of a session, from the first message to the result. Work is done in this thread.
 * @param pause called every few milliseconds
 * @throws ProtocolError with the peer as culprit: `WRONG_TERMS`, `BAD_MESSAGE`, `DUPLICATE_ELEMENT`
 *   and what the channel throws; `ITEMS_ONLY` for output `size`, `BAD_SIZE` for lists above 2^24, `LIST_TOO_LARGE`,
 *   `BAD_ITEM`, `NO_TABLE`; the signal's reason
 */
export async function ot(options: PsiOptions, pause?: Pause): Promise<PsiResult> {
  const session = new OtSession(options, pause)
  const { stop } = session
  try {
    await agreeOnTerms(PROTOCOL, options, stop)
    const seeds = await tossSeeds(options, stop)
    const { channel, random } = options
    const base = { channel, random, stop, session: seeds.transfers }
    return await (options.role === 'receiver' ? receive : send)(session, seeds, base)
  } finally {
    stop.close()
  }
}
