/**
 * The tie between a leaf and its sealed record: commit = SHA-256(salt ‖ record). The record says who
 * asked and what the answer was; the salt lives in it only, so that after the record is erased the
 * leaf's commitment tells nothing, not even to one who guesses the record.
 */

import { type Bytes, concat, hex, sha256, sha256All } from '../encoding/index.ts'
import { fail } from './errors.ts'
import { FEW, type Sha256 } from './merkle.ts'

/**
 * The leaf's `commit`.
 * @param salt 32 fresh random bytes; of fixed length, so that no two pairs share their bytes
 * @throws ProtocolError `BAD_COMMITMENT` for a salt of another length
 */
export function sealedCommit(salt: Bytes, record: Bytes): string {
  if (salt.length !== 32) fail('BAD_COMMITMENT')
  return hex(sha256(concat(salt, record)))
}

/** As `sealedCommit` for each, in bytes; of 32 fresh random bytes with the record behind them. */
export function sealedCommits(records: readonly Bytes[], digest: Sha256 = sha256): Bytes[] {
  if (records.some(({ length }) => length < 32)) fail('BAD_COMMITMENT')
  if (records.length < FEW) return records.map((record) => digest(record))
  const hashes = sha256All(records)
  return records.map((_, i) => hashes.subarray(32 * i, 32 * (i + 1)))
}

/** @throws ProtocolError `BAD_COMMITMENT` if the record is not the one that the leaf binds */
export function verifySealed(commit: string, salt: Bytes, record: Bytes): void {
  if (sealedCommit(salt, record) !== commit) fail('BAD_COMMITMENT')
}
