import type { AlertRecord, AlertStore } from '../parts/alerts.ts'
import type { Connection } from './connection.ts'

const COLUMNS =
  'number AS id, at, code, member, purpose, kind, seen_by AS seenBy, seen_at AS seenAt'

export function alertStore({ db, write, read }: Connection): AlertStore {
  const known = db.prepare('SELECT 1 FROM alerts WHERE once = ?')
  const add = db.prepare(
    `INSERT INTO alerts (once, at, code, member, purpose, kind, entered)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  )
  const list = db.prepare<[number, number], AlertRecord>(
    `SELECT ${COLUMNS} FROM alerts WHERE ? OR seen_at IS NULL ORDER BY number DESC LIMIT ?`,
  )
  const unentered = db.prepare<[], AlertRecord>(
    `SELECT ${COLUMNS} FROM alerts WHERE entered = 0 ORDER BY number`,
  )
  const setEntered = db.prepare('UPDATE alerts SET entered = 1 WHERE number = ?')
  const see = db.prepare(
    'UPDATE alerts SET seen_by = ?, seen_at = ? WHERE number = ? AND seen_at IS NULL',
  )

  return {
    raise: (once, { at, code, member, purpose, kind, entered = false }) =>
      write(() => {
        if (known.get(once) !== undefined) return null
        const row = [once, at, code, member, purpose, kind, entered ? 1 : 0]
        return Number(add.run(row).lastInsertRowid)
      }),
    list: ({ all, limit }) => read(() => list.all(all ? 1 : 0, limit)),
    unentered: () => read(() => unentered.all()),
    setEntered: (id) => write(() => void setEntered.run(id)),
    see: (id, by, at) => write(() => see.run(by, at, id).changes === 1),
  }
}
