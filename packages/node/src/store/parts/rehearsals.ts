/** A rehearsal: a time in which all flags of the node are made up, with nothing real beside them. */

/** What is made for a rehearsal and named by its maker begins so: imports, tokens. */
export const OF_REHEARSAL = 'rehearsal-'

export function isOfRehearsal(name: string): boolean {
  return name.startsWith(OF_REHEARSAL)
}

export type RehearsalRecord = {
  /** What the members agreed on beside the convenant. */
  readonly word: string
  readonly since: number
  /** How far the node's people are, as the session writes it. */
  readonly step: string
  /** Where the node stopped while it began or ended, it goes on with that. */
  readonly phase: 'beginning' | 'on' | 'ending'
  /** Number of the last data subject's case before it, 0 for none; those after it are made up. */
  readonly lastCase: number
  /** The same of alerts. */
  readonly lastAlert: number
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
  /** Unless it is at one of the `later` steps already. False when none is on. */
  move(step: string, later: readonly string[]): Promise<boolean>
  /** False when none is on. */
  turn(phase: 'on' | 'ending'): Promise<boolean>
  /**
   * Ends it: deletes all flags with their tags, what became of them in rounds and intersections, lists,
   * rounds, what was kept of questions, cases of data subjects that were opened in it, acts of them that
   * were begun, and its alerts, save those about another member's log; the traces in the backend's own
   * files too; revokes tokens that were made for it. It is on until all of that is done.
   * The log, quotas save those of intersections, other tokens and cases and installed keys stay. False, and
   * nothing changed, when none is on.
   */
  clear(): Promise<boolean>
}
