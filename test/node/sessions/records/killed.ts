/** What the child kills itself at, and what it acknowledges. */

import { runUntilKilled } from '../../kit/killed.ts'

const CHILD = new URL('./killed.child.ts', import.meta.url)

export type Killed = {
  /** What makes the step durable: a row, the file of a purpose's day, the key's own file, the log, a row. */
  readonly step: 'begin' | 'purpose-key' | 'key' | 'entry' | 'end'
  readonly when: 'before' | 'after'
}

export type Acknowledged = {
  readonly origin: string
  readonly index: number
  readonly leaf: string
}

export function shredUntilKilled(args: readonly string[]): Promise<readonly Acknowledged[]> {
  return runUntilKilled(CHILD, args)
}
