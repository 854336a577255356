import type {
  AnchoredHead,
  Comparison,
  ComparisonStore,
  Discrepancy,
  Trouble,
} from '../parts/comparisons.ts'
import type { Connection } from './connection.ts'

type Row = Omit<Discrepancy, 'fields'> & { readonly fields: string }

const NO_TROUBLE: Trouble = { askedMs: 0, triedAt: null, toldAt: null }

export function comparisonStore({ db, write, read }: Connection): ComparisonStore {
  const progress = db.prepare<[string], Comparison>(
    'SELECT origin, position AS "index", at FROM comparisons WHERE member = ?',
  )
  const setProgress = db.prepare<[string, string, number, number]>(
    `INSERT INTO comparisons (member, origin, position, at) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE
     SET origin = excluded.origin, position = excluded.position, at = excluded.at`,
  )
  const trouble = db.prepare<[string], Trouble>(
    `SELECT asked_ms AS askedMs, tried_at AS triedAt, told_at AS toldAt
     FROM comparison_troubles WHERE member = ?`,
  )
  const setTrouble = db.prepare<[string, number, number | null, number | null]>(
    `INSERT INTO comparison_troubles (member, asked_ms, tried_at, told_at) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET asked_ms = excluded.asked_ms, tried_at = excluded.tried_at,
       told_at = excluded.told_at`,
  )
  const anchored = db.prepare<[string], AnchoredHead>(
    'SELECT size, note FROM anchored WHERE log = ?',
  )
  const setAnchored = db.prepare<[string, number, string]>(
    `INSERT INTO anchored (log, size, note) VALUES (?, ?, ?) ON CONFLICT DO UPDATE
     SET size = excluded.size, note = excluded.note WHERE excluded.size >= anchored.size`,
  )
  const known = db
    .prepare<[string, string, string], number>(
      'SELECT 1 FROM discrepancies WHERE member = ? AND txid = ? AND kind = ?',
    )
    .pluck()
  const keep = db.prepare<[string, string, string, string, number | null, number]>(
    `INSERT INTO discrepancies (member, txid, kind, fields, minutes, at)
     VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  )
  const list = db.prepare<[number], Row>(
    `SELECT member, txid, kind, fields, minutes, at FROM discrepancies
     ORDER BY number DESC LIMIT ?`,
  )

  return {
    progress: (member) => read(() => progress.get(member) ?? null),
    setProgress: (member, { origin, index, at }) =>
      write(() => void setProgress.run(member, origin, index, at)),
    trouble: (member) => read(() => trouble.get(member) ?? NO_TROUBLE),
    setTrouble: (member, { askedMs, triedAt, toldAt }) =>
      write(() => void setTrouble.run(member, askedMs, triedAt, toldAt)),
    anchored: (log) => read(() => anchored.get(log) ?? null),
    setAnchored: (log, { size, note }) =>
      write(() => setAnchored.run(log, size, note).changes === 1),
    isKnown: ({ member, txid, kind }) => read(() => known.get(member, txid, kind) !== undefined),
    keepDiscrepancy: ({ member, txid, kind, fields, minutes, at }) =>
      write(() => void keep.run(member, txid, kind, fields.join(' '), minutes, at)),
    discrepancies: (limit) =>
      read(() =>
        list.all(limit).map(({ fields, ...row }) => ({
          ...row,
          fields: fields === '' ? [] : fields.split(' '),
        })),
      ),
  }
}
