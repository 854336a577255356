import { type Bytes, hex } from '@drempel/protocol/encoding'
import type { ContributionStore } from '../parts/contributions.ts'
import type { Connection } from './connection.ts'

export function contributionStore({ db, write, read }: Connection): ContributionStore {
  const present = db.prepare<[string], { blind: Bytes }>(
    'SELECT blind FROM contributions WHERE kind = ? AND left_at IS NULL',
  )
  const any = db.prepare('SELECT 1 FROM contributions WHERE kind = ? LIMIT 1')
  const leave = db.prepare('UPDATE contributions SET left_at = ? WHERE kind = ? AND blind = ?')
  const enter = db.prepare(
    `INSERT INTO contributions (kind, blind, left_at) VALUES (?, ?, NULL)
     ON CONFLICT DO UPDATE SET left_at = NULL`,
  )
  const left = db.prepare<[string, number], { blind: Bytes }>(
    'SELECT blind FROM contributions WHERE kind = ? AND left_at >= ?',
  )
  const last = (kind: string) => new Map(present.all(kind).map(({ blind }) => [hex(blind), blind]))

  return {
    record: (kind, indexes, now) =>
      write(() => {
        const gone = last(kind)
        for (const index of indexes) {
          if (!gone.delete(hex(index))) enter.run(kind, index)
        }
        for (const blind of gone.values()) leave.run(now, kind, blind)
      }),
    changes: (kind, indexes) =>
      read(() => {
        if (any.get(kind) === undefined) return null
        const gone = last(kind)
        let added = 0
        for (const index of indexes) if (!gone.delete(hex(index))) added++
        return { added, withdrawn: gone.size }
      }),
    leftSince: (kind, since) =>
      read(() => left.all(kind, since).map(({ blind }) => new Uint8Array(blind))),
  }
}
