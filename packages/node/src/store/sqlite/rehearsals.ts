import type { RehearsalRecord, RehearsalStore } from '../parts/rehearsals.ts'
import type { Connection } from './connection.ts'

const NAME = 'rehearsal'

/** Tables of which nothing is left; rows of `tags` go with their flags. */
const EMPTIED = [
  ...['flags', 'erased_flags', 'expired_flags', 'contributions', 'lists', 'list_history', 'rounds'],
  ...['generations', 'asked', 'watched_answers', 'recalls', 'feedback', 'psi', 'psi_parts'],
  'psi_prepared',
  "proposals WHERE act = 'ask'",
]

export function rehearsalStore({ db, clock, write, read, scrub }: Connection): RehearsalStore {
  const get = db.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck()
  const set = db.prepare(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  )
  const used = db
    .prepare<[], number>(
      `SELECT EXISTS (SELECT 1 FROM flags) OR EXISTS (SELECT 1 FROM erased_flags)
         OR EXISTS (SELECT 1 FROM expired_flags) OR EXISTS (SELECT 1 FROM lists)
         OR EXISTS (SELECT 1 FROM rounds WHERE state <> 'failed')
         OR EXISTS (SELECT 1 FROM psi) OR EXISTS (SELECT 1 FROM psi_prepared)
         OR EXISTS (SELECT 1 FROM psi_parts) OR EXISTS (SELECT 1 FROM asked)
         OR EXISTS (SELECT 1 FROM watched_answers) OR EXISTS (SELECT 1 FROM recalls)
         OR EXISTS (SELECT 1 FROM feedback)
         OR EXISTS (SELECT 1 FROM proposals WHERE act = 'ask')`,
    )
    .pluck()
  const current = (): RehearsalRecord | null => {
    const text = get.get(NAME)
    return text === undefined ? null : (JSON.parse(text) as RehearsalRecord)
  }
  const change = (patch: Partial<RehearsalRecord>) =>
    write(() => {
      const record = current()
      if (record === null) return false
      set.run(NAME, JSON.stringify({ ...record, ...patch }))
      return true
    })
  const empty = EMPTIED.map((rows) => db.prepare(`DELETE FROM ${rows}`))
  // What rounds remember between them, and shares of keys that were never installed.
  const forget = db.prepare(
    `DELETE FROM meta WHERE key = '${NAME}' OR key GLOB 'opened/*' OR key GLOB 'owners/*'
       OR key GLOB 'released/*' OR key GLOB 'dkg-share/*'`,
  )

  return {
    current: () => read(current),
    inUse: () => read(() => used.get() === 1),
    begin: (word, step) =>
      write(() => {
        if (current() !== null || used.get() === 1) return false
        set.run(NAME, JSON.stringify({ word, since: clock(), step, phase: 'beginning' }))
        return true
      }),
    move: (step) => change({ step }),
    turn: (phase) => change({ phase }),
    clear: async () => {
      const cleared = await write(() => {
        if (current() === null) return false
        for (const statement of empty) statement.run()
        forget.run()
        return true
      })
      if (cleared) scrub()
      return cleared
    },
  }
}
