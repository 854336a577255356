/**
 * expand_message_xmd with SHA-512 (RFC 9380, section 5.3.1) for 64 bytes: with one block of output the
 * loop of step 9 is empty, and b_1 is the result.
 *
 * Timing: depends on the messages' lengths only.
 */

import { type Bytes, concat, sha512All } from '../encoding/index.ts'
import { fail } from './errors.ts'
import { UNIFORM_BYTES } from './group.ts'

/** Z_pad of step 4: a block of SHA-512. */
const BLOCK_OF_ZEROS = new Uint8Array(128)

/** 64 uniform bytes for each message. @param dst 1 to 255 bytes @throws ProtocolError `BAD_DST` */
export function expandAll(messages: readonly Bytes[], dst: Bytes): Bytes {
  if (dst.length === 0 || dst.length > 255) fail('BAD_DST')
  const tag = concat(dst, Uint8Array.of(dst.length))
  const first = sha512All(messages, {
    prefix: BLOCK_OF_ZEROS,
    suffix: concat(Uint8Array.of(0, UNIFORM_BYTES, 0), tag),
  })
  const hashes = messages.map((_, i) => first.subarray(UNIFORM_BYTES * i, UNIFORM_BYTES * (i + 1)))
  return sha512All(hashes, { suffix: concat(Uint8Array.of(1), tag) })
}
