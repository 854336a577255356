/** What the child kills itself at. */

import { runUntilKilled } from '../../node/kit/killed.ts'

const CHILD = new URL('./killed.child.ts', import.meta.url)

export type Killed = {
  readonly act: 'begin' | 'end'
  /** The record of it, a key's share, the entry in the log, the traces of what was deleted. */
  readonly step: 'record' | 'key' | 'entry' | 'traces'
  readonly when: 'before' | 'after'
}

export async function rehearseUntilKilled(args: readonly string[]): Promise<void> {
  await runUntilKilled(CHILD, args)
}
