/**
 * ristretto255 (RFC 9496) as the protocol sees it: encoded elements and scalars in flat batches,
 * n * 32 bytes, so that a backend may work on many at once. Elements are 32 bytes in the one
 * canonical encoding; scalars are 32 bytes little-endian, below the group's order.
 *
 * A method says in its name what it does with time: `...Secret` hides its scalars as well as the
 * backend can (each backend's header states how well), `...Public` may take a time that depends on
 * everything it was given. All methods leave their arguments unchanged.
 */

import type { Bytes, ErrorDetails } from '../encoding/index.ts'
import type { Decoded, Elements } from './decoded.ts'

export const ELEMENT_BYTES = 32
export const SCALAR_BYTES = 32
export const UNIFORM_BYTES = 64

export interface Group {
  readonly backend: string
  /**
   * About how many elements take ten milliseconds, when there is one result for each and when there
   * is one sum of all: long work gives way after so many.
   */
  readonly strides: { readonly each: number; readonly sum: number }
  readonly generator: Bytes
  readonly scalars: ScalarField

  /**
   * Every element decodes, canonically, and none is the identity (RFC 9497, section 4).
   * @param details merged into the error, so that a caller can name who sent them
   * @throws ProtocolError `BAD_LENGTH`, `BAD_ELEMENT` or `IDENTITY_ELEMENT`; `at` is the position
   */
  assertElements(elements: Bytes, details?: ErrorDetails): void

  /** The same elements, for several computations on all of them. @throws as `assertElements` */
  decode(elements: Bytes): Decoded

  /**
   * Each element times its scalar, or all times one scalar when `scalars` is 32 bytes long.
   * Scalars are canonical and not zero, elements not the identity; so are the products.
   * @throws ProtocolError `BAD_LENGTH`, `BAD_SCALAR`, `ZERO_SCALAR`, `BAD_ELEMENT`, `IDENTITY_ELEMENT`
   */
  multiplySecret(scalars: Bytes, elements: Elements): Bytes

  /** As `multiplySecret`, for scalars that everybody may know. */
  multiplyPublic(scalars: Bytes, elements: Elements): Bytes

  /** Each scalar times the generator. @throws as `multiplySecret` */
  multiplyBaseSecret(scalars: Bytes): Bytes

  /**
   * One element for each batch, the sum over j of scalars[j] * batch[j]. Everybody may know the
   * scalars; zero and the identity may occur.
   * @throws ProtocolError `BAD_LENGTH`, `BAD_SCALAR`, `BAD_ELEMENT` with the position in its batch
   */
  combinePublic(scalars: Bytes, ...batches: readonly Elements[]): Bytes

  /**
   * Element j of the result is the sum over rows i of weights[i] * rows[i][j], minus
   * scalars[j] * base. Everybody may know the weights, one a row, and the base; the scalars are
   * secret. Scalars, weights and elements as for `multiplySecret`; a sum may be the identity.
   * Cheap where each weight or its negative is a small integer.
   * @throws as `multiplySecret`
   */
  combineMinusSecret(weights: Bytes, rows: readonly Elements[], scalars: Bytes, base: Bytes): Bytes

  /** Element by element; the identity may occur. @throws ProtocolError `BAD_LENGTH`, `BAD_ELEMENT` */
  add(a: Bytes, b: Bytes): Bytes
  subtract(a: Bytes, b: Bytes): Bytes

  /** The one-way map of RFC 9496, section 4.3.4, on n * 64 uniform bytes. */
  fromUniform(uniform: Bytes): Bytes

  /**
   * hash_to_ristretto255 (RFC 9380, appendix B) of each message with expand_message_xmd, SHA-512.
   * @param dst 1 to 255 bytes @throws ProtocolError `BAD_DST`
   */
  hashToGroup(messages: readonly Bytes[], dst: Bytes): Bytes

  /**
   * `hashToGroup` of each message plus its scalar times the generator. Messages and scalars are
   * secret; a sum may be the identity.
   * @throws ProtocolError `BAD_DST`, `BAD_LENGTH`, `BAD_SCALAR`, `ZERO_SCALAR`
   */
  hashPlusBaseSecret(messages: readonly Bytes[], dst: Bytes, scalars: Bytes): Bytes

  /**
   * `hashToGroup` of each message times its scalar, or all times one when `scalars` is 32 bytes long.
   * Messages and scalars are secret. No message that anybody knows hashes to the identity.
   * @throws ProtocolError `BAD_DST`, `BAD_LENGTH`, `BAD_SCALAR`, `ZERO_SCALAR`
   */
  hashTimesSecret(messages: readonly Bytes[], dst: Bytes, scalars: Bytes): Bytes

  /**
   * A scalar for each message: 64 bytes of expand_message_xmd, little-endian, reduced (RFC 9497,
   * section 4.1). @throws ProtocolError `BAD_DST`
   */
  hashToScalars(messages: readonly Bytes[], dst: Bytes): Bytes
}

/** Arithmetic modulo the order of the group on single scalars; arguments are canonical. */
export interface ScalarField {
  add(a: Bytes, b: Bytes): Bytes
  subtract(a: Bytes, b: Bytes): Bytes
  multiply(a: Bytes, b: Bytes): Bytes
  negate(a: Bytes): Bytes
  /** @throws ProtocolError `ZERO_SCALAR` */
  invert(a: Bytes): Bytes
  /** n * 64 bytes, each 64 little-endian and reduced to a scalar. @throws ProtocolError `BAD_LENGTH` */
  reduce(wide: Bytes): Bytes
}
