/**
 * What is made up and what is real never meet, not even in work that was under way when a rehearsal began
 * or ended. A flow (a request, a task of the node's own) belongs to the mode in which it began: in another,
 * and while the node turns from one to the other, it is told nothing of a convenant and writes nothing.
 */

import { AsyncLocalStorage } from 'node:async_hooks'
import type { Store } from '../store/index.ts'
import { fail } from './errors.ts'

type Flow = { mode: number; readonly turns: boolean }

export class Modes {
  readonly #flows = new AsyncLocalStorage<Flow>()
  #mode = 0
  #state: 'steady' | 'turning' | 'held' = 'steady'

  /** Runs a flow, with all that follows from it. */
  flow<Value>(work: () => Value): Value {
    return this.#flows.run({ mode: this.#mode, turns: false }, work)
  }

  /** The node's own stop, which waits for no turn. */
  stopping<Value>(work: () => Value): Value {
    return this.#flows.run({ mode: this.#mode, turns: true }, work)
  }

  /** @throws ProtocolError `REHEARSING` where this flow has no part in what is in force now */
  check(): void {
    const flow = this.#flows.getStore()
    if (flow?.turns) return
    if (this.#state !== 'steady' || (flow !== undefined && flow.mode !== this.#mode)) {
      fail('REHEARSING', { hint: 'a rehearsal begins or ends in this moment: try again' })
    }
  }

  next(): void {
    this.#mode++
  }

  /**
   * Alone from this tick on; whatever wrote before it comes first in the store.
   * @param work told how to say that there is no way back: when it fails after that, the node waits for
   * another turn, here or at the next start
   * @throws ProtocolError `BUSY`
   */
  async turn<Value>(work: (hold: () => void) => Promise<Value>): Promise<Value> {
    if (this.#state === 'turning') fail('BUSY', { at: 'rehearsal' })
    const before = this.#state
    this.#state = 'turning'
    let after = before
    const hold = () => {
      after = 'held'
    }
    try {
      const value = await this.#flows.run({ mode: this.#mode, turns: true }, () => work(hold))
      after = 'steady'
      return value
    } finally {
      this.#state = after
      const flow = this.#flows.getStore()
      if (flow !== undefined) flow.mode = this.#mode
    }
  }
}

/** The store, in which a flow writes only in its own mode what the end of a rehearsal erases, and keys. */
export function storeInModes(store: Store, modes: Modes): Store {
  const part = <Part extends object>(of: Part, names: readonly (keyof Part)[]): Part => {
    const checked = { ...of }
    for (const name of names) {
      const method = of[name] as (...values: unknown[]) => Promise<unknown>
      // The call itself is made in the tick of the check.
      const inMode = async (...values: unknown[]) => {
        modes.check()
        return method(...values)
      }
      checked[name] = inMode as Part[keyof Part]
    }
    return checked
  }
  return {
    ...store,
    flags: part(store.flags, [
      ...(['upsert', 'withdrawMissing', 'withdraw'] as const),
      ...(['object', 'lift', 'rectify', 'erase'] as const),
    ]),
    tags: part(store.tags, ['put']),
    keys: part(store.keys, ['put', 'setState', 'saveGeneration']),
    rounds: part(store.rounds, ['create', 'transition']),
    lists: part(store.lists, ['accept']),
    contributions: part(store.contributions, ['record']),
    psi: {
      ...part(store.psi, ['create', 'transition', 'addPart']),
      prepared: part(store.psi.prepared, ['create', 'transition']),
    },
    alerts: part(store.alerts, ['raise']),
    asked: part(store.asked, ['remember']),
    cases: part(store.cases, ['open']),
    recalls: part(store.recalls, ['watch', 'settle']),
    feedback: part(store.feedback, ['put']),
    proposals: part(store.proposals, ['create', 'decide', 'begin']),
    meta: part(store.meta, ['set']),
  }
}
