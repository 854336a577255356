/** The whole problem table: every code of every layer has its row, or the compiler objects. */

import type { ConvenantErrorCode } from '@drempel/protocol/convenant'
import type { EncodingErrorCode } from '@drempel/protocol/encoding'
import type { GroupErrorCode } from '@drempel/protocol/group'
import type { IdentifierErrorCode } from '@drempel/protocol/identifiers'
import type { LogErrorCode } from '@drempel/protocol/log'
import type { MpcErrorCode } from '@drempel/protocol/mpc'
import type { OprfErrorCode } from '@drempel/protocol/oprf'
import type { ThresholdErrorCode } from '@drempel/protocol/threshold'
import type { AuditErrorCode } from '../audit/index.ts'
import type { ConfigErrorCode } from '../config/index.ts'
import { httpProblems, type ProblemSpec, type ProblemTable } from '../http/index.ts'
import { peerProblems } from '../peers/index.ts'
import { sessionProblems } from '../sessions/index.ts'
import type { StoreErrorCode } from '../store/index.ts'
import { workerProblems } from '../workers/index.ts'

const unreadable: ProblemSpec = {
  status: 400,
  en: 'What was sent does not have the form of the protocol',
  nl: 'Wat gestuurd is, heeft niet de vorm van het protocol',
}
const untrue: ProblemSpec = {
  status: 422,
  en: 'What was sent does not verify',
  nl: 'Wat gestuurd is, klopt bij controle niet',
}
const identifier: ProblemSpec = {
  status: 422,
  en: 'This is not a valid identifier of its kind',
  nl: 'Dit is geen geldige identificator van deze soort',
}
const round: ProblemSpec = {
  status: 409,
  en: 'The round could not be run to its end',
  nl: 'De ronde kon niet worden voltooid',
}
const unfit: ProblemSpec = {
  status: 422,
  en: 'The convenant does not hold as it stands',
  nl: 'Het convenant klopt zo niet',
}
const storage: ProblemSpec = {
  status: 503,
  en: "The node's store or keys can't be used now",
  nl: 'De opslag of de sleutels van de node zijn nu niet te gebruiken',
}
const logging: ProblemSpec = {
  status: 503,
  en: "The node's log can't be written, so nothing is asked",
  nl: 'Het logboek van de node is niet te schrijven, dus er wordt niets gevraagd',
}
const unknownEntry: ProblemSpec = {
  status: 404,
  en: 'The log has no such entry',
  nl: 'Het logboek heeft zo’n regel niet',
}

const encoding: ProblemTable<EncodingErrorCode> = {
  BAD_BASE64: unreadable,
  BAD_HEX: unreadable,
  BAD_JSON: unreadable,
  BAD_KEY: unreadable,
  BAD_STATEMENT: untrue,
  BAD_UTF8: unreadable,
  OUT_OF_RANGE: unreadable,
  TRAILING_BYTES: unreadable,
  TRUNCATED: unreadable,
}

const identifiers: ProblemTable<IdentifierErrorCode> = {
  DEVICE_CHECK_DIGIT: identifier,
  DEVICE_FORMAT: identifier,
  DEVICE_PLACEHOLDER: identifier,
  DOMAIN_PUBLIC_SUFFIX: identifier,
  EMAIL_DOMAIN: identifier,
  EMAIL_FORMAT: identifier,
  EMAIL_LENGTH: identifier,
  EMAIL_LOCAL: identifier,
  EMAIL_QUOTED: identifier,
  HOST_CHARACTER: identifier,
  HOST_IDN: identifier,
  HOST_IP: identifier,
  HOST_LABEL: identifier,
  HOST_LENGTH: identifier,
  HOST_SINGLE_LABEL: identifier,
  HOST_URL: identifier,
  IBAN_CHARACTER: identifier,
  IBAN_CHECKSUM: identifier,
  IBAN_COUNTRY: identifier,
  IBAN_LENGTH: identifier,
  IBAN_STRUCTURE: identifier,
  PHONE_CHARACTER: identifier,
  PHONE_COUNTRY: identifier,
  PHONE_EXTENSION: identifier,
  PHONE_INVALID: identifier,
  PHONE_LENGTH: identifier,
  PHONE_REGION: identifier,
}

