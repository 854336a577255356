/** A rehearsal: a time in which all flags of the node are made up, with nothing real beside them. */

export type RehearsalRecord = {
  /** What the members agreed on beside the convenant. */
  readonly word: string
  readonly since: number
  /** How far the node's people are, as the session writes it. */
  readonly step: string
  /** Where the node stopped while it began or ended, it goes on with that. */
  readonly phase: 'beginning' | 'on' | 'ending'
}

export interface RehearsalStore {
  current(): Promise<RehearsalRecord | null>
  /**
   * Whether there is anything that `clear` would delete, save rounds that failed: the node has or had a
   * flag, in whatever state, has a list in force, takes part in a round or did in one that was published,
   * has an intersection or a question, also one that was only proposed.
   */
  inUse(): Promise<boolean>
  /** It is `beginning` then. False, and nothing changed, when one is on or the node is in use. */
  begin(word: string, step: string): Promise<boolean>
  /** False when none is on. */
  move(step: string): Promise<boolean>
  /** False when none is on. */
  turn(phase: 'on' | 'ending'): Promise<boolean>
  /**
   * Ends it: deletes all flags with their tags, what became of them in rounds and intersections, lists,
   * rounds, and what was kept of questions, the traces in the backend's own files too. The log, quotas
   * save those of intersections, tokens and installed keys stay. False, and nothing changed, when none is on.
   */
  clear(): Promise<boolean>
}
