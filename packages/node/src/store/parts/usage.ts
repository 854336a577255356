/** Counters behind quotas and budgets, and the transactions that were served. */

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
  reserve(counter: UsageCounter): Promise<boolean>
  /** What was reserved so far. */
  used(scope: string, key: string): Promise<number>
  /** True the first time that an asker's txid is given, false ever after. */
  serveOnce(asker: string, txid: string): Promise<boolean>
  /**
   * Both at once: marks the txid and adds to all counters, or does nothing at all and says why.
   * The first counter that lacks room is named.
   */
  reserveServe(request: ServeRequest): Promise<'ok' | 'replayed' | { readonly exceeded: string }>
  /** Forgets counters last changed before t; txids are never forgotten. Returns how many. */
  forgetBefore(t: number): Promise<number>
}
