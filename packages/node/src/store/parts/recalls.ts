/**
 * Answers whose tags are looked up again in new lists, and the recalls that came of it. Every answered
 * query has a row of answers, whatever the answer was, so that the store does not show which.
 */

import type { Bytes } from '@drempel/protocol/encoding'

export type WatchedAnswer = {
  readonly txid: string
  readonly kind: string
  readonly rule: string
  /** Of the key under which the tags were made. */
  readonly epoch: string
  /** The round of the list that it was last looked up in. */
  readonly round: string
  /** When the purpose's retention ends. */
  readonly until: number
  /** Tags and case, sealed by the vault. */
  readonly sealed: Bytes
}

export type RecallRecord = {
  readonly number: number
  readonly raisedAt: number
  readonly closedAt: number | null
  /** What was asked and when, sealed by the vault. */
  readonly sealed: Bytes
}

export interface RecallStore {
  watch(answer: WatchedAnswer): Promise<void>
  /** Answers of a rule that were not yet looked up in the list of that round, in order of txid. */
  due(
    rule: { readonly kind: string; readonly rule: string; readonly round: string },
    options: { readonly afterTxid: string; readonly limit: number },
  ): Promise<readonly WatchedAnswer[]>
  /**
   * An answer was looked up: from now on it counts as seen in `round`, with what is left to watch
   * (null: nothing, and the row goes), and its recalls are raised.
   * False, and nothing changed, when it was looked up since `answer` was read.
   */
  settle(
    answer: WatchedAnswer,
    round: string,
    left: Bytes | null,
    raised: readonly Bytes[],
  ): Promise<boolean>
  /** Answers whose retention has ended; returns how many. */
  forgetBefore(now: number): Promise<number>
  /** Youngest first; the open ones only, or all. */
  list(options: {
    readonly open: boolean
    readonly limit: number
  }): Promise<readonly RecallRecord[]>
  /** False when it is closed already, or unknown. */
  close(number: number, at: number): Promise<boolean>
}
