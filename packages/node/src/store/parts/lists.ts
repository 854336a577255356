/** Threshold lists in force, one per (kind, rule), and the digests of those before them. */

import type { Bytes, Json } from '@drempel/protocol/encoding'
import type { MetaEntry } from './meta.ts'
import type { RoundTransition } from './rounds.ts'

export type ThresholdListRecord = {
  readonly kind: string
  readonly rule: string
  readonly round: string
  readonly epoch: string
  readonly salt: Bytes
  readonly keyBits: number
  /** Opened keys, sorted, ceil(keyBits / 8) bytes each, end to end. */
  readonly keys: Bytes
  readonly contributors: number
  readonly createdAt: number
  readonly digest: string
  readonly signatures: Json
}

export type ListHistory = Pick<
  ThresholdListRecord,
  'kind' | 'rule' | 'round' | 'epoch' | 'digest' | 'createdAt'
> & { readonly acceptedAt: number }

export interface ListStore {
  /**
   * Replaces what is in force for each list's (kind, rule), all lists or none, and with `publish`
   * makes that round's transition in the same transaction: there is no moment at which a round is
   * published and its list is not, or the reverse. So it is with `results`, what else comes of the round.
   * False, and nothing changed, when the transition is not possible or one of the lists is older
   * (`createdAt`) than what is in force. The list in force again (same digest) changes nothing.
   */
  accept(
    lists: readonly ThresholdListRecord[],
    publish?: RoundTransition,
    results?: readonly MetaEntry[],
  ): Promise<boolean>
  current(kind: string, rule: string): Promise<ThresholdListRecord | null>
  /** Lists in force without their keys, ordered by kind and rule. */
  inForce(): Promise<readonly (Omit<ThresholdListRecord, 'keys'> & { readonly size: number })[]>
  /** Accepted lists, youngest first. */
  history(kind: string, rule: string, limit: number): Promise<readonly ListHistory[]>
}
