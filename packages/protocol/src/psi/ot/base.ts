/**
 * 128 random oblivious transfers on ristretto255, after Naor and Pinkas (Efficient Oblivious Transfer
 * Protocols, SODA 2001, section 3.1): the chooser ends with one of two keys each, the other side with both.
 *
 * C is an element of which nobody knows the logarithm: hashed to the group from the seeds that both
 * tossed. For choice b the chooser picks k and sends P = kG, or C - kG for b = 1. The other side draws
 * one r, sends R = rG and has keys H(i, rP) and H(i, r(C - P)); the chooser has H(i, kR) of these.
 *
 * Choices: P is uniform whatever b is, so they are hidden perfectly, from a deviating peer too. Keys:
 * who knows both keys of one transfer knows rP + r(C - P) = rC, and so solves the computational
 * Diffie-Hellman problem for (C, R), with H as a random oracle; one r and C for all transfers
 * are no loss, since the number and the transcript are hashed in. Not shown: universal
 * composability, which the simplest such transfer (Chou, Orlandi 2015) does not have either and
 * the semi-honest extension on top of this does not ask for.
 */

import {
  type Bytes,
  hashParts,
  isProtocolError,
  type RandomBytes,
  sha256,
  utf8,
} from '../../encoding/index.ts'
import { defaultGroup, ELEMENT_BYTES, randomScalar, randomScalars } from '../../group/index.ts'
import { fail } from '../errors.ts'
import type { Stop } from '../flow.ts'
import type { PsiChannel } from '../party.ts'

export const TRANSFERS = 128
export const KEY = 32

const KEYS = 'ot/base/keys'
const ANSWER = 'ot/base/answer'
const DST = utf8('drempel/v1/psi/ot/base')

export type BaseContext = {
  readonly channel: PsiChannel
  readonly random: RandomBytes
  readonly stop: Stop
  /** Unique to the session and chosen by neither side. */
  readonly session: Bytes
}

/**
 * @param choices 128 bytes of 0 or 1
 * @returns the chosen keys, 32 bytes each
 * @throws ProtocolError `BAD_MESSAGE`, culprit = the peer
 */
export async function chooseKeys(base: BaseContext, choices: Bytes): Promise<Bytes> {
  const group = defaultGroup()
  const common = commonElement(base.session)
  const secrets = randomScalars(group, TRANSFERS, base.random)
  const own = group.multiplyBaseSecret(secrets)
  const reflected = group.subtract(repeated(common), own)
  const sent = chosen(choices, own, reflected)
  await base.stop.race(base.channel.send(KEYS, sent))
  const answer = await receiveElements(base, ANSWER, 1)
  const shared = group.multiplySecret(secrets, repeated(answer))
  secrets.fill(0)
  return keysOf(base.session, sent, answer, shared)
}

/** @returns both keys of each transfer @throws ProtocolError `BAD_MESSAGE`, culprit = the peer */
export async function offerKeys(base: BaseContext): Promise<readonly [Bytes, Bytes]> {
  const group = defaultGroup()
  const common = commonElement(base.session)
  const received = await receiveElements(base, KEYS, TRANSFERS)
  const secret = randomScalar(group, base.random)
  const answer = group.multiplyBaseSecret(secret)
  await base.stop.race(base.channel.send(ANSWER, answer))
  const first = group.multiplySecret(secret, received)
  const sum = group.multiplySecret(secret, common)
  secret.fill(0)
  const second = group.subtract(repeated(sum), first)
  return [
    keysOf(base.session, received, answer, first),
    keysOf(base.session, received, answer, second),
  ]
}

function commonElement(session: Bytes): Bytes {
  return defaultGroup().hashToGroup([session], DST)
}

async function receiveElements(
  { channel, stop }: BaseContext,
  step: string,
  count: number,
): Promise<Bytes> {
  const length = ELEMENT_BYTES * count
  const frame = await stop.race(channel.receive(step, { min: length, max: length }))
  try {
    defaultGroup().assertElements(frame)
  } catch (error) {
    if (!isProtocolError(error)) throw error
    fail('BAD_MESSAGE', { culprit: channel.peer, at: step })
  }
  return frame.slice()
}

function repeated(element: Bytes): Bytes {
  const flat = new Uint8Array(ELEMENT_BYTES * TRANSFERS)
  for (let i = 0; i < TRANSFERS; i++) flat.set(element, ELEMENT_BYTES * i)
  return flat
}

/** Of each pair the one that the choice names, without a branch. */
function chosen(choices: Bytes, zero: Bytes, one: Bytes): Bytes {
  return zero.map((byte, i) => {
    const mask = -choices[Math.floor(i / ELEMENT_BYTES)]!
    return byte ^ (mask & (byte ^ one[i]!))
  })
}

function keysOf(session: Bytes, sent: Bytes, answer: Bytes, shared: Bytes): Bytes {
  const transcript = hashParts('drempel/v1/psi/ot/base', session, sent, answer)
  return hashEach(transcript, shared, ELEMENT_BYTES)
}

/** SHA-256 of prefix, number and part, for each part: all of one length, so nothing else hashes alike. */
export function hashEach(prefix: Bytes, parts: Bytes, length: number): Bytes {
  const count = parts.length / length
  const hashes = new Uint8Array(KEY * count)
  const input = new Uint8Array(prefix.length + 4 + length)
  input.set(prefix)
  const view = new DataView(input.buffer)
  for (let i = 0; i < count; i++) {
    view.setUint32(prefix.length, i)
    input.set(parts.subarray(length * i, length * (i + 1)), prefix.length + 4)
    hashes.set(sha256(input), KEY * i)
  }
  input.fill(0)
  return hashes
}
