import type { Bytes } from '@drempel/protocol/encoding'
import type { TagStore } from '../parts/tags.ts'
import type { Connection } from './connection.ts'
import { activeRecord } from './flags.ts'

type Row = { id: number; blind: Bytes; sealed: Bytes }

const ACTIVE = `f.kind = @kind AND f.state = 'active' AND (f.expires IS NULL OR f.expires > @now)`

export function tagStore({ db, write, read, scrub }: Connection): TagStore {
  const put = db.prepare(
    `INSERT INTO tags (kind, epoch, flag, sealed)
     SELECT kind, ?, id, ? FROM flags WHERE id = ? AND kind = ?
     ON CONFLICT DO UPDATE SET sealed = excluded.sealed`,
  )
  const missing = db.prepare<unknown[], Row>(
    `SELECT f.id, f.blind, f.sealed FROM flags f
     WHERE ${ACTIVE} AND f.id > @afterId AND f.id <= @lastId AND NOT EXISTS
       (SELECT 1 FROM tags t WHERE t.kind = @kind AND t.epoch = @epoch AND t.flag = f.id)
     ORDER BY f.id`,
  )
  // A search that goes on until enough are found would read a whole tagged list in one call.
  const window = db
    .prepare<unknown[], number | null>(
      `SELECT max(id) FROM
         (SELECT f.id FROM flags f WHERE ${ACTIVE} AND f.id > @afterId ORDER BY f.id LIMIT @limit)`,
    )
    .pluck()
  const page = db.prepare<unknown[], Row>(
    `SELECT f.id, f.blind, t.sealed FROM flags f
     JOIN tags t ON t.kind = @kind AND t.epoch = @epoch AND t.flag = f.id
     WHERE ${ACTIVE} AND f.id > @afterId ORDER BY f.id LIMIT @limit`,
  )
  const drop = db.prepare('DELETE FROM tags WHERE kind = ? AND epoch = ?')

  return {
    put: (kind, epoch, rows) =>
      write(() => {
        let kept = 0
        for (const { id, sealed } of rows) kept += put.run(epoch, sealed, id, kind).changes
        return kept
      }),
    missing: (kind, epoch, now, { afterId = 0, limit }) =>
      read(() => {
        const lastId = window.get({ kind, now, afterId, limit }) ?? null
        const rows = lastId === null ? [] : missing.all({ kind, epoch, now, afterId, lastId })
        return { flags: rows.map(activeRecord), lastId }
      }),
    page: (kind, epoch, now, { afterId = 0, limit }) =>
      read(() => page.all({ kind, epoch, now, afterId, limit }).map(activeRecord)),
    dropEpoch: async (kind, epoch) => {
      const dropped = await write(() => drop.run(kind, epoch).changes)
      scrub()
      return dropped
    },
  }
}
