/** Hashing to 64 uniform bytes as the suite ristretto255-SHA512 does, from libsodium's functions. */

import { type Bytes, concat, utf8 } from '@drempel/protocol/encoding'
import sodium from 'libsodium-wrappers-sumo'

export const SUITE_TAG = concat(
  utf8('HashToGroup-OPRFV1-'),
  Uint8Array.of(1),
  utf8('-ristretto255-SHA512'),
)
const SUFFIX = concat(SUITE_TAG, Uint8Array.of(SUITE_TAG.length))

/** expand_message_xmd of RFC 9380 for 64 bytes. */
export function expand(message: Bytes): Bytes {
  const padded = concat(new Uint8Array(128), message, Uint8Array.of(0, 64, 0), SUFFIX)
  const first = sodium.crypto_hash_sha512(padded)
  return sodium.crypto_hash_sha512(concat(first, Uint8Array.of(1), SUFFIX))
}
