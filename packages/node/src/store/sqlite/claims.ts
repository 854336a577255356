/** Claims that are decided and not yet written, by name: how much of what they are for is taken. */

import type { Claim } from '../parts/claim.ts'
import type { Connection } from './connection.ts'

export type Held = {
  /** The sum of what is held under a name. */
  of(name: string): number
  /** @returns gives it back; calling it twice is fine */
  hold(name: string, amount: number): () => void
}

export function createHeld(): Held {
  const sums = new Map<string, number>()
  const add = (name: string, amount: number) => {
    const sum = (sums.get(name) ?? 0) + amount
    if (sum === 0) sums.delete(name)
    else sums.set(name, sum)
  }
  return {
    of: (name) => sums.get(name) ?? 0,
    hold(name, amount) {
      let held = true
      add(name, amount)
      return () => {
        if (held) add(name, -amount)
        held = false
      }
    },
  }
}

/**
 * A claim that was granted: `work` writes it. What it holds is given back in the same transaction, so
 * that it is counted once at any time, or when it was lost.
 */
export function granted<Outcome>(
  { write }: Pick<Connection, 'write'>,
  outcome: Outcome,
  release: () => void,
  work: () => void,
): Claim<Outcome> {
  const durable = write(() => {
    release()
    work()
  })
  // Also where the caller, refused for another reason, does not wait for it.
  durable.catch(release)
  return { outcome, durable }
}

export function refused<Outcome>(outcome: Outcome): Claim<Outcome> {
  return { outcome, durable: Promise.resolve() }
}
