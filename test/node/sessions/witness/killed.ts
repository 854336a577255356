/** What the child kills itself at, and what it acknowledges. */

import { runUntilKilled } from '../../kit/killed.ts'

const CHILD = new URL('./killed.child.ts', import.meta.url)

export type Killed = {
  /** A row of the log; what a witness cosigned, what it caught; what an owner's witnesses cosigned. */
  readonly step: 'append' | 'advance' | 'keepConflict' | 'setCosigned'
  readonly when: 'before' | 'after'
}

export type Acknowledged = {
  readonly origin: string
  readonly index: number
  readonly leaf: string
}

export function cosignUntilKilled(args: readonly string[]): Promise<readonly Acknowledged[]> {
  return runUntilKilled(CHILD, args)
}
