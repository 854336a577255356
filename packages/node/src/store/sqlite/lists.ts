import { fromUtf8, jcs } from '@drempel/protocol/encoding'
import type { ListHistory, ListStore, ThresholdListRecord } from '../parts/lists.ts'
import { blob, type Connection } from './connection.ts'
import { metaSetter } from './meta.ts'
import { transitioner } from './rounds.ts'

type Row = Omit<ThresholdListRecord, 'signatures'> & { readonly signatures: string }
type Summary = Omit<Row, 'keys'> & { readonly bytes: number }

const COLUMNS = `kind, rule, round, epoch, salt, key_bits AS keyBits, contributors,
  created_at AS createdAt, digest, signatures`

export function listStore(connection: Connection): ListStore {
  const { db, clock, write, read } = connection
  const transition = transitioner(connection)
  const setMeta = metaSetter(connection)
  const present = db.prepare<[string, string], { createdAt: number; digest: string }>(
    'SELECT created_at AS createdAt, digest FROM lists WHERE kind = ? AND rule = ?',
  )
  const put = db.prepare(
    `INSERT INTO lists (kind, rule, round, epoch, salt, key_bits, keys, contributors, created_at, digest, signatures)
     VALUES (@kind, @rule, @round, @epoch, @salt, @keyBits, @keys, @contributors, @createdAt, @digest, @signatures)
     ON CONFLICT DO UPDATE SET round = excluded.round, epoch = excluded.epoch, salt = excluded.salt,
       key_bits = excluded.key_bits, keys = excluded.keys, contributors = excluded.contributors,
       created_at = excluded.created_at, digest = excluded.digest, signatures = excluded.signatures`,
  )
  const remember = db.prepare(
    `INSERT INTO list_history (kind, rule, round, epoch, digest, created_at, accepted_at)
     VALUES (@kind, @rule, @round, @epoch, @digest, @createdAt, @now)`,
  )
  const current = db.prepare<[string, string], Row>(
    `SELECT ${COLUMNS}, keys FROM lists WHERE kind = ? AND rule = ?`,
  )
  const inForce = db.prepare<[], Summary>(
    `SELECT ${COLUMNS}, length(keys) AS bytes FROM lists ORDER BY kind, rule`,
  )
  const history = db.prepare<[string, string, number], ListHistory>(
    `SELECT kind, rule, round, epoch, digest, created_at AS createdAt, accepted_at AS acceptedAt
     FROM list_history WHERE kind = ? AND rule = ? ORDER BY number DESC LIMIT ?`,
  )

  // A list may be megabytes, and every check looks in it.
  const known = new Map<string, ThresholdListRecord>()

  return {
    accept: async (lists, publish, results = []) => {
      const texts = lists.map(({ signatures }) => fromUtf8(jcs(signatures)))
      return write(() => {
        const before = lists.map(({ kind, rule }) => present.get(kind, rule))
        if (lists.some(({ createdAt }, i) => createdAt < (before[i]?.createdAt ?? createdAt))) {
          return false
        }
        // The only write before a `return false` would be this one, and it changes nothing then.
        if (publish !== undefined && !transition(publish)) return false
        lists.forEach((list, i) => {
          if (before[i]?.digest === list.digest) return
          put.run({ ...list, signatures: texts[i] })
          remember.run({ ...list, signatures: texts[i], now: clock() })
        })
        for (const result of results) setMeta(result)
        return true
      })
    },
    current: (kind, rule) =>
      read(() => {
        const name = `${kind} ${rule}`
        const before = known.get(name)
        const digest = present.get(kind, rule)?.digest
        if (before !== undefined && before.digest === digest) return before
        const row = current.get(kind, rule)
        if (row === undefined) return null
        const list = {
          ...row,
          salt: blob(row.salt),
          keys: blob(row.keys),
          signatures: JSON.parse(row.signatures),
        }
        known.set(name, list)
        return list
      }),
    inForce: () =>
      read(() =>
        inForce.all().map(({ bytes, ...row }) => ({
          ...row,
          salt: blob(row.salt),
          signatures: JSON.parse(row.signatures),
          size: bytes / Math.ceil(row.keyBits / 8),
        })),
      ),
    history: (kind, rule, limit) => read(() => history.all(kind, rule, limit)),
  }
}
