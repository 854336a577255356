import { type Bytes, concatAll } from '@drempel/protocol/encoding'
import { fail } from '../errors.ts'
import type { TagRow, TagStore } from '../parts/tags.ts'
import type { Connection } from './connection.ts'
import { activeRecord } from './flags.ts'

type Row = { id: number; blind: Bytes; sealed: Bytes }

const LONGEST = 2 ** 16
const ACTIVE = `f.kind = @kind AND f.state = 'active' AND (f.expires IS NULL OR f.expires > @now)`

export function tagStore({ db, write, read, scrub }: Connection): TagStore {
  // All at once, as one blob and the places in it: see upsert.ts.
  // All at once, as one blob and the places in it: see upsert.ts.
  const put = db.prepare(
    `INSERT INTO tags (kind, epoch, flag, sealed)
     SELECT f.kind, @epoch, f.id, substr(@bytes, 1 + value / ${LONGEST}, value % ${LONGEST})
     FROM json_each(@places) CROSS JOIN flags f ON f.id = CAST(key AS INTEGER) AND f.kind = @kind
     WHERE true ON CONFLICT DO UPDATE SET sealed = excluded.sealed`,
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
    put: (kind, epoch, rows) => write(() => put.run({ kind, epoch, ...packed(rows) }).changes),
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

/** Places by the flag's id: where a tag begins, times `LONGEST`, plus its length. */
function packed(rows: readonly TagRow[]): { readonly bytes: Bytes; readonly places: string } {
  const places: Record<number, number> = {}
  let at = 0
  for (const { id, sealed } of rows) {
    if (sealed.length >= LONGEST) fail('STORE_CONFLICT', { at: 'tags' })
    places[id] = at * LONGEST + sealed.length
    at += sealed.length
  }
  return { bytes: concatAll(rows.map(({ sealed }) => sealed)), places: JSON.stringify(places) }
}
