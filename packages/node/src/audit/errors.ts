import { failWith } from '@drempel/protocol/encoding'

export type AuditErrorCode =
  | 'LOG_UNAVAILABLE' // the entry could not be made durable: what depends on it must not happen
  | 'LOG_DAMAGED' // stored hashes, leaves and end contradict each other
  | 'LOG_ENTRY_UNKNOWN' // no such origin, index or tile
  | 'RECORD_ERASED' // the key of the period, or of the purpose's day, is gone
  | 'RECORD_DAMAGED' // it does not open, or is not what the leaf commits to

export const fail = failWith<AuditErrorCode>()
