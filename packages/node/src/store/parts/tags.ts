/** Cached OPRF outputs of the node's own flags, one per flag and key epoch, sealed by the vault. */

import type { Bytes } from '@drempel/protocol/encoding'
import type { ActiveFlag } from './flags.ts'

export type TagRow = {
  /** Id of the flag. */
  readonly id: number
  /** The tag, sealed. */
  readonly sealed: Bytes
}

export type TagRecord = TagRow & {
  /** Blind index of the flag. */
  readonly index: Bytes
}

export interface TagStore {
  /** Rows whose flag does not exist are left out; a tag that is there is replaced. Returns how many were kept. */
  put(kind: string, epoch: string, rows: readonly TagRow[]): Promise<number>

  /**
   * Of the next `limit` active flags, in order of id, those without a tag in the epoch; `sealed` is the
   * identifier. `lastId` is where to go on; null when there are no more active flags.
   */
  missing(
    kind: string,
    epoch: string,
    now: number,
    options: { readonly afterId?: number; readonly limit: number },
  ): Promise<{ readonly flags: readonly ActiveFlag[]; readonly lastId: number | null }>

  /** Tags of active flags, in order of the flags' ids. */
  page(
    kind: string,
    epoch: string,
    now: number,
    options: { readonly afterId?: number; readonly limit: number },
  ): Promise<readonly TagRecord[]>

  /** Deletes all tags of an epoch; returns how many. */
  dropEpoch(kind: string, epoch: string): Promise<number>
}
