/** What this partner flagged. Identifiers are sealed; rows are found by their blind index. */

import type { Bytes } from '@drempel/protocol/encoding'
import type { MetaEntry } from './meta.ts'

export type FlagState = 'active' | 'withdrawn' | 'bezwaar'

/** Why a flag was withdrawn; `rectified`: another identifier stands in its place. */
export type WithdrawalReason =
  | 'unfounded'
  | 'mistaken-identity'
  | 'retracted'
  | 'settled'
  | 'rectified'
  | 'gone-from-source'
  | 'other'

export type FlagRecord = {
  /** Rises with each new flag; pages go by it. */
  readonly id: number
  readonly kind: string
  /** 32 bytes: the vault's blind index of (kind, canonical identifier). */
  readonly index: Bytes
  /** The canonical identifier, sealed by the vault. */
  readonly sealed: Bytes
  readonly taxonomy: string
  readonly evidence: string
  readonly reports: number
  readonly since: number
  readonly expires: number | null
  readonly state: FlagState
  readonly importId: string
  readonly createdAt: number
  readonly withdrawnAt: number | null
  /** Null for a flag that is not withdrawn, or was before reasons were kept. */
  readonly withdrawnReason: WithdrawalReason | null
}

export type FlagRow = Pick<
  FlagRecord,
  'index' | 'sealed' | 'taxonomy' | 'evidence' | 'reports' | 'expires'
> & {
  /** Null: what it was, or now for a flag that was not there. */
  readonly since: number | null
}

export type UpsertCounts = {
  readonly added: number
  /** Also counts withdrawn flags that came back. */
  readonly updated: number
  readonly unchanged: number
  /** Rows left as they were: withdrawn since `blockedSince`, under bezwaar, or erased. */
  readonly blocked: number
}

/** What became of a kind's flags in a span of time. */
export type FlagSummary = {
  /** Active at its end, and not expired. */
  readonly live: number
  readonly added: number
  readonly withdrawn: number
  /** Active ones only. */
  readonly expired: number
  /** Of those withdrawn, where a reason was kept. */
  readonly reasons: Readonly<Partial<Record<WithdrawalReason, number>>>
}

/** What a rectification sets; fields that are left out stay. */
export type FlagFields = Partial<
  Pick<FlagRecord, 'taxonomy' | 'evidence' | 'reports' | 'since' | 'expires'>
>

export type ActiveFlag = Pick<FlagRecord, 'id' | 'index' | 'sealed'>

export type FlagPageOptions = {
  /** Rows with a greater id only; 0 to begin. */
  readonly afterId?: number
  readonly limit: number
  readonly state?: FlagState
}

export interface FlagStore {
  /**
   * Adds or updates flags; the same rows again change nothing. Every row found or added gets
   * `importId`, also an unchanged one, so that `withdrawMissing` sees it. A flag that was withdrawn
   * at or after `blockedSince` (the begin of the key epoch) stays withdrawn, since toggling a flag
   * is a probe; one under bezwaar stays under bezwaar, and one that was erased stays away. The sealed
   * identifier of a known row is kept.
   * Of two rows with one index the last counts.
   */
  upsert(
    kind: string,
    rows: readonly FlagRow[],
    importId: string,
    options?: { readonly blockedSince?: number },
  ): Promise<UpsertCounts>

  /**
   * Withdraws the active flags of a kind that the import did not contain, as `gone-from-source`;
   * returns how many.
   */
  withdrawMissing(kind: string, importId: string): Promise<number>

  /**
   * Flags made since `madeSince` that were withdrawn since `goneSince`, save by a rectification; in order
   * of id.
   */
  withdrawn(
    kind: string,
    since: { readonly madeSince: number; readonly goneSince: number },
    options: { readonly afterId?: number; readonly limit: number },
  ): Promise<readonly Pick<FlagRecord, 'id' | 'index' | 'createdAt' | 'withdrawnAt'>[]>

  /**
   * Active flags that expired after `after` and by `until`, at most `within` after they were made, in
   * order of id.
   */
  expired(
    kind: string,
    span: { readonly after: number; readonly until: number; readonly within: number },
    options: { readonly afterId?: number; readonly limit: number },
  ): Promise<readonly Pick<FlagRecord, 'id' | 'index' | 'createdAt' | 'expires'>[]>

  /** False when there is no such flag or it was withdrawn before. */
  withdraw(kind: string, index: Bytes, reason?: WithdrawalReason): Promise<boolean>

  /**
   * Puts a flag under bezwaar, active or withdrawn. False when there is no such flag.
   * @param note of `MetaStore`, set with it, whole or not at all; as below
   */
  object(kind: string, index: Bytes, note?: MetaEntry): Promise<boolean>

  /**
   * Ends a bezwaar, so that the flag is what it was before, or the ban on one that was erased, so that
   * an import may bring it again. False when there was neither.
   */
  lift(kind: string, index: Bytes, note?: MetaEntry): Promise<boolean>

  /**
   * Corrects a flag's fields. With `replacement` the flag is withdrawn as `rectified` and one for that
   * identifier takes over its corrected fields, unless there is one already, or one was erased.
   * False when there is no such flag.
   */
  rectify(
    kind: string,
    index: Bytes,
    fields: FlagFields,
    replacement?: Pick<FlagRow, 'index' | 'sealed'>,
    note?: MetaEntry,
  ): Promise<boolean>

  /**
   * Deletes a flag with its tags, and the traces in the backend's own files. What remains is its blind
   * index, so that no import brings it back. False when there is no such flag.
   */
  erase(kind: string, index: Bytes, note?: MetaEntry): Promise<boolean>

  /**
   * Deletes at most `most` active flags that expired at or before `until`, with their tags and the
   * traces in the backend's own files; returns how many. `summary` goes on counting them.
   */
  forgetExpired(until: number, most: number): Promise<number>

  /** Those counts too, of flags that expired before `until`. */
  forgetCounts(until: number): Promise<void>

  get(kind: string, index: Bytes): Promise<FlagRecord | null>

  /** From `from` up to `to`. Flags that were erased are in none of its counts. */
  summary(kind: string, from: number, to: number): Promise<FlagSummary>

  /** In order of id. */
  page(kind: string, options: FlagPageOptions): Promise<readonly FlagRecord[]>

  /** Flags in state `active` that have not expired at `now`. */
  countActive(kind: string, now: number): Promise<number>

  /** Those flags, in order of id. */
  active(
    kind: string,
    now: number,
    options: { readonly afterId?: number; readonly limit: number },
  ): Promise<readonly (ActiveFlag & Pick<FlagRecord, 'reports'>)[]>

  /** Those whose evidence is a court's decision, in any state, in order of id. */
  ofCourts(
    kind: string,
    options: { readonly afterId?: number; readonly limit: number },
  ): Promise<readonly Pick<ActiveFlag, 'id' | 'index'>[]>

  /** Of the active flags the blind indexes alone, in order of id. */
  indexes(
    kind: string,
    now: number,
    options: { readonly afterId?: number; readonly limit: number },
  ): Promise<readonly Pick<ActiveFlag, 'id' | 'index'>[]>
}
