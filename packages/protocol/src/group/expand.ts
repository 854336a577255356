/**
 * expand_message_xmd with SHA-512 (RFC 9380, section 5.3.1) for 64 bytes, by libsodium: with one
 * block of output the loop of step 9 is empty, and b_1 is the result.
 *
 * Timing: depends on a message's length only.
 */

import { type Bytes, concat, sodium } from '../encoding/index.ts'
import { fail } from './errors.ts'
import { UNIFORM_BYTES } from './group.ts'

const BLOCK_BYTES = 128

/**
 * For many messages under one tag. The returned function keeps the buffer of its last message.
 * @param dst 1 to 255 bytes @throws ProtocolError `BAD_DST`
 */
export function expander(dst: Bytes): (message: Bytes) => Bytes {
  if (dst.length === 0 || dst.length > 255) fail('BAD_DST')
  const tag = concat(dst, Uint8Array.of(dst.length))
  const behind = concat(Uint8Array.of(0, UNIFORM_BYTES, 0), tag)
  const second = concat(new Uint8Array(UNIFORM_BYTES), Uint8Array.of(1), tag)
  let first = concat(new Uint8Array(BLOCK_BYTES), behind)
  return (message) => {
    const length = BLOCK_BYTES + message.length + behind.length
    if (first.length !== length) {
      first = new Uint8Array(length)
      first.set(behind, BLOCK_BYTES + message.length)
    }
    first.set(message, BLOCK_BYTES)
    second.set(sodium.crypto_hash_sha512(first))
    return sodium.crypto_hash_sha512(second)
  }
}
