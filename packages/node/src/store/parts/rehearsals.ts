/** A rehearsal: a time in which all flags of the node are made up, with nothing real beside them. */

export type RehearsalRecord = {
  /** What the members agreed on beside the convenant. */
  readonly word: string
  readonly since: number
  /** How far the node's people are, as the session writes it. */
  readonly step: string
}

export interface RehearsalStore {
  current(): Promise<RehearsalRecord | null>
  /**
   * Whether the node has or had a flag, in whatever state, has a list in force, took part in a round
   * that was published, or has an intersection, also one that was only proposed.
   */
  inUse(): Promise<boolean>
  /** False, and nothing changed, when one is on or the node is in use. */
  begin(word: string, step: string): Promise<boolean>
  /** False when none is on. */
  move(step: string): Promise<boolean>
  /**
   * Ends it: deletes all flags with their tags, what became of them in rounds and intersections, lists,
   * rounds, and what was kept of questions, the traces in the backend's own files too. The log, quotas
   * save those of intersections, tokens and installed keys stay. False, and nothing changed, when none is on.
   */
  clear(): Promise<boolean>
}
