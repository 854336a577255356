import type { AlertRecord, AlertStore } from '../parts/alerts.ts'
import type { Connection } from './connection.ts'

export function alertStore({ db, write, read }: Connection): AlertStore {
  const known = db.prepare('SELECT 1 FROM alerts WHERE once = ?')
  const add = db.prepare(
    'INSERT INTO alerts (once, at, code, member, purpose, kind) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const list = db.prepare<[number, number], AlertRecord>(
    `SELECT number AS id, at, code, member, purpose, kind, seen_by AS seenBy, seen_at AS seenAt
     FROM alerts WHERE ? OR seen_at IS NULL ORDER BY number DESC LIMIT ?`,
  )
  const see = db.prepare(
    'UPDATE alerts SET seen_by = ?, seen_at = ? WHERE number = ? AND seen_at IS NULL',
  )

  return {
    raise: (once, { at, code, member, purpose, kind }) =>
      write(() => {
        if (known.get(once) !== undefined) return null
        return Number(add.run(once, at, code, member, purpose, kind).lastInsertRowid)
      }),
    list: ({ all, limit }) => read(() => list.all(all ? 1 : 0, limit)),
    see: (id, by, at) => write(() => see.run(by, at, id).changes === 1),
  }
}
