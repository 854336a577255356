/**
 * Batched proof of equal discrete logarithms, RFC 9497, section 2.2: for a public key B = k * A,
 * every evaluated element is k times its blinded element. A proof is 64 bytes, c ‖ s.
 *
 * A verifier who accepts is wrong with probability about 2^-250 (random oracle): the weights d_i
 * depend on the key and on all pairs. The proof is not bound to a session; the signed message that
 * carries it is.
 *
 * Timing: k and the nonce r meet the group in `multiplySecret` and the scalar arithmetic only, all
 * else is public.
 */

import {
  type Bytes,
  concat,
  equalBytes,
  isProtocolError,
  type RandomBytes,
  sodium,
} from '../encoding/index.ts'
import {
  countOf,
  type Decoded,
  type Elements,
  elementsBetween,
  encodingsOf,
  type Group,
  isIdentity,
  isScalar,
  itemAt,
  randomScalar,
} from '../group/index.ts'
import { decodeElements } from './decode.ts'
import { fail } from './errors.ts'
import { inSlices, type Pause } from './pause.ts'
import { framed, type Mode, TAGS, twoBytes } from './suite.ts'

export const PROOF_BYTES = 64

/** RFC 9497, section 2.2: a batch index fits two bytes. */
export const MAX_BATCH = 0xffff

/** GenerateProof with A the generator. @throws ProtocolError `EMPTY_BATCH`, `BATCH_TOO_LARGE` */
export async function generateProof(
  group: Group,
  mode: Mode,
  secretKey: Bytes,
  publicKey: Bytes,
  blinded: Elements,
  evaluated: Bytes,
  random: RandomBytes,
  pause?: Pause,
): Promise<Bytes> {
  const encodings = encodingsOf(blinded)
  const weights = await compositeWeights(group, mode, publicKey, encodings, evaluated, pause)
  const m = await weightedSums(group, weights, [blinded], pause)
  const r = randomScalar(group, random)
  const t2 = group.multiplyBaseSecret(r)
  // ComputeCompositesFast: who knows k gets Z = k * M without a second sum.
  const multiples = group.multiplySecret(concat(secretKey, r), concat(m, m))
  const [z, t3] = [itemAt(multiples, 0), itemAt(multiples, 1)]
  const c = challenge(group, mode, [publicKey, m, z, t2, t3])
  const s = group.scalars.subtract(r, group.scalars.multiply(c, secretKey))
  return concat(c, s)
}

/**
 * VerifyProof; all of it is public. An evaluated element that does not decode or is the identity
 * makes it false.
 * @throws ProtocolError `BAD_ELEMENT` for a blinded element, `EMPTY_BATCH`, `BATCH_TOO_LARGE`, `BAD_COUNT`
 */
export async function verifyProof(
  group: Group,
  mode: Mode,
  publicKey: Bytes,
  blinded: Bytes,
  evaluated: Bytes,
  proof: Bytes,
  pause?: Pause,
): Promise<boolean> {
  const verified = await provenElements(group, mode, publicKey, blinded, evaluated, proof, pause)
  return verified !== undefined
}

/** As `verifyProof`. @returns the evaluated elements, decoded; undefined where it gives false */
export async function provenElements(
  group: Group,
  mode: Mode,
  publicKey: Bytes,
  blinded: Elements,
  evaluated: Bytes,
  proof: Bytes,
  pause?: Pause,
): Promise<Decoded | undefined> {
  if (proof.length !== PROOF_BYTES) return undefined
  const c = itemAt(proof, 0)
  const s = itemAt(proof, 1)
  if (!isScalar(c) || !isScalar(s)) return undefined
  const encodings = encodingsOf(blinded)
  const weights = await compositeWeights(group, mode, publicKey, encodings, evaluated, pause)
  const decoded = await decodeAnswer(group, evaluated, pause)
  if (decoded === undefined) return undefined
  const sums = await weightedSums(group, weights, [blinded, decoded], pause)
  const [m, z] = [itemAt(sums, 0), itemAt(sums, 1)]
  if (isIdentity(m) || isIdentity(z)) return undefined
  const bases = concat(group.generator, publicKey)
  const commitments = group.combinePublic(concat(s, c), bases, sums)
  const [t2, t3] = [itemAt(commitments, 0), itemAt(commitments, 1)]
  return equalBytes(c, challenge(group, mode, [publicKey, m, z, t2, t3])) ? decoded : undefined
}

