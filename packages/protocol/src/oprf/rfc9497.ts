/**
 * One key, as RFC 9497 writes it: key derivation (section 3.2.1), blind, evaluate and finalize of
 * the modes OPRF (0x00) and VOPRF (0x01), on one input, with its multiplicative blind, that is safe
 * whatever public key the client believes in. The protocol runs the threshold form of client.ts and
 * holder.ts, with another blind; this is what its outputs must equal.
 *
 * Timing: secret scalars meet the group through `...Secret` methods only. Hashing an input takes a
 * time that depends on its length.
 */

import { type Bytes, concat, sha512All, utf8 } from '../encoding/index.ts'
import { assertNonZeroScalars, type Group, isIdentity, isZero } from '../group/index.ts'
import { fail } from './errors.ts'
import { framed, type Mode, TAGS } from './suite.ts'

export const OUTPUT_BYTES = 64
export const MAX_INPUT_BYTES = 0xffff

export type KeyPair = { readonly secretKey: Bytes; readonly publicKey: Bytes }

/** @param seed 32 bytes @param info at most 65,535 bytes @throws ProtocolError `BAD_SEED` */
export function deriveKeyPair(group: Group, mode: Mode, seed: Bytes, info: Bytes): KeyPair {
  if (seed.length !== 32 || info.length > 0xffff) fail('BAD_SEED')
  const input = concat(seed, framed([info]))
  for (let counter = 0; counter <= 0xff; counter++) {
    const secretKey = group.hashToScalars(
      [concat(input, Uint8Array.of(counter))],
      TAGS[mode].deriveKeyPair,
    )
    if (!isZero(secretKey)) return { secretKey, publicKey: group.multiplyBaseSecret(secretKey) }
  }
  return fail('BAD_SEED')
}

/** blindScalar * HashToGroup(input). @throws ProtocolError `BAD_INPUT` */
export function blind(group: Group, mode: Mode, input: Bytes, blindScalar: Bytes): Bytes {
  assertNonZeroScalars(blindScalar)
  return group.multiplySecret(blindScalar, hashInputs(group, mode, [input]))
}

/** @throws ProtocolError `BAD_ELEMENT`, `IDENTITY_ELEMENT` */
export function blindEvaluate(group: Group, secretKey: Bytes, blinded: Bytes): Bytes {
  return group.multiplySecret(secretKey, blinded)
}

/** Unblinds and hashes to the 64 bytes of output. */
export function finalize(group: Group, input: Bytes, blindScalar: Bytes, evaluated: Bytes): Bytes {
  const element = group.multiplySecret(group.scalars.invert(blindScalar), evaluated)
  return finalHashes([input], element)
}

const LABEL = utf8('Finalize')

/** The outputs from the unblinded elements, 64 bytes each: the last step of Finalize. */
export function finalHashes(inputs: readonly Bytes[], elements: Bytes): Bytes {
  const transcripts = inputs.map((input, i) => {
    const transcript = new Uint8Array(4 + input.length + 32)
    const { length } = input
    transcript[0] = length >> 8
    transcript[1] = length
    transcript.set(input, 2)
    transcript[3 + length] = 32
    transcript.set(elements.subarray(32 * i, 32 * i + 32), 4 + length)
    return transcript
  })
  return sha512All(transcripts, { suffix: LABEL })
}

/**
 * HashToGroup of each input.
 * @throws ProtocolError `BAD_INPUT`: too long, or hashes to the identity (section 3.3.1)
 */
export function hashInputs(group: Group, mode: Mode, inputs: readonly Bytes[]): Bytes {
  assertInputs(inputs)
  const elements = group.hashToGroup(inputs, TAGS[mode].hashToGroup)
  for (let i = 0; i < inputs.length; i++) {
    if (isIdentity(elements, i)) fail('BAD_INPUT', { at: String(i) })
  }
  return elements
}

/** @throws ProtocolError `BAD_INPUT`: longer than two bytes can say */
export function assertInputs(inputs: readonly Bytes[]): void {
  inputs.forEach((input, i) => {
    if (input.length > MAX_INPUT_BYTES) fail('BAD_INPUT', { at: String(i) })
  })
}
