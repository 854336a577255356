/**
 * Requests of data subjects (AVG art. 15 to 22) and their clock. Who asked and about what is not kept:
 * the reference by which control over the identifier was shown is sealed.
 */

import type { Bytes } from '@drempel/protocol/encoding'

export type CaseType = 'access' | 'rectification' | 'erasure' | 'objection'
export type CaseOutcome = 'granted' | 'refused' | 'withdrawn'

export type CaseRecord = {
  /** Rises with each case; people name it together with its year. */
  readonly number: number
  /** 16 random bytes in hexadecimal, by which the log's entries of one case belong together. */
  readonly id: string
  readonly type: CaseType
  readonly kind: string
  readonly receivedAt: number
  readonly dueAt: number
  /** When the term was extended; null when it was not. */
  readonly extendedAt: number | null
  readonly closedAt: number | null
  readonly outcome: CaseOutcome | null
  /** Proof of control and, until it is closed, what it is about, sealed by the vault. */
  readonly sealed: Bytes
}

export interface CaseStore {
  /** @returns the number that it got */
  open(
    entry: Pick<CaseRecord, 'id' | 'type' | 'kind' | 'receivedAt' | 'dueAt' | 'sealed'>,
  ): Promise<number>
  get(number: number): Promise<CaseRecord | null>
  /** Once a case, while it is open: false, and nothing changed, otherwise. */
  extend(number: number, dueAt: number, at: number): Promise<boolean>
  /** With what stays sealed. False when it is closed already, or unknown. */
  close(number: number, outcome: CaseOutcome, at: number, sealed: Bytes): Promise<boolean>
  /** By due date; the open ones only, or all. */
  list(options: { readonly open: boolean; readonly limit: number }): Promise<readonly CaseRecord[]>
}