/** Are all of these elements, and none the identity? They are public. */
export async function decodes(group: Group, elements: Bytes, pause?: Pause): Promise<boolean> {
  return (await decodeAnswer(group, elements, pause)) !== undefined
}

/** The d_i of ComputeComposites. */
async function compositeWeights(
  group: Group,
  mode: Mode,
  publicKey: Bytes,
  blinded: Bytes,
  evaluated: Bytes,
  pause: Pause | undefined,
): Promise<Bytes> {
  const count = countOf(blinded)
  if (count === 0) fail('EMPTY_BATCH')
  if (count > MAX_BATCH) fail('BATCH_TOO_LARGE')
  if (evaluated.length !== blinded.length) fail('BAD_COUNT')
  const seed = sodium.crypto_hash_sha512(framed([publicKey, TAGS[mode].seed]))
  const slice = transcripts(seed, blinded, evaluated)
  const weights = new Uint8Array(blinded.length)
  await inSlices(count, group.strides.sum, pause, (from, to) => {
    weights.set(group.hashToScalars(slice(from, to), TAGS[mode].hashToScalar), 32 * from)
  })
  return weights
}

/**
 * What the d_i hash: I2OSP(64, 2) ‖ seed ‖ I2OSP(i, 2) ‖ I2OSP(32, 2) ‖ blinded ‖ I2OSP(32, 2) ‖
 * evaluated ‖ "Composite". All have one length, so they are copies of one with the item put in; those
 * of a slice share a buffer.
 */
function transcripts(
  seed: Bytes,
  blinded: Bytes,
  evaluated: Bytes,
): (from: number, to: number) => Bytes[] {
  const head = framed([seed])
  const item = new Uint8Array(32)
  const template = concat(head, twoBytes(0), framed([item, item], 'Composite'))
  const index = head.length
  return (from, to) => {
    const all = new Uint8Array(template.length * (to - from))
    return Array.from({ length: to - from }, (_, j) => {
      const i = from + j
      const transcript = all.subarray(template.length * j, template.length * (j + 1))
      transcript.set(template)
      transcript[index] = i >> 8
      transcript[index + 1] = i
      transcript.set(itemAt(blinded, i), index + 4)
      transcript.set(itemAt(evaluated, i), index + 38)
      return transcript
    })
  }
}

/** Undefined when something that the holder answered is no element, or the identity. */
async function decodeAnswer(
  group: Group,
  evaluated: Bytes,
  pause: Pause | undefined,
): Promise<Decoded | undefined> {
  try {
    return await decodeElements(group, evaluated, pause)
  } catch (error) {
    if (isProtocolError(error)) return undefined
    throw error
  }
}

/** One sum for each batch. */
async function weightedSums(
  group: Group,
  weights: Bytes,
  batches: readonly Elements[],
  pause: Pause | undefined,
): Promise<Bytes> {
  const parts: Bytes[] = []
  await inSlices(countOf(weights), group.strides.sum, pause, (from, to) => {
    const slices = batches.map((batch) => elementsBetween(batch, from, to))
    parts.push(group.combinePublic(weights.subarray(32 * from, 32 * to), ...slices))
  })
  return parts.reduce((sums, part) => group.add(sums, part))
}

function challenge(group: Group, mode: Mode, elements: readonly Bytes[]): Bytes {
  return group.hashToScalars([framed(elements, 'Challenge')], TAGS[mode].hashToScalar)
}
