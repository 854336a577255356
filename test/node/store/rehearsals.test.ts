/** Every table either loses its rows at the end of a rehearsal or is named here as one that keeps them. */

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStore } from '@drempel/node/internal/store'
import { utf8 } from '@drempel/protocol/encoding'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { row } from '../../contracts/store/world.ts'
import { KEPT, leftIn, tablesOf } from './rehearsed.ts'

it('empties what may hold anything of a rehearsal, in the file itself', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'drempel-rehearsal-'))
  const path = join(folder, 'node.db')
  const store = await openSqliteStore({ path, clock: () => 1_000 })
  await store.rehearsals.begin('herfst', 'begun')
  const marked = utf8('made up and sealed with a mark')
  await store.flags.upsert('host', [{ ...row(1), sealed: marked }], 'i')
  await store.rehearsals.clear()
  const mark = Buffer.from(marked)
  for (const file of [path, `${path}-wal`])
    expect((await readFile(file)).includes(mark)).toBe(false)
  await store.close()

  const db = new Database(path)
  const names = tablesOf(db)
  // A row in every table that is emptied: what is left after the end is what was missed.
  const emptied = names.filter((name) => !KEPT.includes(name))
  db.pragma('foreign_keys = OFF')
  for (const name of emptied) insertAny(db, name)
  const meta = db.prepare("INSERT INTO meta (key, value) VALUES ('rehearsal', ?)")
  meta.run(JSON.stringify({ word: 'herfst', since: 1, step: 'begun', lastCase: 0, lastAlert: 0 }))
  db.close()

  const again = await openSqliteStore({ path, clock: () => 2_000 })
  expect(await again.rehearsals.clear()).toBe(true)
  await again.close()
  const after = new Database(path)
  const left = leftIn(after)
  after.close()
  expect(left).toEqual([])
  expect(KEPT.filter((name) => !names.includes(name))).toEqual([])
  await rm(folder, { recursive: true })
})

/** A row that passes the table's own checks. */
function insertAny(db: Database.Database, table: string): void {
  const sql = db
    .prepare('SELECT sql FROM sqlite_master WHERE name = ?')
    .pluck()
    .get(table) as string
  const columns = db.pragma(`table_info(${table})`) as { name: string; type: string }[]
  const values = columns.map(({ name, type }) => {
    const [, length = 1] = new RegExp(`length\\(${name}\\) = (\\d+)`).exec(sql) ?? []
    if (type === 'BLOB') return `zeroblob(${length})`
    const [, choice = '1'] = new RegExp(`\\b${name} IN \\(\\s*'([\\w-]+)'`).exec(sql) ?? []
    return type === 'TEXT' ? `'${choice}'` : '1'
  })
  db.exec(`INSERT INTO ${table} VALUES (${values.join(', ')})`)
}
