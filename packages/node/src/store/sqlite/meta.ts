import type { MetaEntry, MetaStore } from '../parts/meta.ts'
import type { Connection } from './connection.ts'

export function metaStore(connection: Connection): MetaStore {
  const { db, write, read } = connection
  const get = db.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck()
  const set = metaSetter(connection)

  return {
    get: (key) => read(() => get.get(key) ?? null),
    set: (key, value) => write(() => set({ key, value })),
  }
}

/** For use inside a transaction. */
export function metaSetter({ db }: Connection): (entry: MetaEntry) => void {
  const set = db.prepare(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  )
  return ({ key, value }) => void set.run(key, value)
}
