import { CRIMINAL_EVIDENCE } from '@drempel/protocol/convenant'
import type { Bytes } from '@drempel/protocol/encoding'
import type { FlagRecord, FlagStore, FlagSummary, WithdrawalReason } from '../parts/flags.ts'
import type { MetaEntry } from '../parts/meta.ts'
import { blob, type Connection } from './connection.ts'
import { metaSetter } from './meta.ts'
import { pageQuery } from './together.ts'
import { flagUpsert } from './upsert.ts'

type Row = Omit<FlagRecord, 'index'> & { readonly blind: Bytes }

const COLUMNS = `id, kind, blind, sealed, taxonomy, evidence, reports, since, expires, state,
  import_id AS importId, created_at AS createdAt, withdrawn_at AS withdrawnAt,
  withdrawn_reason AS withdrawnReason`
const ACTIVE = `kind = ? AND state = 'active' AND (expires IS NULL OR expires > ?)`

export function flagStore(connection: Connection): FlagStore {
  const { db, clock, write, read, scrub } = connection
  const withdrawMissing = db.prepare(
    `UPDATE flags SET state = 'withdrawn', withdrawn_at = ?, withdrawn_reason = 'gone-from-source'
     WHERE kind = ? AND state = 'active' AND import_id <> ?`,
  )
  const gone = db.prepare<
    [string, number, number, number, number],
    Pick<Row, 'id' | 'blind' | 'createdAt' | 'withdrawnAt'>
  >(
    `SELECT id, blind, created_at AS createdAt, withdrawn_at AS withdrawnAt FROM flags
     WHERE kind = ? AND state = 'withdrawn' AND withdrawn_reason IS NOT 'rectified'
       AND created_at >= ? AND withdrawn_at >= ? AND id > ? ORDER BY id LIMIT ?`,
  )
  const expiredIn = db.prepare<
    [string, number, number, number, number, number],
    Pick<Row, 'id' | 'blind' | 'createdAt' | 'expires'>
  >(
    `SELECT id, blind, created_at AS createdAt, expires FROM flags
     WHERE kind = ? AND state = 'active' AND expires > ? AND expires <= ?
       AND expires - created_at <= ? AND id > ? ORDER BY id LIMIT ?`,
  )
  // Under bezwaar it stays, so that no import brings it back, and is withdrawn once that is lifted.
  const withdraw = db.prepare(
    `UPDATE flags SET withdrawn_at = @now, withdrawn_reason = @reason,
       state = CASE state WHEN 'bezwaar' THEN 'bezwaar' ELSE 'withdrawn' END
     WHERE kind = @kind AND blind = @index AND withdrawn_at IS NULL`,
  )
  const object = db.prepare(`UPDATE flags SET state = 'bezwaar' WHERE kind = ? AND blind = ?`)
  const lift = db.prepare(
    `UPDATE flags SET state = CASE WHEN withdrawn_at IS NULL THEN 'active' ELSE 'withdrawn' END
     WHERE kind = ? AND blind = ? AND state = 'bezwaar'`,
  )
  const allow = db.prepare('DELETE FROM erased_flags WHERE kind = ? AND blind = ?')
  const ban = db.prepare(
    `INSERT INTO erased_flags (kind, blind, at) SELECT kind, blind, ? FROM flags
     WHERE kind = ? AND blind = ? ON CONFLICT DO NOTHING`,
  )
  const remove = db.prepare('DELETE FROM flags WHERE kind = ? AND blind = ?')
  // No statement depends on what another found: a flag that is not there takes as many.
  const correct = db.prepare(
    `UPDATE flags SET taxonomy = coalesce(@taxonomy, taxonomy),
       evidence = coalesce(@evidence, evidence), reports = coalesce(@reports, reports),
       since = coalesce(@since, since), expires = iif(@ends, @expires, expires)
     WHERE kind = @kind AND blind = @index`,
  )
  const takeOver = db.prepare(
    `INSERT INTO flags (kind, blind, sealed, taxonomy, evidence, reports, since, expires, state,
       import_id, created_at)
     SELECT kind, @other, @sealed, taxonomy, evidence, reports, since, expires, 'active',
       import_id, @now
     FROM flags WHERE kind = @kind AND blind = @index
       AND NOT EXISTS (SELECT 1 FROM flags WHERE kind = @kind AND blind = @other)
       AND NOT EXISTS (SELECT 1 FROM erased_flags WHERE kind = @kind AND blind = @other)`,
  )
  const get = db.prepare<[string, Bytes], Row>(
    `SELECT ${COLUMNS} FROM flags WHERE kind = ? AND blind = ?`,
  )
  // Each state is in the order of its ids already. By the kind alone a page would sort all that is left of
  // it, and by the ids alone pass all that is of other kinds.
  const pageAll = db.prepare<unknown[], Row>(
    `${['active', 'withdrawn', 'bezwaar']
      .map(
        (state) =>
          `SELECT ${COLUMNS} FROM flags WHERE kind = @kind AND state = '${state}' AND id > @afterId`,
      )
      .join(' UNION ALL ')}
     ORDER BY id LIMIT @limit`,
  )
  const pageState = db.prepare<[string, string, number, number], Row>(
    `SELECT ${COLUMNS} FROM flags WHERE kind = ? AND state = ? AND id > ? ORDER BY id LIMIT ?`,
  )
  const expired = db.prepare<[number, number], { id: number }>(
    `SELECT id FROM flags WHERE state = 'active' AND expires <= ? ORDER BY expires LIMIT ?`,
  )
  const countExpired = db.prepare(
    `INSERT INTO expired_flags (kind, created_at, expires)
     SELECT kind, created_at, expires FROM flags WHERE id = ?`,
  )
  const forget = db.prepare('DELETE FROM flags WHERE id = ?')
  const forgetCounts = db.prepare('DELETE FROM expired_flags WHERE expires < ?')
  const sums = db.prepare<unknown[], Omit<FlagSummary, 'reasons'>>(
    `SELECT
       count(*) FILTER (WHERE state = 'active' AND (expires IS NULL OR expires > @to)) AS live,
       count(*) FILTER (WHERE created_at >= @from AND created_at < @to) AS added,
       count(*) FILTER (WHERE withdrawn_at >= @from AND withdrawn_at < @to) AS withdrawn,
       count(*) FILTER (WHERE state = 'active' AND expires >= @from AND expires < @to) AS expired
     FROM (SELECT state, created_at, expires, withdrawn_at FROM flags WHERE kind = @kind
       UNION ALL SELECT 'active', created_at, expires, NULL FROM expired_flags WHERE kind = @kind)`,
  )
  const reasons = db.prepare<unknown[], { reason: WithdrawalReason; number: number }>(
    `SELECT withdrawn_reason AS reason, count(*) AS number FROM flags
     WHERE kind = @kind AND withdrawn_at >= @from AND withdrawn_at < @to
       AND withdrawn_reason IS NOT NULL
     GROUP BY withdrawn_reason ORDER BY withdrawn_reason`,
  )
  const count = db.prepare<[string, number]>(`SELECT count(*) FROM flags WHERE ${ACTIVE}`).pluck()
  const active = db.prepare<
    [string, number, number, number],
    Pick<Row, 'id' | 'blind' | 'sealed' | 'reports'>
  >(`SELECT id, blind, sealed, reports FROM flags WHERE ${ACTIVE} AND id > ? ORDER BY id LIMIT ?`)
  // The code stands in the text, so that the index of these alone is used.
  const ofCourts = db.prepare<[string, number, number], { id: number; blind: Bytes }>(
    `SELECT id, blind FROM flags WHERE kind = ? AND evidence = '${CRIMINAL_EVIDENCE}' AND id > ?
     ORDER BY id LIMIT ?`,
  )
  const indexes = pageQuery(
    db,
    `SELECT id, blind, x'' AS sealed, true AS taken FROM flags
     WHERE kind = @kind AND state = 'active' AND (expires IS NULL OR expires > @now)
       AND id > @afterId ORDER BY id LIMIT @limit`,
  )

  const setMeta = metaSetter(connection)
  const noted = (note: MetaEntry | undefined, found: boolean): boolean => {
    if (note !== undefined) setMeta(note)
    return found
  }

  return {
    upsert: flagUpsert(connection),
    withdrawMissing: (kind, importId) =>
      write(() => withdrawMissing.run(clock(), kind, importId).changes),
    withdrawn: (kind, { madeSince, goneSince }, { afterId = 0, limit }) =>
      read(() =>
        gone
          .all(kind, madeSince, goneSince, afterId, limit)
          .map(({ blind, ...row }) => ({ ...row, index: blob(blind) })),
      ),
    expired: (kind, { after, until, within }, { afterId = 0, limit }) =>
      read(() =>
        expiredIn
          .all(kind, after, until, within, afterId, limit)
          .map(({ blind, ...row }) => ({ ...row, index: blob(blind) })),
      ),
    withdraw: (kind, index, reason = 'other') =>
      write(() => withdraw.run({ kind, index, reason, now: clock() }).changes === 1),
    object: (kind, index, note) => write(() => noted(note, object.run(kind, index).changes === 1)),
    lift: (kind, index, note) =>
      write(() => noted(note, lift.run(kind, index).changes + allow.run(kind, index).changes > 0)),
    rectify: (kind, index, fields, replacement, note) =>
      write(() => {
        const { taxonomy = null, evidence = null, reports = null, since = null, expires } = fields
        const ends = { ends: expires === undefined ? 0 : 1, expires: expires ?? null }
        const values = { taxonomy, evidence, reports, since, ...ends }
        const found = correct.run({ kind, index, ...values }).changes === 1
        if (replacement === undefined) return noted(note, found)
        const now = clock()
        withdraw.run({ kind, index, reason: 'rectified', now })
        const { index: other, sealed } = replacement
        takeOver.run({ kind, index, other, sealed, now })
        return noted(note, found)
      }),
    erase: async (kind, index, note) => {
      const erased = await write(() => {
        ban.run(clock(), kind, index)
        return noted(note, remove.run(kind, index).changes === 1)
      })
      scrub()
      return erased
    },
    forgetExpired: async (until, most) => {
      const forgotten = await write(() => {
        const ids = expired.all(until, most)
        for (const { id } of ids) {
          countExpired.run(id)
          forget.run(id)
        }
        return ids.length
      })
      if (forgotten > 0) scrub()
      return forgotten
    },
    forgetCounts: (until) => write(() => void forgetCounts.run(until)),
    get: (kind, index) =>
      read(() => {
        const row = get.get(kind, index)
        return row === undefined ? null : record(row)
      }),
    summary: (kind, from, to) =>
      read(() => {
        const span = { kind, from, to }
        const byReason = reasons.all(span).map(({ reason, number }) => [reason, number])
        return { ...sums.get(span)!, reasons: Object.fromEntries(byReason) }
      }),
    page: (kind, { afterId = 0, limit, state }) =>
      read(() =>
        (state === undefined
          ? pageAll.all({ kind, afterId, limit })
          : pageState.all(kind, state, afterId, limit)
        ).map(record),
      ),
    countActive: (kind, now) => read(() => count.get(kind, now) as number),
    active: (kind, now, { afterId = 0, limit }) =>
      read(() =>
        active
          .all(kind, now, afterId, limit)
          .map((row) => ({ ...activeRecord(row), reports: row.reports })),
      ),
    ofCourts: (kind, { afterId = 0, limit }) =>
      read(() =>
        ofCourts.all(kind, afterId, limit).map(({ id, blind }) => ({ id, index: blob(blind) })),
      ),
    indexes: (kind, now, { afterId = 0, limit }) =>
      read(() =>
        indexes({ kind, now, afterId, limit }).rows.map(({ id, index }) => ({ id, index })),
      ),
  }
}

function activeRecord(row: { id: number; blind: Bytes; sealed: Bytes }) {
  return { id: row.id, index: blob(row.blind), sealed: blob(row.sealed) }
}

function record({ blind, ...row }: Row): FlagRecord {
  return { ...row, index: blob(blind), sealed: blob(row.sealed) }
}
