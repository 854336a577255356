import type { CaseRecord, CaseStore } from '../parts/cases.ts'
import { blob, type Connection } from './connection.ts'

const COLUMNS = `number, id, type, kind, received_at AS receivedAt, due_at AS dueAt,
  extended_at AS extendedAt, closed_at AS closedAt, outcome, sealed`

export function caseStore({ db, write, read, scrub }: Connection): CaseStore {
  const add = db.prepare(
    `INSERT INTO subject_cases (id, type, kind, received_at, due_at, sealed)
     VALUES (@id, @type, @kind, @receivedAt, @dueAt, @sealed)`,
  )
  const get = db.prepare<[number], CaseRecord>(
    `SELECT ${COLUMNS} FROM subject_cases WHERE number = ?`,
  )
  const extend = db.prepare(
    `UPDATE subject_cases SET due_at = ?, extended_at = ?
     WHERE number = ? AND closed_at IS NULL AND extended_at IS NULL`,
  )
  const close = db.prepare(
    `UPDATE subject_cases SET closed_at = ?, outcome = ?, sealed = ?
     WHERE number = ? AND closed_at IS NULL`,
  )
  const list = db.prepare<[number, number], CaseRecord>(
    `SELECT ${COLUMNS} FROM subject_cases WHERE closed_at IS NULL OR NOT ?
     ORDER BY due_at, number LIMIT ?`,
  )
  const record = (row: CaseRecord): CaseRecord => ({ ...row, sealed: blob(row.sealed) })

  return {
    open: (entry) => write(() => Number(add.run(entry).lastInsertRowid)),
    get: (number) =>
      read(() => {
        const row = get.get(number)
        return row === undefined ? null : record(row)
      }),
    extend: (number, dueAt, at) => write(() => extend.run(dueAt, at, number).changes === 1),
    close: async (number, outcome, at, sealed) => {
      const closed = await write(() => close.run(at, outcome, sealed, number).changes === 1)
      scrub()
      return closed
    },
    list: ({ open, limit }) => read(() => list.all(open ? 1 : 0, limit).map(record)),
  }
}
