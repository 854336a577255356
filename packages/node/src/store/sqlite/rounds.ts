import type { RoundRecord, RoundStore, RoundTransition } from '../parts/rounds.ts'
import { blob, type Connection } from './connection.ts'

const COLUMNS = `id, kind, role, state, coordinator, data, reason, culprit,
  created_at AS createdAt, updated_at AS updatedAt`

export function roundStore(connection: Connection): RoundStore {
  const { db, clock, write, read } = connection
  const create = db.prepare(
    `INSERT INTO rounds (id, kind, role, state, coordinator, data, reason, culprit, created_at,
       updated_at, entered)
     VALUES (@id, @kind, @role, @state, @coordinator, @data, @reason, @culprit, @now, @now, @entered)`,
  )
  const get = db.prepare<[string], RoundRecord>(`SELECT ${COLUMNS} FROM rounds WHERE id = ?`)
  const list = db.prepare<unknown[], RoundRecord>(
    `SELECT ${COLUMNS} FROM rounds WHERE @kind IS NULL OR kind = @kind
     ORDER BY number DESC LIMIT @limit`,
  )
  const open = db.prepare<[], RoundRecord>(
    `SELECT ${COLUMNS} FROM rounds WHERE state NOT IN ('published', 'failed') ORDER BY number`,
  )
  const unentered = db.prepare<[], RoundRecord>(
    `SELECT ${COLUMNS} FROM rounds WHERE entered = 0 AND state IN ('announced', 'failed')
     ORDER BY number`,
  )
  const setEntered = db.prepare('UPDATE rounds SET entered = 1 WHERE id = ?')
  const transition = transitioner(connection)

  return {
    create: ({ id, kind, role, state, coordinator, data, reason, culprit, entered = true }) =>
      write(
        () =>
          void create.run({
            ...{ id, kind, role, state, coordinator, data, reason, culprit },
            ...{ now: clock(), entered: entered ? 1 : 0 },
          }),
      ),
    transition: (id, from, to, patch = {}) => write(() => transition({ id, from, to, patch })),
    get: (id) =>
      read(() => {
        const row = get.get(id)
        return row === undefined ? null : record(row)
      }),
    list: ({ kind, limit }) => read(() => list.all({ kind: kind ?? null, limit }).map(record)),
    open: () => read(() => open.all().map(record)),
    unentered: () => read(() => unentered.all().map(record)),
    setEntered: (id) => write(() => void setEntered.run(id)),
  }
}

/** The compare-and-set itself, for use inside a transaction. */
export function transitioner({ db, clock }: Connection): (change: RoundTransition) => boolean {
  const state = db.prepare<[string], string>('SELECT state FROM rounds WHERE id = ?').pluck()
  const update = db.prepare(
    `UPDATE rounds SET state = @to, updated_at = @now, data = coalesce(@data, data),
       reason = CASE WHEN @hasReason THEN @reason ELSE reason END,
       culprit = CASE WHEN @hasCulprit THEN @culprit ELSE culprit END,
       entered = CASE WHEN @owed THEN 0 ELSE entered END
     WHERE id = @id`,
  )
  return ({ id, from, to, patch = {} }) => {
    const present = state.get(id)
    if (present === undefined || !from.some((allowed) => allowed === present)) return false
    update.run({
      ...{ id, to, now: clock() },
      data: patch.data ?? null,
      hasReason: patch.reason === undefined ? 0 : 1,
      reason: patch.reason ?? null,
      hasCulprit: patch.culprit === undefined ? 0 : 1,
      culprit: patch.culprit ?? null,
      owed: patch.entered === undefined ? 0 : 1,
    })
    return true
  }
}

function record(row: RoundRecord): RoundRecord {
  return { ...row, data: blob(row.data) }
}
