import type { Bytes } from '@drempel/protocol/encoding'
import { fail } from '../errors.ts'
import type { LogEnd, LogStore } from '../parts/log.ts'
import { batchRows, LOG_SPAN } from './batches.ts'
import { blob, type Connection } from './connection.ts'
import { txidIndex } from './txids.ts'

export function logStore(connection: Connection): LogStore {
  const { db, write, read, gather } = connection
  const find = db.prepare<[string], LogEnd>('SELECT size, seal, note FROM logs WHERE origin = ?')
  const idOf = db.prepare<[string], number>('SELECT id FROM logs WHERE origin = ?').pluck()
  const originOf = db.prepare<[number], string>('SELECT origin FROM logs WHERE id = ?').pluck()
  const begin = db.prepare(
    `INSERT OR IGNORE INTO logs (origin, size, seal, note) VALUES (?, 0, x'', '')`,
  )
  const addHash = db.prepare(
    'INSERT INTO log_hashes (log, level, position, hash) VALUES (?, ?, ?, ?)',
  )
  const hashes = db
    .prepare<[number, number, number, number], Bytes>(
      `SELECT hash FROM log_hashes
       WHERE log = ? AND level = ? AND position >= ? AND position < ? ORDER BY position`,
    )
    .pluck()
  const origins = db.prepare<[], string>('SELECT origin FROM logs ORDER BY id').pluck()
  const quartered = db
    .prepare<[string], number>('SELECT quartered FROM logs WHERE origin = ?')
    .pluck()
  const addDay = db.prepare('INSERT OR IGNORE INTO log_days (name) VALUES (?)')
  const hasDay = db.prepare<[string], 1>('SELECT 1 FROM log_days WHERE name = ?').pluck()
  const batches = batchRows(connection)
  const txids = txidIndex(connection, batches)
  /** Of logs that are there to stay. */
  const known = new Map<string, number>()

  /** Empty for a log that is not there. */
  const of = <T>(origin: string, work: (log: number) => readonly T[]) =>
    read(() => {
      const log = idOf.get(origin)
      return log === undefined ? [] : work(log)
    })

  return {
    gather,
    append: async (origin, batch, nodes, end, expectedSize) => {
      const { entries } = batch
      const { size } = end
      if (size !== expectedSize + entries.length) fail('STORE_CONFLICT', { at: 'end.size' })
      const add = batches.appender(batch, end)
      const settles = txids.isDue(expectedSize, size)
      const work = () => {
        if (expectedSize === 0) begin.run(origin)
        const log = known.get(origin) ?? idOf.get(origin)
        if (log === undefined || !add(log, expectedSize)) return undefined
        for (const { level, index, hash } of nodes) addHash.run(log, level, index, hash)
        if (settles) txids.extend(log, expectedSize, size)
        return log
      }
      const single = known.has(origin) && expectedSize > 0 && nodes.length === 0 && !settles
      try {
        const log = await write(work, single)
        if (log === undefined) return false
        known.set(origin, log)
        if (settles) txids.forget()
        else txids.appended(log * LOG_SPAN + expectedSize, entries)
        return true
      } catch (error) {
        // It may be there all the same.
        txids.forget()
        throw error
      }
    },
    end: (origin) =>
      read(() => {
        const end = find.get(origin)
        return end === undefined ? null : { ...end, seal: blob(end.seal) }
      }),
    leaves: (origin, from, to) => of(origin, (log) => batches.leaves(log, from, to)),
    events: (origin, from, to) =>
      of(origin, (log) =>
        batches.events(log * LOG_SPAN + from, log * LOG_SPAN + to).map(({ id, type, txid }) => ({
          ...{ index: id % LOG_SPAN, type, txid },
        })),
      ),
    quartered: (origin) => read(() => quartered.get(origin) ?? 0),
    addDay: (name) => write(() => void addDay.run(name)),
    hasDay: (name) => read(() => hasDay.get(name) !== undefined),
    sealed: (origin, index) =>
      read(() => {
        const log = idOf.get(origin)
        return log === undefined ? null : batches.sealed(log, index)
      }),
    hashes: (origin, level, from, to) =>
      of(origin, (log) =>
        level === 0 ? batches.hashes(log, from, to) : hashes.all(log, level, from, to).map(blob),
      ),
    origins: () => read(() => origins.all()),
    findTxid: (txid) =>
      read(() =>
        txids.find(txid).flatMap((id) => {
          const origin = originOf.get(Math.floor(id / LOG_SPAN))
          const [event] = batches.events(id, id + 1)
          if (origin === undefined || event === undefined) return []
          return [{ origin, index: id % LOG_SPAN, type: event.type }]
        }),
      ),
    leadsTo: (origin, index, txid) =>
      read(() => {
        const log = idOf.get(origin)
        return log !== undefined && txids.has(txid, log * LOG_SPAN + index)
      }),
    async strays(origin) {
      const found: number[] = []
      const runs = await of(origin, (log) => txids.runs(log))
      for (const run of runs) {
        found.push(...(await read(() => txids.strays(run))).map((id) => id % LOG_SPAN))
      }
      return found
    },
  }
}
