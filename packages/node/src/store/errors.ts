import { failWith } from '@drempel/protocol/encoding'

export type StoreErrorCode =
  | 'STORE_BUSY' // another process holds the store
  | 'STORE_CLOSED'
  | 'STORE_CONFLICT' // a row of that key exists already, or a caller broke an interface's rule
  | 'STORE_CORRUPT' // the file is damaged or no Drempel store
  | 'STORE_FAILED' // input or output failed: disk full, file gone, read-only
  | 'STORE_NEWER' // written by a newer release
  | 'WRONG_MASTER_KEY'

export const fail = failWith<StoreErrorCode>()

/** A backup would go on with a second history of the log, which no member takes. */
export function failCorrupt(): never {
  return fail('STORE_CORRUPT', {
    hint: 'keep the file, restore no backup, and tell the FG; the node has to be re-admitted under a new key',
  })
}
