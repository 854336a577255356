/**
 * What may happen only once, or only so often, decided before it is durable. Every claim counts from
 * its decision on; one that was lost counts no more.
 */

export type Claim<Outcome> = {
  readonly outcome: Outcome
  /**
   * Resolves when the claim survives a crash, and rejects when it was lost: nothing that rests on it
   * leaves the node before. A write that is called after the claim is never durable without it, unless
   * this rejects. Whoever waits for several writes at once, claims among them, pays for one fsync.
   */
  readonly durable: Promise<void>
}
