/** What a durable log pays at least: one row of the same bytes by SQLite, with its fsync. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'

export type BareTable = {
  /** Each row a transaction of its own. */
  oneByOne(count: number): void
  /** All in one transaction. */
  batched(count: number): void
  close(): void
}

export function openBareTable(row: readonly [Uint8Array, Uint8Array]): BareTable {
  const folder = mkdtempSync(join(tmpdir(), 'drempel-bench-'))
  const db = new Database(join(folder, 'bare.db'))
  // As the node's store has them: each commit is on disk before it is told.
  for (const pragma of ['locking_mode = EXCLUSIVE', 'journal_mode = WAL', 'synchronous = FULL']) {
    db.pragma(pragma)
  }
  db.exec('CREATE TABLE bare (id INTEGER PRIMARY KEY, leaf BLOB NOT NULL, sealed BLOB NOT NULL)')
  const insert = db.prepare('INSERT INTO bare (leaf, sealed) VALUES (?, ?)')
  const oneByOne = (count: number) => {
    for (let i = 0; i < count; i++) insert.run(...row)
  }
  return {
    oneByOne,
    batched: db.transaction(oneByOne),
    close() {
      db.close()
      rmSync(folder, { recursive: true })
    },
  }
}
