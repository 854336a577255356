import type { PreparedRecord, PreparedStore } from '../parts/prepared.ts'
import { blob, type Connection } from './connection.ts'

const COLUMNS = `id, side, peer, purpose, kind, state, sealed, expires_at AS expiresAt, reason,
  created_at AS createdAt, updated_at AS updatedAt`

export function preparedStore({ db, clock, write, read, scrub }: Connection): PreparedStore {
  const create = db.prepare(
    `INSERT INTO psi_prepared (id, side, peer, purpose, kind, state, sealed, expires_at, reason,
       created_at, updated_at)
     VALUES (@id, @side, @peer, @purpose, @kind, @state, @sealed, @expiresAt, @reason, @now, @now)`,
  )
  const get = db.prepare<[string], PreparedRecord>(
    `SELECT ${COLUMNS} FROM psi_prepared WHERE id = ?`,
  )
  const update = db.prepare(
    `UPDATE psi_prepared SET state = @state, sealed = @sealed, reason = @reason, updated_at = @now
     WHERE id = @id`,
  )
  const list = db.prepare<[number], PreparedRecord>(
    `SELECT ${COLUMNS} FROM psi_prepared ORDER BY number DESC LIMIT ?`,
  )
  const live = db.prepare<[], PreparedRecord>(
    `SELECT ${COLUMNS} FROM psi_prepared WHERE state <> 'ended' ORDER BY number DESC`,
  )
  return {
    create: (row) => write(() => void create.run({ ...row, now: clock() })),
    async transition(id, from, to, { sealed, reason } = {}) {
      const moved = await write(() => {
        const row = get.get(id)
        if (row === undefined || !from.some((state) => state === row.state)) return false
        update.run({
          ...{ id, state: to, now: clock() },
          sealed: sealed ?? row.sealed,
          reason: reason === undefined ? row.reason : reason,
        })
        return true
      })
      // The key that was there is gone from the log of pages, too.
      if (moved && to === 'ended') scrub()
      return moved
    },
    get: (id) =>
      read(() => {
        const row = get.get(id)
        return row === undefined ? null : record(row)
      }),
    list: (limit) => read(() => list.all(limit).map(record)),
    live: () => read(() => live.all().map(record)),
  }
}

function record(row: PreparedRecord): PreparedRecord {
  return { ...row, sealed: blob(row.sealed) }
}
