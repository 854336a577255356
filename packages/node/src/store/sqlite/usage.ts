import { fail } from '../errors.ts'
import type { UsageCounter, UsageStore } from '../parts/usage.ts'
import type { Connection } from './connection.ts'

export function usageStore({ db, clock, write, read }: Connection): UsageStore {
  const used = db
    .prepare<[string, string], number>('SELECT used FROM usage WHERE scope = ? AND key = ?')
    .pluck()
  const add = db.prepare(
    `INSERT INTO usage (scope, key, used, updated_at) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET used = used + excluded.used, updated_at = excluded.updated_at`,
  )
  const serve = db.prepare('INSERT INTO served (asker, txid) VALUES (?, ?) ON CONFLICT DO NOTHING')
  const served = db.prepare('SELECT 1 FROM served WHERE asker = ? AND txid = ?')
  const forget = db.prepare('DELETE FROM usage WHERE updated_at < ?')

  const reserve = ({ scope = '', key, amount, limit }: UsageCounter): boolean => {
    // A negative amount would hand quota back to whoever can make one up.
    if (!Number.isSafeInteger(amount) || amount < 0) fail('STORE_CONFLICT', { at: 'amount' })
    if ((used.get(scope, key) ?? 0) + amount > limit) return false
    add.run(scope, key, amount, clock())
    return true
  }

  return {
    reserve: (counter) => write(() => reserve(counter)),
    used: (scope, key) => read(() => used.get(scope, key) ?? 0),
    serveOnce: (asker, txid) => write(() => serve.run(asker, txid).changes === 1),
    reserveServe: async ({ asker, txid, counters }) => {
      const refusal = new Refusal()
      try {
        return await write(() => {
          if (served.get(asker, txid) !== undefined) return 'replayed'
          for (const counter of counters) {
            if (reserve(counter)) continue
            refusal.exceeded = counter.key
            throw refusal
          }
          serve.run(asker, txid)
          return 'ok'
        })
      } catch (error) {
        if (error === refusal) return { exceeded: refusal.exceeded }
        throw error
      }
    },
    forgetBefore: (t) => write(() => forget.run(t).changes),
  }
}

/** Thrown inside the transaction to undo the counters that had room. */
class Refusal extends Error {
  exceeded = ''
}
