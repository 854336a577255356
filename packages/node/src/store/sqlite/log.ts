import type { Bytes } from '@drempel/protocol/encoding'
import { fail } from '../errors.ts'
import type { LogHead, LogPosition, LogStore } from '../parts/log.ts'
import { blob, type Connection } from './connection.ts'

type Log = LogHead & { readonly id: number }

export function logStore({ db, write, read }: Connection): LogStore {
  const find = db.prepare<[string], Log>('SELECT id, size, root, note FROM logs WHERE origin = ?')
  const begin = db.prepare(`INSERT INTO logs (origin, size, root, note) VALUES (?, 0, x'', '')`)
  const advance = db.prepare('UPDATE logs SET size = ?, root = ?, note = ? WHERE id = ?')
  const addEntry = db.prepare(
    'INSERT INTO log_entries (log, position, leaf, sealed, txid, type) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const addHash = db.prepare(
    'INSERT INTO log_hashes (log, level, position, hash) VALUES (?, ?, ?, ?)',
  )
  const leaves = db
    .prepare<[string, number, number], Bytes>(
      `SELECT leaf FROM log_entries WHERE log = (SELECT id FROM logs WHERE origin = ?)
       AND position >= ? AND position < ? ORDER BY position`,
    )
    .pluck()
  const sealed = db
    .prepare<[string, number], Bytes>(
      `SELECT sealed FROM log_entries WHERE log = (SELECT id FROM logs WHERE origin = ?)
       AND position = ?`,
    )
    .pluck()
  const hashes = db
    .prepare<[string, number, number, number], Bytes>(
      `SELECT hash FROM log_hashes WHERE log = (SELECT id FROM logs WHERE origin = ?)
       AND level = ? AND position >= ? AND position < ? ORDER BY position`,
    )
    .pluck()
  const origins = db.prepare<[], string>('SELECT origin FROM logs ORDER BY id').pluck()
  // The index has the entries in runs of 8,192, each by txid: an append then changes a few of its pages,
  // where in one index of all entries each would change a page of its own. A search looks at each run.
  const lastRun = db.prepare<[], number>('SELECT max(number) >> 13 FROM log_entries').pluck()
  const findTxid = db.prepare<[number, string], LogPosition>(
    `SELECT origin, position AS "index", type FROM log_entries JOIN logs ON logs.id = log
     WHERE number >> 13 = ? AND txid = ? ORDER BY number`,
  )
  const leadsTo = db
    .prepare<[string, number, string], number>(
      `SELECT 1 FROM log_entries AS entry JOIN log_entries AS found INDEXED BY log_entries_by_txid
       ON found.number >> 13 = entry.number >> 13 AND found.number = entry.number
       WHERE entry.log = (SELECT id FROM logs WHERE origin = ?) AND entry.position = ?
       AND found.txid = ?`,
    )
    .pluck()

  return {
    append: (origin, entries, nodes, head, expectedSize) =>
      write(() => {
        if (head.size !== expectedSize + entries.length) fail('STORE_CONFLICT', { at: 'head.size' })
        const known = find.get(origin)
        if ((known?.size ?? 0) !== expectedSize) return false
        const log = known?.id ?? begin.run(origin).lastInsertRowid
        entries.forEach(({ leaf, sealed, txid, type }, i) => {
          addEntry.run(log, expectedSize + i, leaf, sealed, txid, type)
        })
        for (const { level, index, hash } of nodes) addHash.run(log, level, index, hash)
        advance.run(head.size, head.root, head.note, log)
        return true
      }),
    head: (origin) =>
      read(() => {
        const log = find.get(origin)
        return log === undefined ? null : { size: log.size, root: blob(log.root), note: log.note }
      }),
    leaves: (origin, from, to) => read(() => leaves.all(origin, from, to).map(blob)),
    sealed: (origin, index) =>
      read(() => {
        const value = sealed.get(origin, index)
        return value === undefined ? null : blob(value)
      }),
    hashes: (origin, level, from, to) => read(() => hashes.all(origin, level, from, to).map(blob)),
    origins: () => read(() => origins.all()),
    findTxid: (txid) =>
      read(() => {
        const runs = Array.from({ length: (lastRun.get() ?? 0) + 1 }, (_, run) => run)
        return runs.flatMap((run) => findTxid.all(run, txid))
      }),
    leadsTo: (origin, index, txid) => read(() => leadsTo.get(origin, index, txid) !== undefined),
  }
}
