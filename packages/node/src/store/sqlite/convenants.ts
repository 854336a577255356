import type { ConvenantRecord, ConvenantStore } from '../parts/convenants.ts'
import { blob, type Connection } from './connection.ts'

const COLUMNS = 'digest, version, document, installed_at AS installedAt'

export function convenantStore({ db, clock, write, read }: Connection): ConvenantStore {
  const all = db.prepare<[], ConvenantRecord>(
    `SELECT ${COLUMNS} FROM convenants ORDER BY version DESC`,
  )
  const latest = db.prepare<[], ConvenantRecord>(
    `SELECT ${COLUMNS} FROM convenants ORDER BY version DESC LIMIT 1`,
  )
  const get = db.prepare<[string], ConvenantRecord>(
    `SELECT ${COLUMNS} FROM convenants WHERE digest = ?`,
  )
  const insert = db.prepare(
    'INSERT INTO convenants (digest, version, document, installed_at) VALUES (?, ?, ?, ?)',
  )

  return {
    put: ({ digest, version, document }) =>
      write(() => {
        if (get.get(digest) !== undefined) return true
        const current = latest.get()
        if (current !== undefined && current.version >= version) return false
        insert.run(digest, version, document, clock())
        return true
      }),
    current: () => read(() => record(latest.get())),
    get: (digest) => read(() => record(get.get(digest))),
    history: () => read(() => all.all().map((row) => record(row)!)),
  }
}

function record(row: ConvenantRecord | undefined): ConvenantRecord | null {
  return row === undefined ? null : { ...row, document: blob(row.document) }
}
