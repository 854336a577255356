/**
 * `ecdh` in parts, for a large list that many small questions are asked of: the sender masks its list
 * alone, ahead of everything; gives it to one receiver, once; and answers questions later, each of which
 * costs as much as the question is long. The scalar is the prepared list's own, made for one receiver,
 * and ends with it: without it what the receiver has is worth nothing, whatever it guesses.
 *
 * Every question has a fresh mask of the receiver's and a context of its own, so the sender cannot tell
 * whether two questions ask the same. The receiver learns for each item asked whether it is in the one
 * list that was sent; asking again tells it nothing new, and it keeps a record of b * H(x) for each item
 * that it asked, which is worth nothing against the list of another session. What questions may ask in
 * all is the session's to limit. An answer of `size` alone is given once for an offer: with two questions
 * under one scalar, an item in both shows by its record that it is the same, and a few overlapping
 * questions would single it out.
 *
 * Whoever asks has points of its choice multiplied by one scalar, over and over. Answers that each rest on
 * the one before help to find it by a factor of at most the root of their number (Brown, Gallant, IACR
 * ePrint 2004/306; Cheon, EUROCRYPT 2006; as of any key of RFC 9497, section 7.2.3): 10 of 126 bits for a
 * million batches.
 */

import { type Bytes, concat } from '../../encoding/index.ts'
import { defaultGroup, randomScalar } from '../../group/index.ts'
import { fail } from '../errors.ts'
import { itemCount } from '../items.ts'
import type { PsiChannel, PsiItems, PsiOptions, PsiOutput, PsiResult, PsiRole } from '../party.ts'
import { agreeOnTerms } from '../terms.ts'
import { beTold, conclude } from './conclude.ts'
import { blinded, multiplied } from './masks.ts'
import { ask, receiveKey, receiveList } from './receiver.ts'
import { answer, type MaskedList, maskList, sendKey, sendList } from './sender.ts'
import { type EcdhOptions, EcdhSession } from './session.ts'
import { type EcdhWork, inThread } from './work.ts'

const OFFER = 'ecdh-offer/1'
const QUESTION = 'ecdh-question/1'
const NO_RESULT = { output: 'items', to: 'receiver' } as const

/** `sizes.receiver` is the most that a question may be padded to; `context` binds the offer. */
export type Offer = EcdhOptions

type OfferTerms = Pick<Offer, 'context' | 'sizes'>

/** Of one question; `sizes.sender` is the offer's. */
export type Question = Omit<PsiOptions, 'role' | 'items'>

/** The sender's; secret until `withdraw`. */
export type OfferedList = MaskedList & {
  readonly offer: OfferTerms
  readonly scalar: Bytes
  /** Own items, without dummies. */
  readonly count: number
  /** What was asked of it. */
  asked: PsiOutput | undefined
}

/** The receiver's. */
export type TakenList = {
  readonly offer: OfferTerms
  readonly key: Bytes
  readonly records: Bytes
}

/** The sender masks its list, alone. @throws ProtocolError `LIST_TOO_LARGE`; the signal's reason */
export async function prepareList(
  offer: Omit<Offer, 'channel'>,
  items: PsiItems,
  work: EcdhWork = inThread(defaultGroup()),
): Promise<OfferedList> {
  const { context, sizes } = offer
  const session = new EcdhSession({ ...offer, channel: NOBODY }, work, sizes.sender)
  const scalar = randomScalar(defaultGroup(), offer.random)
  try {
    const list = await session.run(() => maskList(session, scalar, items))
    return {
      ...list,
      ...{ offer: { context, sizes }, scalar, count: itemCount(items), asked: undefined },
    }
  } catch (error) {
    scalar.fill(0)
    throw error
  }
}

/** The sender sends a list that it prepared. @param offer of that list's terms @throws as `ecdh` */
export async function giveList(
  offer: Offer,
  list: Pick<OfferedList, 'records' | 'scalar'>,
): Promise<void> {
  const session = new EcdhSession(offer, inThread(defaultGroup()), 0)
  await session.run(async () => {
    await agreeOnTerms(OFFER, { ...offer, ...NO_RESULT, role: 'sender' }, session.stop)
    await sendKey(session, list.scalar)
    await sendList(session, list)
  })
}

/** The receiver takes the list. @throws as `ecdh` */
export async function takeList(offer: Offer): Promise<TakenList> {
  const session = new EcdhSession(offer, inThread(defaultGroup()), 0)
  return await session.run(async () => {
    await agreeOnTerms(OFFER, { ...offer, ...NO_RESULT, role: 'receiver' }, session.stop)
    const key = await receiveKey(session)
    const { context, sizes } = offer
    return { offer: { context, sizes }, key, records: await receiveList(session) }
  })
}

/** The sender answers a question. @throws as `ecdh`; ProtocolError `LIST_USED` */
export async function answerQuestion(
  list: OfferedList,
  question: Question,
  work: EcdhWork = inThread(defaultGroup()),
): Promise<PsiResult> {
  const { output, sizes } = question
  if (list.asked === 'size' || (list.asked !== undefined && output === 'size')) {
    fail('LIST_USED', { culprit: 'self' })
  }
  const session = questionSession(list.offer, question, work, sizes.receiver)
  list.asked = output
  return await session.run(async () => {
    await agreeOnTerms(QUESTION, termsOf(list.offer, question, 'sender'), session.stop)
    await answer(session, list.scalar, sizes.receiver, output)
    return await beTold(session, question, list, list.count)
  })
}

/** The receiver asks of the list that it took. @throws as `ecdh` */
export async function askQuestion(
  list: TakenList,
  question: Question,
  items: PsiItems,
  work: EcdhWork = inThread(defaultGroup()),
): Promise<PsiResult> {
  const { output, sizes } = question
  const session = questionSession(list.offer, question, work, 2 * sizes.receiver)
  return await session.run(async () => {
    await agreeOnTerms(QUESTION, termsOf(list.offer, question, 'receiver'), session.stop)
    const mask = output === 'size' ? multiplied(session) : blinded(session, list.key)
    const records = await ask(session, items, sizes.receiver, output, mask)
    return await conclude(session, question, list.records, records)
  })
}

/** Ends an offer: its list cannot be asked any more. */
export function withdraw(list: OfferedList): void {
  list.asked = 'size'
  list.scalar.fill(0)
}

const none = () => Promise.reject(new Error('nobody is at the other end'))
const NOBODY: PsiChannel = { peer: 'self', send: none, receive: none }

/** Of this offer and no other. */
function termsOf(offer: OfferTerms, question: Question, role: PsiRole) {
  return { ...question, role, context: concat(offer.context, question.context) }
}

/** Hashes and records are the offer's; what the question binds is in its terms. */
function questionSession(
  { context, sizes }: OfferTerms,
  question: Question,
  work: EcdhWork,
  steps: number,
): EcdhSession {
  const { receiver, sender } = question.sizes
  if (receiver > sizes.receiver || sender !== sizes.sender) fail('BAD_SIZE', { culprit: 'self' })
  return new EcdhSession({ ...question, context, sizes }, work, steps)
}
