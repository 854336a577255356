/**
 * Asker: blinds inputs, and turns q verified evaluations into the outputs of the one key that no
 * node holds (RFC 9497, section 3.3; interpolation as in TOPPSS, Jarecki, Kiayias, Krawczyk, Xu,
 * ACNS 2017). Outputs equal RFC 9497's under the interpolated key, for every quorum.
 *
 * Blinding is additive: with a uniform scalar r and evaluations Z_i = k_i * B,
 *   B = H(x) + r * G,
 *   sum of lambda_i * Z_i = k * B = k * H(x) + r * Y, where Y = k * G,
 *   k * H(x) = sum of lambda_i * Z_i - r * Y.
 * G and Y stay the same for an epoch, so that r meets tables of their multiples, and the lambda_i
 * are the same for a whole batch and fractions of small integers.
 *
 * What holders learn: nothing. r is uniform but for zero, so B is uniform but for H(x), for every x
 * and every adversary: two inputs give distributions at a distance below 2^-250.
 *
 * What the asker relies on: that Y is k * G. RFC 9497 blinds by r * H(x), which needs no Y. Were Y
 * the word of a holder, then Z would unblind to k * H(x) + r * (k * G - Y): a holder that chose Y
 * and Z could make the output right only when x is its guess. Jarecki, Krawczyk and Xu ("On the
 * (In)Security of the Diffie-Hellman Oblivious PRF with Multiplicative Blinding", PKC 2021; they
 * write the group multiplicatively) find this and warn against such blinding where g^k is not
 * authenticated and inputs have low entropy, as identifiers do.
 * Here Y is authenticated: all holders sign the transcript that it follows from, `verifyTranscript`
 * checks that Y and all Y_i lie on one polynomial, and a `VerifiedShare` has Z_i = k_i * B proven
 * against Y_i. So what is hashed is k * H(x) with the very k of Y, as after RFC 9497's blinding,
 * whatever q - 1 holders do. Nothing else is combined, and Y is taken from the shares' own key.
 *
 * The asker learns the outputs for its own inputs, nothing about the key. Inputs and blinds are
 * secret: they meet the group in `hashPlusBaseSecret` and `combineMinusSecret`. Hashing takes a
 * time that depends on an input's length.
 */

import { type Bytes, concat, equalBytes, type RandomBytes } from '../encoding/index.ts'
import {
  countOf,
  elementsBetween,
  type Group,
  isIdentity,
  lagrangeAtZero,
  randomScalars,
} from '../group/index.ts'
import { MAX_BATCH } from './dleq.ts'
import { fail } from './errors.ts'
import { inSlices, type Pause } from './pause.ts'
import { assertInputs, finalHashes, OUTPUT_BYTES } from './rfc9497.ts'
import { TAGS } from './suite.ts'
import { sameQuestion, type VerifiedShare } from './verify.ts'

export const TAG_BYTES = 16

/** Stays with the asker: who has it and the blinded elements can test guesses of the inputs. */
export type BlindSecret = { readonly blinds: Bytes; readonly blinded: Bytes }

/**
 * @param inputs 1 to 65,535 of at most 65,535 bytes each
 * @param random 64 bytes are drawn for each input
 * @returns `blinded`, 32 bytes an input, to be padded and sent; `state` for `combineShares`
 * @throws ProtocolError `EMPTY_BATCH`, `BATCH_TOO_LARGE`, `BAD_INPUT`
 */
export async function blindInputs(
  group: Group,
  inputs: readonly Bytes[],
  random: RandomBytes,
  pause?: Pause,
): Promise<{ readonly blinded: Bytes; readonly state: BlindSecret }> {
  if (inputs.length === 0) fail('EMPTY_BATCH')
  if (inputs.length > MAX_BATCH) fail('BATCH_TOO_LARGE')
  assertInputs(inputs)
  const blinds = randomScalars(group, inputs.length, random)
  const blinded = new Uint8Array(blinds.length)
  await inSlices(inputs.length, group.strides.each, pause, (from, to) => {
    const slice = blinds.subarray(32 * from, 32 * to)
    const messages = inputs.slice(from, to)
    blinded.set(group.hashPlusBaseSecret(messages, TAGS.voprf.hashToGroup, slice), 32 * from)
  })
  return { blinded, state: { blinds, blinded } }
}

/**
 * @param inputs those that were blinded, in their order
 * @param shares at least q; the first q are used. They may cover padding behind the inputs
 * @returns 64 bytes for each input
 * @throws ProtocolError `BAD_COUNT`, `NOT_ENOUGH_SHARES`, `MIXED_SHARES`, `DUPLICATE_INDEX`;
 *   `BAD_INPUT` for one that hashes to the identity (RFC 9497, section 3.3.1): blinding hid it
 */
export async function combineShares(
  group: Group,
  state: BlindSecret,
  inputs: readonly Bytes[],
  shares: readonly VerifiedShare[],
  pause?: Pause,
): Promise<Bytes[]> {
  if (inputs.length !== countOf(state.blinds)) fail('BAD_COUNT')
  const quorum = firstQuorum(state, shares)
  const { publicKey } = quorum[0]!.key
  const indices = quorum.map((share) => share.index)
  const weights = concat(...lagrangeAtZero(indices))
  const outputs: Bytes[] = []
  await inSlices(inputs.length, group.strides.each, pause, (from, to) => {
    const rows = quorum.map(({ decoded, evaluated }) =>
      elementsBetween(decoded ?? evaluated, from, to),
    )
    const blinds = state.blinds.subarray(32 * from, 32 * to)
    const elements = group.combineMinusSecret(weights, rows, blinds, publicKey)
    for (let j = 0; j < to - from; j++) {
      if (isIdentity(elements, j)) fail('BAD_INPUT', { at: String(j) })
    }
    const hashes = finalHashes(inputs.slice(from, to), elements)
    for (let at = 0; at < hashes.length; at += OUTPUT_BYTES) {
      outputs.push(hashes.subarray(at, at + OUTPUT_BYTES))
    }
  })
  return outputs
}

/** A tag: the first 16 bytes of an output. */
export function tagOf(output: Bytes): Bytes {
  return output.slice(0, TAG_BYTES)
}

function firstQuorum(state: BlindSecret, shares: readonly VerifiedShare[]): VerifiedShare[] {
  const first = shares[0]
  if (first === undefined || shares.length < first.key.quorum) return fail('NOT_ENOUGH_SHARES')
  if (!equalBytes(first.blinded.subarray(0, state.blinded.length), state.blinded)) {
    fail('MIXED_SHARES')
  }
  const quorum = shares.slice(0, first.key.quorum)
  if (!quorum.every((share) => sameQuestion(first, share))) fail('MIXED_SHARES')
  return quorum
}
