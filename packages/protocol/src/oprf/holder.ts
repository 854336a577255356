/**
 * Key holder: evaluates blinded elements with its share of the key, and proves it (RFC 9497,
 * sections 3.3.2 and 2.2, mode VOPRF, with the share as the key).
 *
 * Adversary: an asker that sends anything it likes. The holder learns who asks and how many
 * elements, nothing about the inputs: each element is uniform and independent of its input. The
 * asker learns share * element for what it sent and nothing else about the share, as far as the
 * one-more gap Diffie-Hellman assumption goes; that it may ask is decided before.
 *
 * Timing: the share meets the group in `multiplySecret`, `multiplyBaseSecret` and scalar arithmetic
 * only. In every backend but noble these have no branch and no address that depends on it, as far as
 * the WebAssembly engine keeps that form; noble's BigInt takes a time that depends on the share.
 */

import type { Bytes, RandomBytes } from '../encoding/index.ts'
import {
  countOf,
  type Decoded,
  type Elements,
  elementsBetween,
  encodingsOf,
  type Group,
  joinDecoded,
  type SecretShare,
} from '../group/index.ts'
import { generateProof, MAX_BATCH } from './dleq.ts'
import { fail } from './errors.ts'
import { inSlices, type Pause } from './pause.ts'

/** What a holder answers: count * 32 bytes in the order of the question, and 64 bytes of proof. */
export type ShareEvaluation = { readonly evaluated: Bytes; readonly proof: Bytes }

/**
 * @param blinded 1 to 65,535 encoded elements as the asker sent them
 * @param pause called about every ten milliseconds
 * @throws ProtocolError `EMPTY_BATCH`, `BATCH_TOO_LARGE`, and `BAD_LENGTH`, `BAD_ELEMENT` or
 *   `IDENTITY_ELEMENT` with the position: then nothing is answered
 */
export async function evaluateShare(
  group: Group,
  keyShare: SecretShare,
  blinded: Bytes,
  random: RandomBytes,
  pause?: Pause,
): Promise<ShareEvaluation> {
  const { secret } = keyShare
  const parts: Decoded[] = []
  const evaluated = await evaluateSlices(group, secret, blinded, pause, (slice) => {
    const decoded = group.decode(encodingsOf(slice))
    parts.push(decoded)
    return decoded
  })
  const publicShare = group.multiplyBaseSecret(secret)
  const proof = await generateProof(
    group,
    'voprf',
    secret,
    publicShare,
    joinDecoded(blinded, parts),
    evaluated,
    random,
    pause,
  )
  return { evaluated, proof }
}

/** Every element times the share, without a proof. @throws as `evaluateShare` */
export function evaluateElements(
  group: Group,
  secret: Bytes,
  blinded: Elements,
  pause?: Pause,
): Promise<Bytes> {
  return evaluateSlices(group, secret, blinded, pause, (slice) => slice)
}

async function evaluateSlices(
  group: Group,
  secret: Bytes,
  blinded: Elements,
  pause: Pause | undefined,
  prepare: (slice: Elements) => Elements,
): Promise<Bytes> {
  const encodings = encodingsOf(blinded)
  const count = countOf(encodings)
  if (count === 0) fail('EMPTY_BATCH')
  if (count > MAX_BATCH) fail('BATCH_TOO_LARGE')
  const evaluated = new Uint8Array(encodings.length)
  await inSlices(count, group.strides.each, pause, (from, to) => {
    const slice = prepare(elementsBetween(blinded, from, to))
    evaluated.set(group.multiplySecret(secret, slice), 32 * from)
  })
  return evaluated
}
