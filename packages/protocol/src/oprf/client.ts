/**
 * Asker: blinds inputs, and turns q verified evaluations into the outputs of the one key that no
 * node holds (RFC 9497, section 3.3; interpolation as in TOPPSS, Jarecki, Kiayias, Krawczyk, Xu,
 * ACNS 2017). Outputs equal RFC 9497's under the interpolated key, for every quorum.
 *
 * With blind r and evaluations Z_i = k_i * r * H(x), the unblinded element is
 *   k * H(x) = (1 / r) * sum of lambda_i * Z_i = sum of (lambda_i / r) * Z_i,
 * so that combining costs one multiplication for each element and holder.
 *
 * Learns the outputs for its own inputs, nothing about the key. Inputs and blinds are secret:
 * they meet the group in `hashToGroup` (time depends on an input's length), `multiplySecret`,
 * `combineSecret` and scalar arithmetic. Blinding is multiplicative, hence perfectly hiding, and
 * safe whatever public key the asker believes in.
 */

import { type Bytes, equalBytes, type RandomBytes } from '../encoding/index.ts'
import {
  countOf,
  flatFrom,
  type Group,
  invertAll,
  itemAt,
  lagrangeAtZero,
  randomScalar,
} from '../group/index.ts'
import { MAX_BATCH } from './dleq.ts'
import { fail } from './errors.ts'
import { inSlices, type Pause } from './pause.ts'
import { finalHash, hashInputs } from './rfc9497.ts'
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
  const blinds = flatFrom(inputs.length, () => randomScalar(group, random))
  const blinded = new Uint8Array(blinds.length)
  await inSlices(inputs.length, pause, (from, to) => {
    const elements = hashInputs(group, 'voprf', inputs.slice(from, to))
    blinded.set(group.multiplySecret(blinds.subarray(32 * from, 32 * to), elements), 32 * from)
  })
  return { blinded, state: { blinds, blinded } }
}

/**
 * @param inputs those that were blinded, in their order
 * @param shares at least q; the first q are used. They may cover padding behind the inputs
 * @returns 64 bytes for each input
 * @throws ProtocolError `BAD_COUNT`, `NOT_ENOUGH_SHARES`, `MIXED_SHARES`, `DUPLICATE_INDEX`
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
  const lagrange = lagrangeAtZero(
    group,
    quorum.map((share) => share.index),
  )
  const outputs: Bytes[] = []
  await inSlices(inputs.length, pause, (from, to) => {
    const inverses = invertAll(group, state.blinds.subarray(32 * from, 32 * to))
    const scalars = lagrange.map((lambda) =>
      flatFrom(to - from, (j) => group.scalars.multiply(lambda, itemAt(inverses, j))),
    )
    const rows = quorum.map((share) => share.evaluated.subarray(32 * from, 32 * to))
    const elements = group.combineSecret(scalars, rows)
    for (let j = from; j < to; j++) {
      outputs.push(finalHash(inputs[j]!, itemAt(elements, j - from)))
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
