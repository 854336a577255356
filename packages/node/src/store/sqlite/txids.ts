/**
 * Which entries are of a transaction: an index in runs of some thousand entries, each written at once and
 * in order when it is full, since each random name would else change a page of its own with its entry. A
 * search looks at each run, and in memory for the entries that are in none yet.
 */

import { type Batches, LOG_SPAN, type RowEvent } from './batches.ts'
import type { Connection } from './connection.ts'

const RUN = 4096

export type Txids = {
  /** Within the transaction that appends entries from, ..., to - 1 to a log. @returns whether it wrote */
  extend(log: number, from: number, to: number): boolean
  /** After it. */
  appended(first: number, events: readonly RowEvent[]): void
  /** What is in memory is read again. */
  forget(): void
  /** Numbers of entries, ascending. */
  find(txid: string): readonly number[]
  has(txid: string, id: number): boolean
}

export function txidIndex({ db }: Pick<Connection, 'db'>, batches: Batches): Txids {
  const logs = db.prepare<[], { id: number; size: number }>('SELECT id, size FROM logs')
  const lastOf = db
    .prepare<[number, number], number | null>(
      'SELECT max(until) FROM log_runs WHERE id >= ? AND id < ?',
    )
    .pluck()
  const begin = db.prepare('INSERT INTO log_runs (id, until) VALUES (?, ?)')
  const add = db.prepare('INSERT INTO log_txids (run, txid, entry) VALUES (?, ?, ?)')
  const inRuns = db
    .prepare<[string], number>(
      'SELECT entry FROM log_runs CROSS JOIN log_txids ON run = log_runs.id AND txid = ?',
    )
    .pluck()
  const inRun = db
    .prepare<[number, string, number], number>(
      `SELECT 1 FROM log_txids WHERE run = (SELECT max(id) FROM log_runs WHERE id <= ?)
       AND txid = ? AND entry = ?`,
    )
    .pluck()

  let recent: Map<string, number[]> | undefined

  /** Where the entries of a log begin that are in no run. */
  const openOf = (log: number) => lastOf.get(log * LOG_SPAN, (log + 1) * LOG_SPAN) ?? log * LOG_SPAN

  const settle = (log: number, end: number): boolean => {
    const first = openOf(log)
    const until = log * LOG_SPAN + end
    if (first >= until) return false
    begin.run(first, until)
    const named = batches
      .events(first, until)
      .flatMap(({ id, txid }) => (txid === null ? [] : [{ id, txid }]))
      .sort((a, b) => (a.txid < b.txid ? -1 : a.txid > b.txid ? 1 : a.id - b.id))
    for (const { id, txid } of named) add.run(first, txid, id)
    return true
  }

  const remember = (into: Map<string, number[]>, first: number, events: readonly RowEvent[]) => {
    events.forEach(({ txid }, i) => {
      if (txid === null) return
      const known = into.get(txid)
      if (known === undefined) into.set(txid, [first + i])
      else known.push(first + i)
    })
  }

  const read = (): Map<string, number[]> => {
    const into = new Map<string, number[]>()
    for (const { id, size } of logs.all()) {
      const first = openOf(id)
      for (const event of batches.events(first, id * LOG_SPAN + size)) {
        remember(into, event.id, [event])
      }
    }
    return into
  }

  const recently = (txid: string): readonly number[] => {
    recent ??= read()
    return recent.get(txid) ?? []
  }

  return {
    extend(log, from, to) {
      const end = to - (to % RUN)
      if (from > 0) return end > from && settle(log, end)
      // A log that begins ends the others, as a rule for good.
      const others = logs.all().filter(({ id }) => id !== log)
      const settled = others.map(({ id, size }) => settle(id, size))
      return (end > 0 && settle(log, end)) || settled.includes(true)
    },
    appended(first, events) {
      if (recent !== undefined) remember(recent, first, events)
    },
    forget() {
      recent = undefined
    },
    find: (txid) => [...new Set([...inRuns.all(txid), ...recently(txid)])].sort((a, b) => a - b),
    has: (txid, id) => recently(txid).includes(id) || inRun.get(id, txid, id) !== undefined,
  }
}
