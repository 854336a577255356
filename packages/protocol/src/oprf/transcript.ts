/**
 * The public record of a key generation: context, all round 1 broadcasts, the public key Y and each
 * holder's public share Y_i. All holders sign its digest; nobody uses a key before.
 *
 * A client checks the record itself. Were the Y_i not on one polynomial of degree q - 1, every DLEQ
 * proof could pass and different quorums would still give different tags.
 */

import {
  type Bytes,
  ByteWriter,
  equalBytes,
  hashParts,
  hex,
  type Signer,
  type Statement,
  signStatement,
  verifyStatement,
} from '../encoding/index.ts'
import { committedValue, type Group, isIdentity, itemAt } from '../group/index.ts'
import {
  assertPurpose,
  type DkgContext,
  encodeDkgContext,
  type KeyPurpose,
  parseDkgContext,
  strictly,
} from './dkgContext.ts'
import { checkRound1 } from './dkgRound1.ts'
import { fail } from './errors.ts'
import type { PublicShare, ThresholdKey } from './verify.ts'

export type KeyTranscript = {
  readonly context: DkgContext
  /** Encoded, in the order of the context's holders. */
  readonly broadcasts: readonly Bytes[]
  readonly publicKey: Bytes
  readonly publicShares: readonly PublicShare[]
}

const TRANSCRIPT = 0x03
const BLOCK_LIMIT = 0xffff

/**
 * Client or holder: the key that a transcript stands for, when it is the expected one and holds.
 * Its signatures are checked apart (`verifyTranscriptSignatures`).
 * @throws ProtocolError `WRONG_CONTEXT`; `BAD_COMMITMENTS`, `BAD_POSSESSION`, `BAD_MESSAGE`, culprit =
 *   the holder; `BAD_TRANSCRIPT`
 */
export function verifyTranscript(
  group: Group,
  transcript: KeyTranscript,
  expected: KeyPurpose,
): ThresholdKey {
  const { context, broadcasts, publicKey, publicShares } = transcript
  assertPurpose(context, expected)
  const again = makeTranscript(group, context, broadcasts)
  if (!equalBytes(again.publicKey, publicKey)) fail('BAD_TRANSCRIPT', { at: 'publicKey' })
  if (publicShares.length !== again.publicShares.length) {
    fail('BAD_TRANSCRIPT', { at: 'publicShares' })
  }
  again.publicShares.forEach((share, i) => {
    const given = publicShares[i]!
    const same = given.index === share.index && given.id === share.id
    if (!same || !equalBytes(given.element, share.element)) {
      fail('BAD_TRANSCRIPT', { at: `publicShares.${i}` })
    }
  })
  return { quorum: context.quorum, publicKey, publicShares }
}

/** Y and Y_i follow from the broadcasts: the sum of the committed polynomials, at zero and at i. */
export function makeTranscript(
  group: Group,
  context: DkgContext,
  broadcasts: readonly Bytes[],
): KeyTranscript {
  if (broadcasts.length !== context.holders.length) fail('BAD_TRANSCRIPT', { at: 'broadcasts' })
  const sum = context.holders
    .map((holder, i) => checkRound1(group, context, holder, broadcasts[i]!).commitments)
    .reduce((total, commitments) => group.add(total, commitments))
  // An identity at the top would lower the quorum; at zero it would be a key of zero.
  for (let j = 0; j < context.quorum; j++) {
    if (isIdentity(itemAt(sum, j))) fail('BAD_TRANSCRIPT', { at: `coefficient ${j}` })
  }
  const publicShares = context.holders.map(({ index, id }) => {
    const element = committedValue(group, sum, index)
    if (isIdentity(element)) fail('BAD_TRANSCRIPT', { at: `public share ${index}` })
    return { index, id, element }
  })
  return { context, broadcasts, publicKey: itemAt(sum, 0).slice(), publicShares }
}

/** What all holders sign. */
export function transcriptDigest(transcript: KeyTranscript): Bytes {
  return hashParts('drempel/v1/dkg/transcript', encodeTranscript(transcript))
}

export function encodeTranscript(transcript: KeyTranscript): Bytes {
  const writer = new ByteWriter().u8(TRANSCRIPT).block(encodeDkgContext(transcript.context))
  for (const broadcast of transcript.broadcasts) writer.block(broadcast)
  writer.bytes(transcript.publicKey)
  for (const share of transcript.publicShares) writer.bytes(share.element)
  return writer.finish()
}

/** Form only; `verifyTranscript` says whether it holds. @throws ProtocolError `BAD_MESSAGE` */
export function parseTranscript(bytes: Bytes): KeyTranscript {
  return strictly('transcript', bytes, (reader) => {
    if (reader.u8() !== TRANSCRIPT) fail('BAD_MESSAGE')
    const context = parseDkgContext(reader.block(BLOCK_LIMIT))
    const broadcasts = context.holders.map(() => reader.block(BLOCK_LIMIT))
    const publicKey = reader.bytes(32)
    const publicShares = context.holders.map((holder) => ({ ...holder, element: reader.bytes(32) }))
    return { context, broadcasts, publicKey, publicShares }
  })
}

const STATEMENT = 'dkg/transcript'

export type TranscriptStatement = Statement<{ readonly digest: string }>

/** A holder that finished and whose share passed: its word that this is the key. */
export function signTranscript(
  transcript: KeyTranscript,
  ownId: string,
  signer: Signer,
): TranscriptStatement {
  return signStatement(STATEMENT, { digest: hex(transcriptDigest(transcript)) }, ownId, signer)
}

/**
 * Every holder of the context signed this transcript.
 * @param signingKeyOf from the convenant
 * @throws ProtocolError `BAD_SIGNATURE` for another transcript, `BAD_STATEMENT` for a signature that
 *   does not verify, `MISSING_SIGNATURE`; culprit = the holder
 */
export function verifyTranscriptSignatures(
  transcript: KeyTranscript,
  statements: readonly TranscriptStatement[],
  signingKeyOf: (id: string) => Bytes | undefined,
): void {
  const digest = hex(transcriptDigest(transcript))
  const signed = new Set<string>()
  for (const statement of statements) {
    const culprit = statement.member
    verifyStatement(STATEMENT, statement, signingKeyOf(culprit))
    if (statement.body.digest !== digest) fail('BAD_SIGNATURE', { culprit })
    signed.add(culprit)
  }
  for (const { id } of transcript.context.holders) {
    if (!signed.has(id)) fail('MISSING_SIGNATURE', { culprit: id })
  }
}
