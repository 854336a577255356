import { type Bytes, equalBytes } from '@drempel/protocol/encoding'
import { fail } from '../errors.ts'
import type { CosignedHead, LogConflict, WitnessedHead, WitnessStore } from '../parts/witness.ts'
import { blob, type Connection } from './connection.ts'

export function witnessStore({ db, write, read }: Connection): WitnessStore {
  const find = db.prepare<[string], WitnessedHead>(
    'SELECT size, root, note, at FROM witnessed WHERE log = ?',
  )
  const all = db.prepare<[], WitnessedHead & { readonly log: string }>(
    'SELECT log, size, root, note, at FROM witnessed ORDER BY log',
  )
  const put = db.prepare<[string, number, Bytes, string, number]>(
    `INSERT INTO witnessed (log, size, root, note, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
     SET size = excluded.size, root = excluded.root, note = excluded.note, at = excluded.at`,
  )
  const addConflict = db.prepare<[string, string, string, string, number]>(
    `INSERT INTO log_conflicts (log, code, first, second, at, entered) VALUES (?, ?, ?, ?, ?, 0)
     ON CONFLICT DO NOTHING`,
  )
  const conflict = db.prepare<[string], LogConflict>(
    'SELECT log, code, first, second, at FROM log_conflicts WHERE log = ?',
  )
  const conflicts = db.prepare<[], LogConflict>(
    'SELECT log, code, first, second, at FROM log_conflicts ORDER BY log',
  )
  const unentered = db.prepare<[], LogConflict>(
    'SELECT log, code, first, second, at FROM log_conflicts WHERE entered = 0 ORDER BY log',
  )
  const setEntered = db.prepare<[string]>('UPDATE log_conflicts SET entered = 1 WHERE log = ?')
  const cosigned = db.prepare<[string], CosignedHead>(
    'SELECT size, note, at FROM cosigned WHERE origin = ?',
  )
  const putCosigned = db.prepare<[string, number, string, number]>(
    `INSERT INTO cosigned (origin, size, note, at) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
     SET size = excluded.size, note = excluded.note, at = excluded.at
     WHERE excluded.size >= cosigned.size`,
  )

  return {
    head: (log) =>
      read(() => {
        const row = find.get(log)
        return row === undefined ? null : { ...row, root: blob(row.root) }
      }),
    heads: () => read(() => all.all().map((row) => ({ ...row, root: blob(row.root) }))),
    advance: (log, expectedSize, { size, root, note, at }) =>
      write(() => {
        if (size < expectedSize) fail('STORE_CONFLICT', { at: 'size' })
        const known = find.get(log)
        if ((known?.size ?? 0) !== expectedSize) return false
        if (known?.size === size && !equalBytes(known.root, root)) return false
        put.run(log, size, root, note, at)
        return true
      }),
    keepConflict: ({ log, code, first, second, at }) =>
      write(() => addConflict.run(log, code, first, second, at).changes === 1),
    conflict: (log) => read(() => conflict.get(log) ?? null),
    conflicts: () => read(() => conflicts.all()),
    unenteredConflicts: () => read(() => unentered.all()),
    setConflictEntered: (log) => write(() => void setEntered.run(log)),
    cosigned: (origin) => read(() => cosigned.get(origin) ?? null),
    setCosigned: (origin, { size, note, at }) =>
      write(() => putCosigned.run(origin, size, note, at).changes === 1),
  }
}
