import type { Bytes } from '@drempel/protocol/encoding'
import type { RecallRecord, RecallStore, WatchedAnswer } from '../parts/recalls.ts'
import { blob, type Connection } from './connection.ts'

const ANSWER = 'txid, kind, rule, epoch, round, until, sealed'

export function recallStore({ db, clock, write, read, scrub }: Connection): RecallStore {
  const watch = db.prepare(
    `INSERT INTO watched_answers (${ANSWER})
     VALUES (@txid, @kind, @rule, @epoch, @round, @until, @sealed)`,
  )
  const due = db.prepare<unknown[], WatchedAnswer>(
    `SELECT ${ANSWER} FROM watched_answers
     WHERE kind = @kind AND rule = @rule AND round <> @round AND txid > @afterTxid
     ORDER BY txid LIMIT @limit`,
  )
  const seen = db.prepare(
    'UPDATE watched_answers SET round = ?, sealed = ? WHERE txid = ? AND round = ?',
  )
  const drop = db.prepare('DELETE FROM watched_answers WHERE txid = ? AND round = ?')
  const forget = db.prepare('DELETE FROM watched_answers WHERE until <= ?')
  const raise = db.prepare('INSERT INTO recalls (raised_at, sealed) VALUES (?, ?)')
  const list = db.prepare<[number, number], RecallRecord>(
    `SELECT number, raised_at AS raisedAt, closed_at AS closedAt, sealed FROM recalls
     WHERE closed_at IS NULL OR NOT ? ORDER BY number DESC LIMIT ?`,
  )
  const close = db.prepare(
    'UPDATE recalls SET closed_at = ? WHERE number = ? AND closed_at IS NULL',
  )
  const sealed = <Row extends { readonly sealed: Bytes }>(row: Row): Row => ({
    ...row,
    sealed: blob(row.sealed),
  })

  return {
    watch: (answer) => write(() => void watch.run(answer)),
    due: (rule, { afterTxid, limit }) =>
      read(() => due.all({ ...rule, afterTxid, limit }).map(sealed)),
    settle: ({ txid, round: before }, round, left, raised) =>
      write(() => {
        const changed = left === null ? drop.run(txid, before) : seen.run(round, left, txid, before)
        if (changed.changes === 0) return false
        for (const recall of raised) raise.run(clock(), recall)
        return true
      }),
    forgetBefore: async (now) => {
      const gone = await write(() => forget.run(now).changes)
      if (gone > 0) scrub()
      return gone
    },
    list: ({ open, limit }) => read(() => list.all(open ? 1 : 0, limit).map(sealed)),
    close: (number, at) => write(() => close.run(at, number).changes === 1),
  }
}
