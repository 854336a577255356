/**
 * Key generation among the key holders (Pedersen, EUROCRYPT 1991, with Feldman commitments and
 * proofs of possession): the sum of everybody's random polynomial is shared, nobody knows its
 * constant term. Three pure steps; the caller carries messages and signs them.
 *
 * Adversary: fewer than q holders, malicious, on an authenticated channel. They can make the
 * generation fail, then with a name; they learn nothing about the key beyond Y and their own
 * shares. Two things this form does not give, and why that is bearable:
 * - Holders that speak last may choose their polynomials with the others' commitments in sight, and
 *   so bias Y a little (Gennaro, Jarecki, Krawczyk, Rabin 1999). They must prove what they know, so
 *   the key is an honest holder's uniform scalar plus a number that they could compute: as hard
 *   to evaluate without a quorum as before.
 * - A holder may tell others different things in round 1. Then the transcripts differ, and a key
 *   is used only when all holders signed one transcript.
 */

import { type Bytes, equalBytes, type RandomBytes } from '../encoding/index.ts'
import {
  evaluatePolynomial,
  type Group,
  isZero,
  type SecretShare,
  verifySecretShare,
} from '../group/index.ts'
import { assertDkgContext, type DkgContext, holderById } from './dkgContext.ts'
import {
  checkRound1,
  type DkgRound1Broadcast,
  type DkgRound1Secret,
  makeRound1,
  parseDkgRound1,
} from './dkgRound1.ts'
import { openShare, sealShare } from './dkgShares.ts'
import { blaming, fail } from './errors.ts'
import { type KeyTranscript, makeTranscript } from './transcript.ts'

/** A message and the holder whose signature it came with. */
export type FromHolder = { readonly from: string; readonly message: Bytes }

/** Round 1. @returns the broadcast for all others, and what to keep. @throws `BAD_CONTEXT`, `UNKNOWN_HOLDER` */
export function dkgRound1(
  group: Group,
  context: DkgContext,
  ownId: string,
  random: RandomBytes,
): { readonly secret: DkgRound1Secret; readonly broadcast: Bytes } {
  assertDkgContext(context)
  const secret = makeRound1(group, context, holderById(context, ownId).index, random)
  return { secret, broadcast: secret.broadcast }
}

/**
 * Round 2, when all others' broadcasts are there: checks them and seals one share for each.
 * @param received one from each other holder, in any order
 * @throws ProtocolError with culprit: `UNKNOWN_HOLDER`, `DUPLICATE_HOLDER`, `MISSING_HOLDER`, and
 *   with the message as evidence `BAD_MESSAGE`, `WRONG_CONTEXT`, `BAD_COMMITMENTS`, `BAD_POSSESSION`
 */
export function dkgRound2(
  group: Group,
  secret: DkgRound1Secret,
  received: readonly FromHolder[],
  random: RandomBytes,
): { readonly to: string; readonly message: Bytes }[] {
  const broadcasts = checkBroadcasts(group, secret, received)
  const own = broadcasts.get(secret.index)!
  return others(secret).map(({ index, id }) => {
    const share = evaluatePolynomial(group, secret.polynomial, index)
    const message = sealShare(share, secret.decryptionKey, own, broadcasts.get(index)!, random)
    return { to: id, message }
  })
}

/**
 * Checks every share against its sender's commitments and adds them up.
 * @param received round 1, as given to `dkgRound2` @param shares round 2, one from each other holder
 * @returns the key share (secret) and the transcript, to be signed by all holders before use
 * @throws as `dkgRound2`; `WRONG_RECIPIENT` or `BAD_SHARE`, culprit = the sender, evidence = its
 *   sealed message: whoever is shown the session's decryption key, of no use after a failed
 *   session, can check it
 */
export function dkgFinish(
  group: Group,
  secret: DkgRound1Secret,
  received: readonly FromHolder[],
  shares: readonly FromHolder[],
): { readonly keyShare: SecretShare; readonly transcript: KeyTranscript } {
  const broadcasts = checkBroadcasts(group, secret, received)
  const sealed = onePerHolder(secret, shares)
  let sum = evaluatePolynomial(group, secret.polynomial, secret.index)
  for (const { index, id } of others(secret)) {
    const share = receiveShare(group, secret, id, sealed.get(index)!, broadcasts.get(index)!)
    sum = group.scalars.add(sum, share)
  }
  const messages = new Map(onePerHolder(secret, received)).set(secret.index, secret.broadcast)
  const ordered = secret.context.holders.map(({ index }) => messages.get(index)!)
  const transcript = makeTranscript(group, secret.context, ordered)
  const own = transcript.publicShares.find((share) => share.index === secret.index)!
  // Every summand was checked, so that only a zero sum or a fault of the machine ends here.
  if (isZero(sum) || !equalBytes(own.element, group.multiplyBaseSecret(sum))) {
    fail('BAD_TRANSCRIPT', { culprit: 'self' })
  }
  return { keyShare: { index: secret.index, secret: sum }, transcript }
}

function receiveShare(
  group: Group,
  secret: DkgRound1Secret,
  sender: string,
  message: Bytes,
  broadcast: DkgRound1Broadcast,
): Bytes {
  const own = parseDkgRound1(secret.broadcast)
  return blaming({ culprit: sender, evidence: message }, () => {
    const share = openShare(message, secret.decryptionKey, broadcast, own)
    if (!verifySecretShare(group, broadcast.commitments, secret.index, share)) {
      fail('BAD_SHARE', { at: 'commitments' })
    }
    return share
  })
}

/** All holders' broadcasts by index, the own one among them. */
function checkBroadcasts(
  group: Group,
  secret: DkgRound1Secret,
  received: readonly FromHolder[],
): Map<number, DkgRound1Broadcast> {
  const { context, index } = secret
  const messages = new Map(onePerHolder(secret, received)).set(index, secret.broadcast)
  return new Map(
    context.holders.map((holder) => [
      holder.index,
      checkRound1(group, context, holder, messages.get(holder.index)!),
    ]),
  )
}

/** Messages by index: one from each other holder and from nobody else. */
function onePerHolder(
  secret: DkgRound1Secret,
  received: readonly FromHolder[],
): ReadonlyMap<number, Bytes> {
  const messages = new Map<number, Bytes>()
  for (const { from, message } of received) {
    const { index } = holderById(secret.context, from)
    if (messages.has(index) || index === secret.index) {
      fail('DUPLICATE_HOLDER', { culprit: from, evidence: message })
    }
    messages.set(index, message)
  }
  for (const { index, id } of others(secret)) {
    if (!messages.has(index)) fail('MISSING_HOLDER', { culprit: id })
  }
  return messages
}

function others(secret: DkgRound1Secret) {
  return secret.context.holders.filter((holder) => holder.index !== secret.index)
}