const oprf: ProblemTable<GroupErrorCode | OprfErrorCode> = {
  BAD_COMMITMENTS: untrue,
  BAD_CONTEXT: unreadable,
  BAD_COUNT: unreadable,
  BAD_DST: unreadable,
  BAD_ELEMENT: unreadable,
  BAD_INDEX: unreadable,
  BAD_INPUT: unreadable,
  BAD_LENGTH: unreadable,
  BAD_MESSAGE: unreadable,
  BAD_POSSESSION: untrue,
  BAD_PROOF: untrue,
  BAD_SCALAR: unreadable,
  BAD_SEED: unreadable,
  BAD_SHARE: untrue,
  BAD_SIGNATURE: untrue,
  BAD_TRANSCRIPT: untrue,
  BATCH_TOO_LARGE: unreadable,
  DUPLICATE_HOLDER: untrue,
  DUPLICATE_INDEX: unreadable,
  EMPTY_BATCH: unreadable,
  IDENTITY_ELEMENT: unreadable,
  MISSING_HOLDER: untrue,
  MISSING_SIGNATURE: untrue,
  MIXED_SHARES: untrue,
  NOT_ENOUGH_SHARES: untrue,
  UNKNOWN_HOLDER: untrue,
  WRONG_CONTEXT: untrue,
  WRONG_RECIPIENT: untrue,
  ZERO_SCALAR: unreadable,
}

const log: ProblemTable<LogErrorCode | AuditErrorCode> = {
  BAD_BUNDLE: untrue,
  BAD_CHECKPOINT: unreadable,
  BAD_COMMITMENT: untrue,
  BAD_CONSISTENCY_PROOF: untrue,
  BAD_EVENT: unreadable,
  BAD_INCLUSION_PROOF: untrue,
  BAD_KEY_NAME: unreadable,
  BAD_NOTE: unreadable,
  BAD_ORIGIN: unreadable,
  BAD_RECEIPT: unreadable,
  BAD_SIGNATURE: untrue,
  BAD_SIZE: unreadable,
  BAD_STATE: untrue,
  BAD_TILE: untrue,
  BAD_TILE_PATH: unknownEntry,
  BAD_VERIFIER_KEY: unreadable,
  BAD_WITNESS_MESSAGE: unreadable,
  INTENT_MISMATCH: untrue,
  INTENT_STALE: untrue,
  LEAF_MISSING: untrue,
  LOG_DAMAGED: logging,
  LOG_ENTRY_UNKNOWN: unknownEntry,
  LOG_UNAVAILABLE: logging,
  NO_KNOWN_SIGNATURE: untrue,
  NO_WITNESS_QUORUM: untrue,
  RECORD_DAMAGED: storage,
  RECORD_ERASED: unknownEntry,
  ROOT_MISMATCH: untrue,
  TILE_MISSING: unknownEntry,
  WRONG_ORIGIN: untrue,
}

const rounds: ProblemTable<MpcErrorCode | ThresholdErrorCode> = {
  ABORTED: round,
  BAD_OWNER_PARTS: untrue,
  BAD_PLAN: round,
  BAD_RULE: round,
  BAD_UPLOAD: unreadable,
  LIST_TOO_LARGE: round,
  NODES_DISAGREE: round,
  PEER_GONE: round,
  RECORD_DOES_NOT_FIT: round,
  REVEAL_MISMATCH: round,
  SESSION_MISMATCH: round,
  STEP_REUSED: round,
  TOO_FEW_CONTRIBUTORS: round,
  TOO_MANY_OVER: round,
  TRANSCRIPT_MISMATCH: round,
  UNEXPECTED_STEP: round,
  WRONG_LENGTH: round,
}

const convenant: ProblemTable<ConvenantErrorCode> = {
  CONVENANT_INVALID: unfit,
  CONVENANT_NOT_SUCCESSOR: unfit,
  CONVENANT_SIGNATURE_BAD: unfit,
  CONVENANT_SIGNATURE_MISSING: unfit,
}

const local: ProblemTable<ConfigErrorCode | StoreErrorCode> = {
  BAD_CONFIG: storage,
  BAD_MASTER_KEY: storage,
  HOME_FAILED: storage,
  HOME_MISSING: storage,
  HOME_NOT_EMPTY: storage,
  HOME_UNSAFE: storage,
  MASTER_KEY_UNAVAILABLE: storage,
  SEALED_DAMAGED: storage,
  STORE_BUSY: storage,
  STORE_CLOSED: storage,
  STORE_CONFLICT: storage,
  STORE_CORRUPT: storage,
  STORE_FAILED: storage,
  STORE_NEWER: storage,
  WRONG_MASTER_KEY: storage,
}

export const problems: Readonly<Record<string, ProblemSpec>> = {
  ...encoding,
  ...identifiers,
  ...oprf,
  ...log,
  ...rounds,
  ...convenant,
  ...local,
  ...httpProblems,
  ...peerProblems,
  ...sessionProblems,
  ...workerProblems,
}
