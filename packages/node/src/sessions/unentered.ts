/**
 * What stands in the store before it stands in the log: a row says that something happened, and waits until
 * its entry is durable. One path enters them all, what came just now and what a crash or a full disk left,
 * at the next start or while the node runs. An entry may have been written just before the crash: twice is
 * no untruth.
 */

import { allInTurn } from './inturn.ts'
import { Turns } from './turns.ts'

type Waiting<Row> = {
  /** Those without an entry. */
  readonly rows: () => Promise<readonly Row[]>
  readonly enter: (row: Row) => Promise<unknown>
  readonly entered: (row: Row) => Promise<unknown>
}

/** So that no row is entered by two. */
const turns = new Turns<object>()

/**
 * @param table whose rows they are
 * @throws what kept the first of them from being entered; the others are
 */
export function enterWaiting<Row>(
  table: object,
  { rows, enter, entered }: Waiting<Row>,
): Promise<void> {
  return turns.of(table, async () => {
    const works = (await rows()).map((row) => async () => {
      await enter(row)
      await entered(row)
    })
    await allInTurn(works)
  })
}
