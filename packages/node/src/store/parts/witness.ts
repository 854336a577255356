/**
 * What a witness remembers of others' logs, and the owner of its own: the last cosigned tree of each.
 * A log is named by its origin and the id of the key that signs it, so that a member who was given
 * a new key begins anew.
 */

import type { Bytes } from '@drempel/protocol/encoding'

export type WitnessedHead = {
  readonly size: number
  readonly root: Bytes
  /** The checkpoint as its log signed it. */
  readonly note: string
  readonly at: number
}

/** Two trees of one log, each signed by its owner, of which one denies the other. */
export type LogConflict = {
  readonly log: string
  /** Two roots at one size; or, of an own log, a tree that was signed and is in the store no more. */
  readonly code: 'LOG_FORKED' | 'LOG_ROLLED_BACK'
  readonly first: string
  readonly second: string
  readonly at: number
}

/** The last checkpoint of an own log that a quorum of witnesses cosigned. */
export type CosignedHead = {
  readonly size: number
  /** With their cosignatures. */
  readonly note: string
  readonly at: number
}

export interface WitnessStore {
  /** Null before the first checkpoint of a log was cosigned here. */
  head(log: string): Promise<WitnessedHead | null>
  /** All of them, by log. */
  heads(): Promise<readonly (WitnessedHead & { readonly log: string })[]>
  /**
   * Compare-and-persist: the new head when the stored one has `expectedSize` (0: there is none) and,
   * if it is of the same size, the same root. False, and nothing changed, otherwise: two requests
   * may both have been checked against the same old size.
   * @throws ProtocolError `STORE_CONFLICT` for a head smaller than `expectedSize`
   */
  advance(log: string, expectedSize: number, head: WitnessedHead): Promise<boolean>

  /** Kept for good; a log's first contradiction is enough. False when one is kept already. */
  keepConflict(conflict: LogConflict): Promise<boolean>
  conflict(log: string): Promise<LogConflict | null>
  conflicts(): Promise<readonly LogConflict[]>
  /** Those that the own log does not have yet, by log. */
  unenteredConflicts(): Promise<readonly LogConflict[]>
  setConflictEntered(log: string): Promise<void>

  cosigned(origin: string): Promise<CosignedHead | null>
  /** False, and nothing changed, when a larger tree was cosigned before. */
  setCosigned(origin: string, head: CosignedHead): Promise<boolean>
}
