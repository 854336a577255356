/**
 * The index by which a data subject's queries are found again. A row's `blind` is an HMAC of an
 * identifier under a key of its period, which is a purpose's day, that the store does not have.
 */

import type { Bytes } from '@drempel/protocol/encoding'

export type AskedPosition = {
  readonly txid: string
  /** Which of the query's identifiers it was, from 0. */
  readonly item: number
}

export interface AskedStore {
  /** Identifiers of one query, 16 bytes each, in the order in which they were asked; `first` is the first one's item. */
  remember(period: string, txid: string, blinds: readonly Bytes[], first?: number): Promise<void>
  /** In order of txid and item. */
  find(blind: Bytes): Promise<readonly AskedPosition[]>
  /** Periods that have rows, ascending. */
  periods(): Promise<readonly string[]>
  /** Deletes the rows of a period, the traces in the backend's own files too; returns how many. */
  forget(period: string): Promise<number>
}
