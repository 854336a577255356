import type { Bytes } from '@drempel/protocol/encoding'
import type { AskedPosition, AskedStore } from '../parts/asked.ts'
import type { Connection } from './connection.ts'

export function askedStore({ db, write, read, scrub }: Connection): AskedStore {
  const add = db.prepare('INSERT INTO asked (blind, txid, item, period) VALUES (?, ?, ?, ?)')
  const find = db.prepare<[Bytes], AskedPosition>(
    'SELECT txid, item FROM asked WHERE blind = ? ORDER BY txid, item',
  )
  const periods = db
    .prepare<[], string>('SELECT DISTINCT period FROM asked ORDER BY period')
    .pluck()
  const forget = db.prepare('DELETE FROM asked WHERE period = ?')

  return {
    remember: (period, txid, blinds, first = 0) =>
      write(() => {
        blinds.forEach((blind, i) => void add.run(blind, txid, first + i, period))
      }),
    find: (blind) => read(() => find.all(blind)),
    periods: () => read(() => periods.all()),
    forget: async (period) => {
      const gone = await write(() => forget.run(period).changes)
      scrub()
      return gone
    },
  }
}
