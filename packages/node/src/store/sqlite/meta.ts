import type { MetaStore } from '../parts/meta.ts'
import type { Connection } from './connection.ts'

export function metaStore({ db, write, read }: Connection): MetaStore {
  const get = db.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck()
  const set = db.prepare(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  )

  return {
    get: (key) => read(() => get.get(key) ?? null),
    set: (key, value) => write(() => void set.run(key, value)),
  }
}
