import { fail } from '../errors.ts'
import type { UsageCounter, UsageStore } from '../parts/usage.ts'
import { createHeld, granted, refused } from './claims.ts'
import type { Connection } from './connection.ts'

export function usageStore(connection: Connection): UsageStore {
  const { db, clock, write, read } = connection
  const find = db
    .prepare<[string, string], number>('SELECT used FROM usage WHERE scope = ? AND key = ?')
    .pluck()
  const add = db.prepare(
    `INSERT INTO usage (scope, key, used, updated_at) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET used = used + excluded.used, updated_at = excluded.updated_at`,
  )
  const serve = db.prepare('INSERT INTO served (asker, txid) VALUES (?, ?)')
  const served = db.prepare('SELECT 1 FROM served WHERE asker = ? AND txid = ?')
  const forget = db.prepare('DELETE FROM usage WHERE updated_at < ?')
  const amounts = createHeld()
  const serving = createHeld()

  const used = (scope: string, key: string): number =>
    (find.get(scope, key) ?? 0) + amounts.of(nameOf(scope, key))

  /** Holds all amounts, or none and says which counter lacks room. */
  const take = (counters: readonly UsageCounter[]): (() => void) | { exceeded: string } => {
    const releases: (() => void)[] = []
    const release = () => releases.forEach((one) => void one())
    for (const { scope = '', key, amount, limit } of counters) {
      // A negative amount would hand quota back to whoever can make one up.
      const isAmount = Number.isSafeInteger(amount) && amount >= 0
      if (isAmount && used(scope, key) + amount <= limit) {
        releases.push(amounts.hold(nameOf(scope, key), amount))
        continue
      }
      release()
      return isAmount ? { exceeded: key } : fail('STORE_CONFLICT', { at: 'amount' })
    }
    return release
  }

  const addAll = (counters: readonly UsageCounter[]): void => {
    for (const { scope = '', key, amount } of counters) add.run(scope, key, amount, clock())
  }

  return {
    claim: (counter) =>
      read(() => {
        const taken = take([counter])
        if (typeof taken !== 'function') return refused(false)
        return granted(connection, true, taken, () => addAll([counter]))
      }),
    used: (scope, key) => read(() => used(scope, key)),
    claimServe: ({ asker, txid, counters }) =>
      read(() => {
        const name = nameOf(asker, txid)
        if (serving.of(name) > 0 || served.get(asker, txid) !== undefined) {
          return refused('replayed')
        }
        const taken = take(counters)
        if (typeof taken !== 'function') return refused(taken)
        const done = serving.hold(name, 1)
        const release = () => {
          taken()
          done()
        }
        return granted(connection, 'ok', release, () => {
          addAll(counters)
          serve.run(asker, txid)
        })
      }),
    forgetBefore: (t) => write(() => forget.run(t).changes),
  }
}

function nameOf(...parts: readonly [string, string]): string {
  return JSON.stringify(parts)
}
