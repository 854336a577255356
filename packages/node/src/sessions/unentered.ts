/**
 * What stands in the store before it stands in the log: a row says that something happened, and waits until
 * its entry is durable. One path enters them all, what came just now and what a crash or a full disk left,
 * at the next start or while the node runs. An entry may have been written just before the crash: of a row
 * that somebody may have tried to enter, the log is asked first.
 */

import { allInTurn } from './inturn.ts'
import { Turns } from './turns.ts'

type Waiting<Row> = {
  /** Those without a note that they were entered. */
  readonly rows: () => Promise<readonly Row[]>
  /** Of a row, among those of the table. */
  readonly nameOf: (row: Row) => string
  /** Whether the log has it. */
  readonly isEntered: (row: Row) => Promise<boolean>
  readonly enter: (row: Row) => Promise<unknown>
  readonly entered: (row: Row) => Promise<unknown>
}

/** So that no row is entered by two. */
const turns = new Turns<object>()
/** Rows that this process tried to enter, and has no note of; before its first look that can be any. */
const tried = new WeakMap<object, Set<string>>()

/**
 * @param table whose rows they are
 * @throws what kept the first of them from being entered; the others are
 */
export function enterWaiting<Row>(
  table: object,
  { rows, nameOf, isEntered, enter, entered }: Waiting<Row>,
): Promise<void> {
  return turns.of(table, async () => {
    const all = await rows()
    const doubtful = tried.get(table) ?? new Set(all.map(nameOf))
    tried.set(table, doubtful)
    const works = all.map((row) => async () => {
      const name = nameOf(row)
      const known = doubtful.has(name) && (await isEntered(row))
      doubtful.add(name)
      if (!known) await enter(row)
      await entered(row)
      doubtful.delete(name)
    })
    await allInTurn(works)
  })
}
