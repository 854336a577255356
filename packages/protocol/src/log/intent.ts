/**
 * No evaluation without a log entry that the key holder can see. The asker sends, with its blinded
 * batch, the receipt of the `query.intent` leaf in its own log; the holder checks that this leaf says
 * what is now asked of it, of these holders, with these very bytes.
 *
 * The adversary is the asker, malicious: it may log something else than it asks, reuse an entry, or
 * show one from an old shard or another convenant. A transaction id is served once, which the
 * caller's store enforces; `maxAge` bounds how long it could be offered. The leaf gives a bucket
 * instead of a count: the digest binds the batch, hence its count, and the holder counts itself.
 */

import { type Bytes, hex, sha256 } from '../encoding/index.ts'
import { type Checkpoint, type OpenCheckpoint, openCheckpoint } from './checkpoint.ts'
import type { EventOf } from './event.ts'
import { sizeBucket } from './fields.ts'
import {
  assertRecent,
  blamed,
  type ExpectedEntry,
  mismatch,
  sameTerms,
  shownEntry,
} from './shown.ts'

/** What the request asks, and of whom, as the holder sees it. */
export type ExpectedIntent = ExpectedEntry & {
  /** Member id of the asker, as its request's signature shows. */
  readonly asker: string
  /** Own member id. */
  readonly holder: string
  readonly txid: string
  readonly protocol: EventOf<'query.intent'>['protocol']
  readonly kind: EventOf<'query.intent'>['kind']
  /** Left out where the request names none, as for tagging; then the leaf must name none either. */
  readonly purpose?: string
  readonly rule?: string
  readonly epoch?: string
  /** The blinded elements, byte for byte as received. */
  readonly batch: Bytes
  /** How many there are. */
  readonly count: number
}

export type VerifiedIntent = {
  /** Its `parties`, `approvalCommit` and `quotaClass` are for the convenant to judge. */
  readonly leaf: EventOf<'query.intent'>
  /** The asker's tree head that covers it, and the note that says so. */
  readonly checkpoint: Checkpoint
  readonly note: string
}

/**
 * Key holder, before it evaluates: the asker's log entry for this request.
 * @param receipt the text of a tlog-proof whose extra data is the leaf
 * @param open may remember the asker's checkpoints: many requests come under one
 * @throws ProtocolError with the asker as culprit and the receipt as evidence: `INTENT_MISMATCH`
 * (`at` the field), `INTENT_STALE`, `BAD_ORIGIN`, `BAD_EVENT`, or as `verifyReceipt`
 */
export function verifyIntent(
  receipt: string,
  expected: ExpectedIntent,
  open: OpenCheckpoint = openCheckpoint,
): VerifiedIntent {
  return blamed(receipt, expected.asker, () => check(receipt, expected, open))
}

/** The leaf's `batch`: SHA-256 over the encoded blinded elements in the order sent. */
export function batchDigest(batch: Bytes): string {
  return hex(sha256(batch))
}

function check(receipt: string, expected: ExpectedIntent, open: OpenCheckpoint): VerifiedIntent {
  const { event, quarter, checkpoint, note } = shownEntry(receipt, expected.asker, expected, open)
  if (event.type !== 'query.intent') return mismatch('type')
  if (event.role !== 'asker') mismatch('role')
  if (!event.parties.includes(expected.holder)) mismatch('parties')
  sameTerms(event, expected)
  for (const field of ['txid', 'protocol', 'kind', 'purpose', 'rule', 'epoch'] as const) {
    if (event[field] !== expected[field]) mismatch(field)
  }
  if (event.batch !== batchDigest(expected.batch)) mismatch('batch')
  if (event.sizeBucket !== sizeBucket(expected.count)) mismatch('sizeBucket')
  assertRecent(event, quarter, expected)
  return { leaf: event, checkpoint, note }
}
