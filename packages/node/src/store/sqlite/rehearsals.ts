import { OF_REHEARSAL, type RehearsalRecord, type RehearsalStore } from '../parts/rehearsals.ts'
import type { Connection } from './connection.ts'

const NAME = 'rehearsal'

type Last = Pick<RehearsalRecord, 'lastCase' | 'lastAlert'>

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
  const empty = EMPTIED.map((rows) => db.prepare(`DELETE FROM ${rows}`))
  // What rounds remember between them, shares of keys that were never installed, and what was begun for a
  // data subject and not done: it would be done to what is real.
  const forget = db.prepare(
    `DELETE FROM meta WHERE key GLOB 'opened/*' OR key GLOB 'owners/*' OR key GLOB 'released/*'
       OR key GLOB 'dkg-share/*' OR key GLOB 'act-begun/*' OR key = 'case-begun'`,
  )
  const last = db.prepare<[], Last>(
    `SELECT (SELECT coalesce(max(number), 0) FROM subject_cases) AS lastCase,
       (SELECT coalesce(max(number), 0) FROM alerts) AS lastAlert`,
  )
  const endCases = db.prepare('DELETE FROM subject_cases WHERE number > ?')
  // One of them would keep a real one of the same day away. A log that is false stays so.
  const endAlerts = db.prepare("DELETE FROM alerts WHERE number > ? AND code <> 'LOGS_DIFFER'")
  const revoke = db.prepare(
    `UPDATE tokens SET revoked_at = ? WHERE name GLOB '${OF_REHEARSAL}*' AND revoked_at IS NULL`,
  )
  const end = db.prepare('DELETE FROM meta WHERE key = ?')

  return {
    current: () => read(current),
    inUse: () => read(() => used.get() === 1),
    begin: (word, step) =>
      write(() => {
        if (current() !== null || used.get() === 1) return false
        const record = { word, since: clock(), step, phase: 'beginning', ...last.get()! }
        set.run(NAME, JSON.stringify(record))
        return true
      }),
    move: (step, later) =>
      write(() => {
        const record = current()
        if (record === null) return false
        if (!later.includes(record.step)) set.run(NAME, JSON.stringify({ ...record, step }))
        return true
      }),
    turn: (phase) =>
      write(() => {
        const record = current()
        if (record !== null) set.run(NAME, JSON.stringify({ ...record, phase }))
        return record !== null
      }),
    clear: async () => {
      const cleared = await write(() => {
        const record = current()
        if (record === null) return false
        for (const statement of empty) statement.run()
        endCases.run(record.lastCase)
        endAlerts.run(record.lastAlert)
        revoke.run(clock())
        forget.run()
        return true
      })
      if (!cleared) return false
      scrub()
      // Last: a node that stopped before the traces were gone ends it again.
      await write(() => void end.run(NAME))
      return true
    },
  }
}
