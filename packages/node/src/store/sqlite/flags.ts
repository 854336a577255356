import { type Bytes, hex } from '@drempel/protocol/encoding'
import type { FlagRecord, FlagRow, FlagState, FlagStore } from '../parts/flags.ts'
import { blob, type Connection } from './connection.ts'

type Row = Omit<FlagRecord, 'index'> & { readonly blind: Bytes }
type Known = {
  id: number
  taxonomy: string
  evidence: string
  reports: number
  since: number
  expires: number | null
  state: FlagState
  withdrawnAt: number | null
}

const COLUMNS = `id, kind, blind, sealed, taxonomy, evidence, reports, since, expires, state,
  import_id AS importId, created_at AS createdAt, withdrawn_at AS withdrawnAt`
const ACTIVE = `kind = ? AND state = 'active' AND (expires IS NULL OR expires > ?)`

export function flagStore({ db, clock, write, read }: Connection): FlagStore {
  const find = db.prepare<[string, Bytes], Known>(
    `SELECT id, taxonomy, evidence, reports, since, expires, state, withdrawn_at AS withdrawnAt
     FROM flags WHERE kind = ? AND blind = ?`,
  )
  const insert = db.prepare(
    `INSERT INTO flags (kind, blind, sealed, taxonomy, evidence, reports, since, expires, state, import_id, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'active', ?, ?)`,
  )
  const update = db.prepare(
    `UPDATE flags SET taxonomy = ?, evidence = ?, reports = ?, since = ?, expires = ?, import_id = ?,
     state = 'active', withdrawn_at = NULL WHERE id = ?`,
  )
  const touch = db.prepare('UPDATE flags SET import_id = ? WHERE id = ?')
  const withdrawMissing = db.prepare(
    `UPDATE flags SET state = 'withdrawn', withdrawn_at = ?
     WHERE kind = ? AND state = 'active' AND import_id <> ?`,
  )
  const withdraw = db.prepare(
    `UPDATE flags SET state = 'withdrawn', withdrawn_at = ?
     WHERE kind = ? AND blind = ? AND state <> 'withdrawn'`,
  )
  // A second withdrawal keeps the time of the first.
  const setState = db.prepare(
    `UPDATE flags SET state = @state, withdrawn_at =
       CASE WHEN @state = 'withdrawn' THEN coalesce(withdrawn_at, @now) END
     WHERE kind = @kind AND blind = @index`,
  )
  const get = db.prepare<[string, Bytes], Row>(
    `SELECT ${COLUMNS} FROM flags WHERE kind = ? AND blind = ?`,
  )
  const pageAll = db.prepare<[string, number, number], Row>(
    `SELECT ${COLUMNS} FROM flags WHERE kind = ? AND id > ? ORDER BY id LIMIT ?`,
  )
  const pageState = db.prepare<[string, string, number, number], Row>(
    `SELECT ${COLUMNS} FROM flags WHERE kind = ? AND state = ? AND id > ? ORDER BY id LIMIT ?`,
  )
  const count = db.prepare<[string, number]>(`SELECT count(*) FROM flags WHERE ${ACTIVE}`).pluck()
  const active = db.prepare<[string, number, number, number], Pick<Row, 'id' | 'blind' | 'sealed'>>(
    `SELECT id, blind, sealed FROM flags WHERE ${ACTIVE} AND id > ? ORDER BY id LIMIT ?`,
  )

  return {
    upsert: (kind, rows, importId, options = {}) =>
      write(() => {
        const counts = { added: 0, updated: 0, unchanged: 0, blocked: 0 }
        const blockedSince = options.blockedSince ?? Number.POSITIVE_INFINITY
        const now = clock()
        for (const row of lastOfEach(rows)) {
          const { index, sealed, taxonomy, evidence, reports, expires } = row
          const known = find.get(kind, index)
          const since = row.since ?? known?.since ?? now
          if (known === undefined) {
            insert.run(
              ...[kind, index, sealed, taxonomy, evidence, reports, since, expires],
              ...[importId, now],
            )
            counts.added++
          } else if (isBlocked(known, blockedSince)) {
            touch.run(importId, known.id)
            counts.blocked++
          } else if (isUnchanged(known, { ...row, since })) {
            touch.run(importId, known.id)
            counts.unchanged++
          } else {
            update.run(taxonomy, evidence, reports, since, expires, importId, known.id)
            counts.updated++
          }
        }
        return counts
      }),
    withdrawMissing: (kind, importId) =>
      write(() => withdrawMissing.run(clock(), kind, importId).changes),
    withdraw: (kind, index) => write(() => withdraw.run(clock(), kind, index).changes === 1),
    setState: (kind, index, state) =>
      write(() => setState.run({ kind, index, state, now: clock() }).changes === 1),
    get: (kind, index) =>
      read(() => {
        const row = get.get(kind, index)
        return row === undefined ? null : record(row)
      }),
    page: (kind, { afterId = 0, limit, state }) =>
      read(() =>
        (state === undefined
          ? pageAll.all(kind, afterId, limit)
          : pageState.all(kind, state, afterId, limit)
        ).map(record),
      ),
    countActive: (kind, now) => read(() => count.get(kind, now) as number),
    active: (kind, now, { afterId = 0, limit }) =>
      read(() => active.all(kind, now, afterId, limit).map(activeRecord)),
  }
}

export function activeRecord(row: { id: number; blind: Bytes; sealed: Bytes }) {
  return { id: row.id, index: blob(row.blind), sealed: blob(row.sealed) }
}

function record({ blind, ...row }: Row): FlagRecord {
  return { ...row, index: blob(blind), sealed: blob(row.sealed) }
}

/** Else the counts would depend on how often a file repeats a line. */
function lastOfEach(rows: readonly FlagRow[]): Iterable<FlagRow> {
  return new Map(rows.map((row) => [hex(row.index), row])).values()
}

function isBlocked(known: Known, blockedSince: number): boolean {
  if (known.state === 'bezwaar') return true
  return known.state === 'withdrawn' && (known.withdrawnAt ?? 0) >= blockedSince
}

function isUnchanged(known: Known, row: FlagRow): boolean {
  return (
    known.state === 'active' &&
    known.taxonomy === row.taxonomy &&
    known.evidence === row.evidence &&
    known.reports === row.reports &&
    known.since === row.since &&
    known.expires === row.expires
  )
}
