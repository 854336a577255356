/** What came of answers. A row says that somebody looked back, not what the answer or the outcome was. */

import type { Bytes } from '@drempel/protocol/encoding'

export interface FeedbackStore {
  /** @param item which of the query's identifiers, from 0; an outcome that was there is replaced */
  put(txid: string, item: number, sealed: Bytes): Promise<void>
  /** In order of item. */
  get(txid: string): Promise<readonly { readonly item: number; readonly sealed: Bytes }[]>
}
