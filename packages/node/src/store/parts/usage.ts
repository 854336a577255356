/** Counters behind quotas and budgets, and the transactions that were served. */

import type { Claim } from './claim.ts'

export type UsageCounter = {
  /** Such as `check/<purpose>/<asker>/<day>`; absent is the scope ''. */
  readonly scope?: string
  readonly key: string
  /** A whole number, at least 0. */
  readonly amount: number
  readonly limit: number
}

export type ServeRequest = {
  readonly asker: string
  readonly txid: string
  readonly counters: readonly UsageCounter[]
}

export interface UsageStore {
  /** Adds `amount` when the sum stays within `limit`; else false and nothing is added. */
  claim(counter: UsageCounter): Promise<Claim<boolean>>
  /** What was claimed so far. */
  used(scope: string, key: string): Promise<number>
  /**
   * Marks an asker's txid, which is possible once, and adds to all counters; or does nothing at all
   * and says why. The first counter that lacks room is named.
   */
  claimServe(
    request: ServeRequest,
  ): Promise<Claim<'ok' | 'replayed' | { readonly exceeded: string }>>
  /** Forgets counters last changed before t; txids are never forgotten. Returns how many. */
  forgetBefore(t: number): Promise<number>
}
