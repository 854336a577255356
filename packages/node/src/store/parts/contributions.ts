/**
 * What this node put into rounds: the flags of its last list of each kind, and those that left it.
 * Caps count by this and not by the flags' own states, so that no way of switching a flag off and on
 * again (withdrawal, expiry, an objection) escapes them.
 */

import type { Bytes } from '@drempel/protocol/encoding'

export interface ContributionStore {
  /**
   * The kind's list is now exactly these flags, by blind index; those of the last one that are not
   * among them have left it at `now`.
   */
  record(kind: string, indexes: readonly Bytes[], now: number): Promise<void>

  /** How a list of these flags differs from the last one; null before the first. */
  changes(
    kind: string,
    indexes: readonly Bytes[],
  ): Promise<{ readonly added: number; readonly withdrawn: number } | null>

  /** Flags that left the kind's list at or after `since`. */
  leftSince(kind: string, since: number): Promise<readonly Bytes[]>
}
