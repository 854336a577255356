import type { Bytes } from '@drempel/protocol/encoding'
import type { PsiRecord, PsiStore } from '../parts/psi.ts'
import { blob, type Connection } from './connection.ts'
import { preparedStore } from './prepared.ts'

const COLUMNS = `id, side, peer, purpose, kind, state, sealed, list, committed_at AS committedAt,
  reason, culprit, created_at AS createdAt, updated_at AS updatedAt`
const ENDED = `state IN ('done', 'refused', 'failed')`
const PATCHED = ['sealed', 'list', 'committedAt', 'reason', 'culprit'] as const

export function psiStore(connection: Connection): PsiStore {
  const { db, clock, write, read, scrub } = connection
  const create = db.prepare(
    `INSERT INTO psi (id, side, peer, purpose, kind, state, sealed, list, committed_at, reason,
       culprit, created_at, updated_at)
     VALUES (@id, @side, @peer, @purpose, @kind, @state, @sealed, @list, @committedAt, @reason,
       @culprit, @now, @now)`,
  )
  const get = db.prepare<[string], PsiRecord>(`SELECT ${COLUMNS} FROM psi WHERE id = ?`)
  const update = db.prepare(
    `UPDATE psi SET state = @state, sealed = @sealed, list = @list, committed_at = @committedAt,
       reason = @reason, culprit = @culprit, untold = @untold, updated_at = @now
     WHERE id = @id`,
  )
  const list = db.prepare<[number], PsiRecord>(
    `SELECT ${COLUMNS} FROM psi ORDER BY number DESC LIMIT ?`,
  )
  const open = db.prepare<[], PsiRecord>(
    `SELECT ${COLUMNS} FROM psi WHERE NOT ${ENDED} ORDER BY number`,
  )
  const endedPurposes = db
    .prepare<[], string>(`SELECT DISTINCT purpose FROM psi WHERE ${ENDED} ORDER BY purpose`)
    .pluck()
  const forgetEnded = db.prepare(
    `DELETE FROM psi WHERE purpose = @purpose AND ${ENDED} AND updated_at < @t
       AND (committed_at IS NULL OR committed_at < @t)`,
  )
  const untold = db.prepare<[], PsiRecord>(
    `SELECT ${COLUMNS} FROM psi WHERE untold = 1 ORDER BY number`,
  )
  const setUntold = db.prepare('UPDATE psi SET untold = @untold WHERE id = @id')
  const committed = db.prepare<unknown[], { pair: number; list: number }>(
    `SELECT count(*) AS pair, coalesce(sum(list = @list), 0) AS list FROM psi
     WHERE purpose = @purpose AND peer = @peer AND committed_at >= @since`,
  )
  const addPart = db.prepare(
    `INSERT INTO psi_parts (name, part, sealed, at)
     SELECT @name, coalesce(max(part), 0) + 1, @sealed, @now FROM psi_parts WHERE name = @name`,
  )
  const parts = db.prepare<unknown[], { part: number; sealed: Bytes }>(
    `SELECT part, sealed FROM psi_parts WHERE name = @name AND part > @after
     ORDER BY part LIMIT @limit`,
  )
  const dropParts = db.prepare<[string]>('DELETE FROM psi_parts WHERE name = ?')
  const partsBefore = db
    .prepare<[number], string>('SELECT name FROM psi_parts GROUP BY name HAVING max(at) < ?')
    .pluck()

  return {
    prepared: preparedStore(connection),
    create: (session) => write(() => void create.run({ ...session, now: clock() })),
    transition: (id, from, to, patch = {}) =>
      write(() => {
        const row = get.get(id)
        if (row === undefined || !from.some((state) => state === row.state)) return false
        const kept = Object.fromEntries(
          PATCHED.map((name) => [name, patch[name] === undefined ? row[name] : patch[name]]),
        )
        update.run({ id, state: to, ...kept, untold: patch.untold === true ? 1 : 0, now: clock() })
        return true
      }),
    get: (id) =>
      read(() => {
        const row = get.get(id)
        return row === undefined ? null : record(row)
      }),
    list: (limit) => read(() => list.all(limit).map(record)),
    open: () => read(() => open.all().map(record)),
    untold: () => read(() => untold.all().map(record)),
    setUntold: (id, owed) => write(() => void setUntold.run({ id, untold: owed ? 1 : 0 })),
    endedPurposes: () => read(() => endedPurposes.all()),
    forgetEnded: async (purpose, t) => {
      if ((await write(() => forgetEnded.run({ purpose, t }).changes)) > 0) scrub()
    },
    committed: (purpose, peer, since, digest) =>
      read(() => committed.get({ purpose, peer, since, list: digest })!),
    addPart: (name, sealed) => write(() => void addPart.run({ name, sealed, now: clock() })),
    parts: (name, { after, limit }) =>
      read(() =>
        parts
          .all({ name, after, limit })
          .map(({ part, sealed }) => ({ part, sealed: blob(sealed) })),
      ),
    dropParts: (name) => write(() => void dropParts.run(name)),
    partsBefore: (t) => read(() => partsBefore.all(t)),
  }
}

function record(row: PsiRecord): PsiRecord {
  return { ...row, sealed: blob(row.sealed), list: row.list === null ? null : blob(row.list) }
}
