/** What this node remembers of comparing its log with those of others: how far, and what it found. */

export type Comparison = {
  /** The place in the own logs up to which entries were compared. */
  readonly origin: string
  readonly index: number
  /** When it was last done to the end; at first, when the member was first met. */
  readonly at: number
}

/** Of a member that can't be compared with, or of which something false was entered. */
export type Trouble = {
  /** Milliseconds for which it has been asked in vain by a node that ran. */
  readonly askedMs: number
  /** When it last was; null where it answered since. */
  readonly triedAt: number | null
  /** When that, or what was false, was last entered; null where it never was. */
  readonly toldAt: number | null
}

/** The last head of another member's log that an entry of the own log has, or that needs none. */
export type AnchoredHead = { readonly size: number; readonly note: string }

export type Discrepancy = {
  readonly member: string
  readonly txid: string
  readonly kind: 'one-sided' | 'mismatch' | 'late'
  /** Names of fields, of a mismatch. */
  readonly fields: readonly string[]
  /** Of what is late. */
  readonly minutes: number | null
  readonly at: number
}

export interface ComparisonStore {
  progress(member: string): Promise<Comparison | null>
  setProgress(member: string, comparison: Comparison): Promise<void>

  /** None, until it is set. */
  trouble(member: string): Promise<Trouble>
  setTrouble(member: string, trouble: Trouble): Promise<void>

  /** By the log's name, its origin and the id of its key. */
  anchored(log: string): Promise<AnchoredHead | null>
  /** False, and nothing changed, when a larger one is there. */
  setAnchored(log: string, head: AnchoredHead): Promise<boolean>

  /** By member, transaction and kind. */
  isKnown(discrepancy: Pick<Discrepancy, 'member' | 'txid' | 'kind'>): Promise<boolean>
  /** Kept for good; nothing happens when it is known. */
  keepDiscrepancy(discrepancy: Discrepancy): Promise<void>
  /** Latest first. */
  discrepancies(limit: number): Promise<readonly Discrepancy[]>
}
