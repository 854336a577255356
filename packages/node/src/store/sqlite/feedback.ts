import type { Bytes } from '@drempel/protocol/encoding'
import type { FeedbackStore } from '../parts/feedback.ts'
import { blob, type Connection } from './connection.ts'

export function feedbackStore({ db, write, read }: Connection): FeedbackStore {
  const put = db.prepare('INSERT OR REPLACE INTO feedback (txid, item, sealed) VALUES (?, ?, ?)')
  const get = db.prepare<[string], { item: number; sealed: Bytes }>(
    'SELECT item, sealed FROM feedback WHERE txid = ? ORDER BY item',
  )

  return {
    put: (txid, item, sealed) => write(() => void put.run(txid, item, sealed)),
    get: (txid) =>
      read(() => get.all(txid).map(({ item, sealed }) => ({ item, sealed: blob(sealed) }))),
  }
}
