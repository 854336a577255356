/**
 * The sealed record of an entry: salt ‖ length ‖ JSON ‖ zeros under the period's key. It is padded to
 * steps of 256 bytes, so that its size does not tell a hit from a miss.
 */

import {
  ByteReader,
  type Bytes,
  type Json,
  jcs,
  parseJcs,
  type RandomBytes,
} from '@drempel/protocol/encoding'
import { sealedCommit, verifySealed } from '@drempel/protocol/log'
import { sha256 } from '../bulk/index.ts'
import { openWith, sealWith } from '../config/index.ts'
import { fail } from './errors.ts'

const SALT = 32
const STEP = 256
const MAX_RECORD = 16 * 1024 * 1024

export type SealedRecord = { readonly commit: string; readonly sealed: Bytes }

/** @throws ProtocolError `BAD_JSON` */
export function sealRecord(
  key: Bytes,
  origin: string,
  record: Json,
  random: RandomBytes,
): SealedRecord {
  const [salt, text] = [random(SALT), jcs(record)]
  const commit = sealedCommit(salt, text, sha256)
  const used = SALT + 4 + text.length
  const plaintext = new Uint8Array(Math.ceil(used / STEP) * STEP)
  plaintext.set(salt)
  new DataView(plaintext.buffer).setUint32(SALT, text.length)
  plaintext.set(text, SALT + 4)
  return { commit, sealed: sealWith(key, contextOf(origin, commit), plaintext, random) }
}

/** @throws ProtocolError `RECORD_DAMAGED` */
export function openRecord(key: Bytes, origin: string, commit: string, sealed: Bytes): Json {
  try {
    const reader = new ByteReader(openWith(key, contextOf(origin, commit), sealed))
    const salt = reader.bytes(SALT)
    const text = reader.block(MAX_RECORD)
    verifySealed(commit, salt, text)
    return parseJcs(text)
  } catch {
    return fail('RECORD_DAMAGED')
  }
}

/** The commitment is unique by its salt: a record moved to another entry does not open. */
function contextOf(origin: string, commit: string): string {
  return `record/${origin}/${commit}`
}
