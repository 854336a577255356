/** Which tables keep their rows at the end of a rehearsal; of every other nothing is left. */

import type Database from 'better-sqlite3'

export const KEPT = [
  // The log, who witnessed it, and what it was compared with.
  ...['logs', 'log_hashes', 'log_batches', 'log_runs', 'log_txids', 'witnessed', 'log_conflicts'],
  ...['log_days', 'cosigned', 'comparisons', 'comparison_troubles', 'anchored', 'discrepancies'],
  // Quotas, what may happen once, keys by their epochs' numbers, people.
  ...['usage', 'served', 'nonces', 'key_epochs', 'convenants', 'tokens'],
  // Some of their rows: see the contract.
  ...['meta', 'proposals', 'subject_cases', 'alerts'],
]

export function tablesOf(db: Database.Database): string[] {
  const tables = db.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
  )
  return tables.pluck().all() as string[]
}

/** Tables that should be empty, and are not. */
export function leftIn(db: Database.Database): string[] {
  const emptied = tablesOf(db).filter((name) => !KEPT.includes(name))
  return emptied.filter((name) => db.prepare(`SELECT 1 FROM ${name}`).all().length > 0)
}
