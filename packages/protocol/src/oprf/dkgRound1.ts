/**
 * Round 1 of key generation: each holder commits to a random polynomial (Feldman 1987, Pedersen
 * 1991), proves that it knows the constant term (Schnorr, as in FROST's key generation, Komlo and
 * Goldberg, SAC 2020) and names a fresh X25519 key to which its shares are to be sealed.
 *
 * The proof's challenge covers the context, the index, the encryption key and all commitments. So
 * nobody can subtract the others' commitments from its own (rogue key), replay a broadcast of
 * another session, or swap the encryption key.
 *
 * Timing: polynomial and nonce meet the group in `multiplyBaseSecret` and scalar arithmetic only.
 */

import {
  type ByteReader,
  type Bytes,
  ByteWriter,
  concat,
  equalBytes,
  isProtocolError,
  type RandomBytes,
  sodium,
  utf8,
} from '../encoding/index.ts'
import {
  commitPolynomial,
  type Group,
  isScalar,
  itemAt,
  randomPolynomial,
  randomScalar,
} from '../group/index.ts'
import { type DkgContext, type DkgHolder, dkgContextDigest, strictly } from './dkgContext.ts'
import { blaming, fail } from './errors.ts'

/** Sent to all holders alike, inside a message that the sender signs. */
export type DkgRound1Broadcast = {
  readonly contextDigest: Bytes
  readonly index: number
  readonly encryptionKey: Bytes
  /** q elements. */
  readonly commitments: Bytes
  /** R ‖ z. */
  readonly possession: Bytes
}

/** Never leaves its holder; erased when the key generation has ended. */
export type DkgRound1Secret = {
  readonly context: DkgContext
  readonly index: number
  readonly decryptionKey: Bytes
  /** q scalars. */
  readonly polynomial: Bytes
  /** The broadcast as it was sent. */
  readonly broadcast: Bytes
}

const ROUND1 = 0x01

export function makeRound1(
  group: Group,
  context: DkgContext,
  index: number,
  random: RandomBytes,
): DkgRound1Secret {
  const box = sodium.crypto_box_seed_keypair(random(32))
  const polynomial = randomPolynomial(group, context.quorum, random)
  const claim = {
    contextDigest: dkgContextDigest(context),
    index,
    encryptionKey: box.publicKey,
    commitments: commitPolynomial(group, polynomial),
  }
  const nonce = randomScalar(group, random)
  const nonceElement = group.multiplyBaseSecret(nonce)
  const c = challenge(group, claim, nonceElement)
  // z = nonce + c * a_0, so that z * G = R + c * C_0.
  const z = group.scalars.add(nonce, group.scalars.multiply(c, itemAt(polynomial, 0)))
  const broadcast = encodeDkgRound1({ ...claim, possession: concat(nonceElement, z) })
  return { context, index, decryptionKey: box.privateKey, polynomial, broadcast }
}

export function encodeDkgRound1(broadcast: DkgRound1Broadcast): Bytes {
  return concat(encodeClaim(broadcast), broadcast.possession)
}

/** Form only; `checkRound1` says whether it holds. @throws ProtocolError `BAD_MESSAGE` */
export function parseDkgRound1(bytes: Bytes): DkgRound1Broadcast {
  return strictly('round 1', bytes, (reader: ByteReader) => {
    if (reader.u8() !== ROUND1) fail('BAD_MESSAGE')
    return {
      contextDigest: reader.bytes(32),
      index: reader.u16(),
      encryptionKey: reader.bytes(32),
      commitments: reader.bytes(32 * reader.u16()),
      possession: reader.bytes(64),
    }
  })
}

/**
 * Parses and checks what a holder sent.
 * @throws ProtocolError with culprit = the sender, evidence = the message: `BAD_MESSAGE`,
 *   `WRONG_CONTEXT`, `BAD_COMMITMENTS`, `BAD_POSSESSION`
 */
export function checkRound1(
  group: Group,
  context: DkgContext,
  sender: DkgHolder,
  message: Bytes,
): DkgRound1Broadcast {
  const blame = { culprit: sender.id, evidence: message }
  const broadcast = blaming(blame, () => parseDkgRound1(message))
  const { contextDigest, index, encryptionKey, commitments, possession } = broadcast
  if (!equalBytes(contextDigest, dkgContextDigest(context))) fail('WRONG_CONTEXT', blame)
  if (index !== sender.index) fail('WRONG_CONTEXT', { ...blame, at: 'index' })
  if (commitments.length !== 32 * context.quorum) {
    fail('BAD_COMMITMENTS', { ...blame, at: 'count' })
  }
  const bad = firstBadElement(group, commitments)
  if (bad !== undefined) fail('BAD_COMMITMENTS', { ...blame, at: bad })
  if (!contributes(encryptionKey)) fail('BAD_MESSAGE', { ...blame, at: 'encryptionKey' })
  if (!possesses(group, broadcast, possession)) fail('BAD_POSSESSION', blame)
  return broadcast
}

type Claim = Omit<DkgRound1Broadcast, 'possession'>

function possesses(group: Group, claim: Claim, possession: Bytes): boolean {
  const nonceElement = itemAt(possession, 0)
  const z = itemAt(possession, 1)
  if (!isScalar(z)) return false
  if (firstBadElement(group, nonceElement) !== undefined) return false
  // R = z * G - c * C_0
  const minusC = group.scalars.negate(challenge(group, claim, nonceElement))
  const elements = concat(group.generator, itemAt(claim.commitments, 0))
  return equalBytes(nonceElement, group.combinePublic(concat(z, minusC), elements))
}

/** Its position, or undefined when all decode and none is the identity. */
function firstBadElement(group: Group, elements: Bytes): string | undefined {
  try {
    group.assertElements(elements)
    return undefined
  } catch (error) {
    if (isProtocolError(error)) return error.at ?? ''
    throw error
  }
}

function challenge(group: Group, claim: Claim, nonceElement: Bytes): Bytes {
  return group.hashToScalars(
    [concat(encodeClaim(claim), nonceElement)],
    utf8('drempel/v1/dkg/possession'),
  )
}

function encodeClaim(claim: Claim): Bytes {
  return new ByteWriter()
    .u8(ROUND1)
    .bytes(claim.contextDigest)
    .u16(claim.index)
    .bytes(claim.encryptionKey)
    .u16(claim.commitments.length / 32)
    .bytes(claim.commitments)
    .finish()
}

/** X25519 points of small order give everybody the same shared secret; libsodium refuses them. */
function contributes(encryptionKey: Bytes): boolean {
  try {
    sodium.crypto_scalarmult(new Uint8Array(32).fill(1), encryptionKey)
    return true
  } catch {
    return false
  }
}
