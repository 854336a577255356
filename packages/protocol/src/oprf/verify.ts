/**
 * Asker: checks a holder's evaluation against the holder's public share of the key (RFC 9497,
 * section 3.3.2, VerifyProof). All of it is public and may take a time that depends on it.
 *
 * Adversary: up to q - 1 holders that answer anything. A false answer is refused with a name and
 * with bytes that show it to anybody, provided that the holder signed its answer and the asker its
 * question.
 */

import { ByteReader, type Bytes, ByteWriter, concatAll, equalBytes } from '../encoding/index.ts'
import {
  type Decoded,
  type Elements,
  encodingsOf,
  type Group,
  type SecretShare,
} from '../group/index.ts'
import { decodes, MAX_BATCH, PROOF_BYTES, provenElements } from './dleq.ts'
import { fail } from './errors.ts'
import { evaluateElements, type ShareEvaluation } from './holder.ts'
import type { Pause } from './pause.ts'

/** The public side of a shared key, as `verifyTranscript` returns it. */
export type ThresholdKey = {
  readonly quorum: number
  readonly publicKey: Bytes
  readonly publicShares: readonly PublicShare[]
}

export type PublicShare = { readonly index: number; readonly id: string; readonly element: Bytes }

declare const verified: unique symbol

/** A holder's evaluation whose proof was checked, or the own one; only this file makes one. */
export type VerifiedShare = {
  readonly index: number
  readonly key: ThresholdKey
  readonly blinded: Bytes
  readonly evaluated: Bytes
  /** `evaluated`, where the proof's check left it decoded. */
  readonly decoded?: Decoded
  readonly [verified]: true
}

/**
 * @param blinded the elements that were sent, padding included
 * @throws ProtocolError `UNKNOWN_HOLDER`; `BAD_PROOF`, culprit = the holder's id, evidence for
 *   `isBadEvaluation`, `at` = `count`, `evaluated` or `proof`
 */
export async function verifyShare(
  group: Group,
  key: ThresholdKey,
  index: number,
  blinded: Elements,
  answer: ShareEvaluation,
  pause?: Pause,
): Promise<VerifiedShare> {
  const holder = key.publicShares.find((share) => share.index === index)
  if (holder === undefined) return fail('UNKNOWN_HOLDER', { at: String(index) })
  const judged = await judge(group, holder.element, blinded, answer, pause)
  if (typeof judged === 'string') {
    const evidence = encodeEvidence(holder.element, encodingsOf(blinded), answer)
    return fail('BAD_PROOF', { culprit: holder.id, at: judged, evidence })
  }
  const { evaluated } = answer
  return { index, key, blinded: encodingsOf(blinded), evaluated, decoded: judged } as VerifiedShare
}

/** What a share says of elements `from` to `to` alone: it was verified for each of them. */
export function partOfShare(share: VerifiedShare, from: number, to: number): VerifiedShare {
  const part = (flat: Bytes) => flat.subarray(32 * from, 32 * to)
  const { decoded: _, ...rest } = share
  return { ...rest, blinded: part(share.blinded), evaluated: part(share.evaluated) }
}

/**
 * Shares of one holder, each verified for its own question, as one of all questions in this order.
 * @throws ProtocolError `MIXED_SHARES` for shares of several keys or holders, or none
 */
export function joinShares(shares: readonly VerifiedShare[]): VerifiedShare {
  const [first] = shares
  if (first === undefined) return fail('MIXED_SHARES')
  const { index, key } = first
  const same = shares.every(
    (share) => share.index === index && equalBytes(share.key.publicKey, key.publicKey),
  )
  if (!same) fail('MIXED_SHARES')
  const blinded = concatAll(shares.map((share) => share.blinded))
  const evaluated = concatAll(shares.map((share) => share.evaluated))
  return { index, key, blinded, evaluated } as VerifiedShare
}

/**
 * A holder that asks evaluates with its own share, and needs no proof from itself.
 * @throws ProtocolError `UNKNOWN_HOLDER`; `BAD_SHARE`, culprit `self`, when the share is not the
 *   key's; as `evaluateShare` for elements
 */
export async function evaluateOwnShare(
  group: Group,
  key: ThresholdKey,
  keyShare: SecretShare,
  blinded: Elements,
  pause?: Pause,
): Promise<VerifiedShare> {
  const { index, secret } = keyShare
  const holder = key.publicShares.find((share) => share.index === index)
  if (holder === undefined) return fail('UNKNOWN_HOLDER', { at: String(index) })
  if (!equalBytes(group.multiplyBaseSecret(secret), holder.element)) {
    fail('BAD_SHARE', { culprit: 'self' })
  }
  const evaluated = await evaluateElements(group, secret, blinded, pause)
  return { index, key, blinded: encodingsOf(blinded), evaluated } as VerifiedShare
}

/**
 * Third party: do these bytes show an answer that no honest holder gives? The caller compares the
 * parts with what the holder and the asker signed.
 * @throws ProtocolError of the reader when the bytes are no such evidence
 */
export async function isBadEvaluation(
  group: Group,
  evidence: EvaluationEvidence,
  pause?: Pause,
): Promise<boolean> {
  const { publicShare, blinded, answer } = evidence
  return typeof (await judge(group, publicShare, blinded, answer, pause)) === 'string'
}

export type EvaluationEvidence = {
  readonly publicShare: Bytes
  readonly blinded: Bytes
  readonly answer: ShareEvaluation
}

const EVIDENCE_LIMIT = 32 * MAX_BATCH

export function parseEvaluationEvidence(bytes: Bytes): EvaluationEvidence {
  const reader = new ByteReader(bytes)
  const publicShare = reader.bytes(32)
  const blinded = reader.block(EVIDENCE_LIMIT)
  const evaluated = reader.block(EVIDENCE_LIMIT)
  const proof = reader.block(EVIDENCE_LIMIT)
  reader.finish()
  return { publicShare, blinded, answer: { evaluated, proof } }
}

/** An answer longer than the limit is cut: that it is too long still shows. */
function encodeEvidence(publicShare: Bytes, blinded: Bytes, answer: ShareEvaluation): Bytes {
  return new ByteWriter()
    .bytes(publicShare)
    .block(blinded)
    .block(answer.evaluated.subarray(0, EVIDENCE_LIMIT))
    .block(answer.proof.subarray(0, PROOF_BYTES + 1))
    .finish()
}

/** What is wrong with an answer, or its elements. */
async function judge(
  group: Group,
  publicShare: Bytes,
  blinded: Elements,
  answer: ShareEvaluation,
  pause: Pause | undefined,
): Promise<'count' | 'evaluated' | 'proof' | Decoded> {
  const { evaluated, proof } = answer
  if (evaluated.length !== encodingsOf(blinded).length) return 'count'
  const args = ['voprf', publicShare, blinded, evaluated, proof, pause] as const
  const decoded = await provenElements(group, ...args)
  if (decoded !== undefined) return decoded
  return (await decodes(group, evaluated, pause)) ? 'proof' : 'evaluated'
}

/** Evaluations of one key and one batch, so that they may be combined. */
export function sameQuestion(a: VerifiedShare, b: VerifiedShare): boolean {
  return equalBytes(a.key.publicKey, b.key.publicKey) && equalBytes(a.blinded, b.blinded)
}
