import {
  base64,
  type ErrorDetails,
  failWith,
  fromBase64,
  fromUtf8,
  isProtocolError,
  ProtocolError,
} from '@drempel/protocol/encoding'

export type SessionErrorCode =
  | 'BAD_FLAG' // a taxonomy code or evidence class that the taxonomy does not have
  | 'BAD_REQUEST' // a body that does not parse
  | 'BUSY' // another round or key generation of the kind is under way
  | 'CASE_CLOSED'
  | 'CASE_EXTENDED' // it was before, or its first month is over
  | 'CASE_UNKNOWN'
  | 'CONVENANT_DIFFERS'
  | 'CONVENANT_REPLACED' // what was agreed under the version before ends with it
  | 'CONVENANT_UNFIT' // installing a convenant that does not fit this node
  | 'CRIMINAL_DATA' // a flag of a court's decision, where the convenant names no licence for such data
  | 'DUAL_CONTROL' // not two people of two sides; which rule is in `at`
  | 'FEEDBACK_CLOSED' // what came of that month's answers can be told already
  | 'KEY_EXPIRED' // the epoch's days are over, or it served its one round
  | 'KEY_FAILED' // key generation ended without a key
  | 'LIST_UNKNOWN' // no part of it was brought
  | 'LOG_FORKED' // a member signed two trees of one size
  | 'LOG_ROLLED_BACK' // a log shows a tree that is no part of the one it showed before
  | 'NO_CONVENANT'
  | 'NO_KEY'
  | 'NO_LIST'
  | 'NODE_IN_USE' // it has or had flags, lists or rounds that are not made up
  | 'NODE_RESTARTED'
  | 'NOT_APPROVED' // a proposal that waits, was denied, expired or was used; which is in `at`
  | 'NOT_HOLDER'
  | 'NOT_REHEARSING'
  | 'NOT_WITNESSED' // too few witnesses cosign a log, or a witness was not brought it
  | 'NOT_COMPUTE_NODE'
  | 'PERIOD_IN_USE' // the log is written under it, or will be
  | 'PSI_DIFFERS' // the other side says or sends something else than was agreed; what is in `at`
  | 'PSI_ENDED' // the other side gave up; its word for why is in `at`
  | 'PSI_EXPIRED' // nobody answered in time
  | 'PSI_FLOOD' // the other side sends more than there is room for
  | 'PSI_LIST_OUTDATED' // a right was exercised since the flags were copied for it
  | 'PSI_PREPARED_ENDED' // the list that was masked ahead is there no more, or not yet
  | 'PSI_STALLED' // the other side computes or sends nothing any more
  | 'PSI_STOPPED' // by a person of this node
  | 'PSI_UNKNOWN'
  | 'PSI_WRONG_STATE'
  | 'QUORUM_LOST' // fewer than q key holders answered
  | 'REFUSED' // by the convenant; the refusal code is in `at`
  | 'REHEARSING' // what is real waits for the end of the rehearsal
  | 'RETENTION_RUNS' // records that the convenant still keeps
  | 'ROUND_FAILED'
  | 'ROUND_UNKNOWN'
  | 'ROUND_WRONG_STATE'
  | 'STATEMENTS_DIFFER'
  | 'TXID_REPLAYED'
  | 'UNKNOWN_LOG' // not one that this node witnesses
  | 'UNKNOWN_PERIOD' // no key of it is here
  | 'UNKNOWN_PROPOSAL'
  | 'UNKNOWN_RECEIPT'
  | 'UNTRUSTED_CHECKPOINT' // not signed by the log's owner

// Annotated, so that the compiler knows that nothing follows a call.
export const fail: (code: SessionErrorCode, details?: ErrorDetails) => never =
  failWith<SessionErrorCode>()

/** What is made up and what is real never meet at a node. */
export const END_REHEARSAL = 'run: drempel experiment rehearse --end'

/**
 * The code to record for an error: of a refusal the convenant's own, of a peer's problem document what
 * the peer said.
 */
export function codeOf(error: unknown): string {
  if (!isProtocolError(error)) return 'INTERNAL'
  const { code, at } = error
  return (code === 'PEER_PROBLEM' || code === 'REFUSED') && at !== undefined ? at : code
}

/** Longer evidence stays with the process that met it: an entry is small. */
const MAX_EVIDENCE = 64 * 1024

/** An error's evidence for a sealed record, as base64; null where there is none or too much. */
export function evidenceOf(error: unknown): string | null {
  if (!isProtocolError(error) || error.evidence === undefined) return null
  return error.evidence.length > MAX_EVIDENCE ? null : base64(error.evidence)
}

/** Whom a peer's signed refusal names: hearsay, since only that peer's word stands behind it. */
export function accusedBy({ evidence }: ProtocolError): string | undefined {
  try {
    const { responseBody } = JSON.parse(fromUtf8(evidence!)) as { responseBody: string }
    const { culprit } = JSON.parse(fromUtf8(fromBase64(responseBody))) as { culprit?: unknown }
    return typeof culprit === 'string' ? culprit : undefined
  } catch {
    return undefined
  }
}

/** One of two others lied: who met it can't tell which, and is at fault least of all. */
const EITHER = new Set(['NODES_DISAGREE', 'REVEAL_MISMATCH'])

/** Who is at fault, as far as is known; of a peer's refusal, whom that peer names. */
export function culpritOf(error: unknown): string | undefined {
  if (!isProtocolError(error) || EITHER.has(codeOf(error))) return undefined
  return (error.code === 'PEER_PROBLEM' ? accusedBy(error) : undefined) ?? error.culprit
}

/** Who refused, where it named another for it: one's word against the other's. */
export function refusedBy(error: unknown): string | undefined {
  if (!isProtocolError(error, 'PEER_PROBLEM')) return undefined
  const accused = accusedBy(error)
  return accused === undefined || accused === error.culprit ? undefined : error.culprit
}

/** Of a sealed record: its term is over, or it was damaged. */
export function isUnreadable(error: unknown): boolean {
  return isProtocolError(error, 'RECORD_ERASED') || isProtocolError(error, 'RECORD_DAMAGED')
}

/** The error itself, for a promise that rejects later or a round that others ended. */
export function failure(code: SessionErrorCode, details?: ErrorDetails): ProtocolError {
  return new ProtocolError(code, details)
}
