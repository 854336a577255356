/**
 * Group commit: writes that wait together, whoever they are of, become one transaction with one fsync.
 * None of them runs before that, so no read sees what may still be lost: a checkpoint of the log that
 * got out and was then forgotten would be a split view. When one of them fails, which is rare, all are
 * undone and run again, each in a savepoint of its own.
 */

import type Database from 'better-sqlite3'

type Write = {
  readonly work: () => unknown
  readonly single: boolean
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
}

type GroupCommit = {
  /**
   * Runs `work` whole or not at all, in the order of the calls; resolves when it is durable. `work` may
   * run twice, the first time undone. Waits for a turn of the event loop, and for another where there is
   * company: what one event leads to, and the next, then shares one fsync.
   * @param single one statement, which is a transaction by itself
   */
  write<T>(work: () => T, single?: boolean): Promise<T>
  /** Calls `work` before the next transaction, which does what it writes at once. */
  gather(work: () => void): void
  /** Does all that waits now. */
  flush(): void
}

/**
 * @param translated runs its argument and throws the store's own errors
 * @param most milliseconds; what does not fit waits for the next turn of the event loop
 */
export function groupCommit(
  db: Database.Database,
  translated: <T>(work: () => T) => T,
  most: number,
): GroupCommit {
  let waiting: Write[] = []
  let gathering: (() => void)[] = []
  let scheduled = false
  let company = false
  const whole = db.transaction((work: () => (() => void)[]) => work())
  const apart = db.transaction((work: () => unknown) => work())

  /** As many as there is time for, at least one. @returns what tells their callers */
  const attemptAll = (attempt: (write: Write) => () => void): (() => void)[] => {
    const end = performance.now() + most
    const outcomes: (() => void)[] = []
    for (const write of waiting) {
      if (outcomes.length > 0 && performance.now() > end) break
      outcomes.push(attempt(write))
    }
    return outcomes
  }

  const attemptApart = ({ work, resolve, reject }: Write): (() => void) => {
    try {
      const value = translated(() => apart(work)) as never
      return () => resolve(value)
    } catch (error) {
      // A full disk can end the whole transaction, not this savepoint alone.
      if (!db.inTransaction) throw error
      return () => reject(error)
    }
  }

  // Immediate: a transaction that reads first and writes later would else fail half-way when busy.
  const transact = (): (() => void)[] => {
    let failed = false
    const attempt = ({ work, resolve }: Write): (() => void) => {
      try {
        const value = work() as never
        return () => resolve(value)
      } catch (error) {
        failed = true
        throw error
      }
    }
    const [first] = waiting
    if (first?.single && waiting.length === 1) return [attempt(first)]
    try {
      return whole.immediate(() => attemptAll(attempt))
    } catch (error) {
      if (!failed) throw error
      return whole.immediate(() => attemptAll(attemptApart))
    }
  }

  const schedule = (): void => {
    if (scheduled) return
    scheduled = true
    setImmediate(() => {
      if (company || waiting.length + gathering.length > 1) setImmediate(commit)
      else commit()
    })
  }

  const commit = (): void => {
    const gathered = gathering
    gathering = []
    for (const work of gathered) work()
    scheduled = false
    company = waiting.length > 1
    if (waiting.length > 0) land()
    // What was gathered may have asked for the next one while this one was under way.
    if (waiting.length + gathering.length > 0) schedule()
  }

  const land = (): void => {
    try {
      const outcomes = translated(transact)
      waiting = waiting.slice(outcomes.length)
      for (const tell of outcomes) tell()
    } catch (error) {
      const refused = waiting
      waiting = []
      for (const { reject } of refused) reject(error)
    }
  }

  return {
    write: <T>(work: () => T, single = false) =>
      new Promise<T>((resolve, reject) => {
        waiting.push({ work, single, resolve, reject })
        schedule()
      }),
    gather(work) {
      gathering.push(work)
      schedule()
    },
    flush() {
      while (waiting.length > 0 || gathering.length > 0) commit()
    },
  }
}
