import { type Bytes, concatAll } from '@drempel/protocol/encoding'
import { fail } from '../errors.ts'
import type { TagRow, TagStore } from '../parts/tags.ts'
import type { Connection } from './connection.ts'
import { pageQuery } from './together.ts'

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
  // A search that goes on until enough are found would read a whole tagged list in one call.
  const missing = pageQuery(
    db,
    `SELECT f.id, f.blind, f.sealed, NOT EXISTS
       (SELECT 1 FROM tags t WHERE t.kind = @kind AND t.epoch = @epoch AND t.flag = f.id) AS taken
     FROM flags f WHERE ${ACTIVE} AND f.id > @afterId ORDER BY f.id LIMIT @limit`,
  )
  const page = pageQuery(
    db,
    `SELECT f.id, f.blind, t.sealed, true AS taken FROM flags f
     JOIN tags t ON t.kind = @kind AND t.epoch = @epoch AND t.flag = f.id
     WHERE ${ACTIVE} AND f.id > @afterId ORDER BY f.id LIMIT @limit`,
  )
  const drop = db.prepare('DELETE FROM tags WHERE kind = ? AND epoch = ?')

  return {
    put: (kind, epoch, rows) => write(() => put.run({ kind, epoch, ...packed(rows) }).changes),
    missing: (kind, epoch, now, { afterId = 0, limit }) =>
      read(() => {
        const { rows: flags, lastId } = missing({ kind, epoch, now, afterId, limit })
        return { flags, lastId }
      }),
    page: (kind, epoch, now, { afterId = 0, limit }) =>
      read(() => page({ kind, epoch, now, afterId, limit }).rows),
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
