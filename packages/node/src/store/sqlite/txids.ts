/**
 * Which entries are of a transaction: an index in runs of some thousand entries, each written at once and
 * in order when it is full, since each random name would else change a page of its own with its entry. A
 * row of a run has some names in their order, under the first of them. A search looks at each run, and
 * in memory for the entries that are in none yet.
 */

import { type Batches, LOG_SPAN, parsed, type RowEvent } from './batches.ts'
import type { Connection } from './connection.ts'

const RUN = 4096
/** Names; what a row of a tree without row numbers holds before it needs a page of its own. */
const ROW = 16

/** Names in their order, each with its entries' places in the run. */
type Names = readonly (readonly [txid: string, ...places: number[]])[]
type Row = { readonly run: number; readonly names: string }
type Named = { readonly txid: string; readonly quoted: string }

export type Txids = {
  /** Whether `extend` may have something to write. */
  isDue(from: number, to: number): boolean
  /** Within the transaction that appends entries from, ..., to - 1 to a log. */
  extend(log: number, from: number, to: number): void
  /** After it. */
  appended(first: number, events: readonly RowEvent[]): void
  /** What is in memory is read again. */
  forget(): void
  /** Numbers of entries, ascending. */
  find(txid: string): readonly number[]
  has(txid: string, id: number): boolean
  /** Of a log, ascending. */
  runs(log: number): readonly number[]
  /** Numbers to which a run leads from a name that is not that entry's. */
  strays(run: number): readonly number[]
}

export function txidIndex({ db }: Pick<Connection, 'db'>, batches: Batches): Txids {
  const logs = db.prepare<[], { id: number; size: number }>('SELECT id, size FROM logs')
  const lastOf = db
    .prepare<[number, number], number | null>(
      'SELECT max(until) FROM log_runs WHERE id >= ? AND id < ?',
    )
    .pluck()
  const begin = db.prepare('INSERT INTO log_runs (id, until) VALUES (?, ?)')
  const add = db.prepare('INSERT INTO log_txids (run, txid, names) VALUES (?, ?, ?)')
  // Of each run the row that the name would be in, and only if it is.
  const inRuns = db.prepare<Named, Row>(
    `SELECT row.run, row.names FROM log_runs JOIN log_txids AS row ON row.run = log_runs.id
     AND row.txid = (SELECT max(txid) FROM log_txids WHERE run = log_runs.id AND txid <= @txid)
     WHERE instr(row.names, @quoted) > 0 ORDER BY row.run`,
  )
  const inRun = db.prepare<Named & { readonly id: number }, Row>(
    `SELECT run, names FROM log_txids
     WHERE run = (SELECT max(id) FROM log_runs WHERE id <= @id) AND txid <= @txid
     ORDER BY txid DESC LIMIT 1`,
  )

  const runsOf = db
    .prepare<[number, number], number>(
      'SELECT DISTINCT run FROM log_txids WHERE run >= ? AND run < ? ORDER BY run',
    )
    .pluck()
  const untilOf = db.prepare<[number], number>('SELECT until FROM log_runs WHERE id = ?').pluck()
  const rowsOf = db.prepare<[number], Row>('SELECT run, names FROM log_txids WHERE run = ?')

  let recent: Map<string, number[]> | undefined

  /** Where the entries of a log begin that are in no run. */
  const openOf = (log: number) => lastOf.get(log * LOG_SPAN, (log + 1) * LOG_SPAN) ?? log * LOG_SPAN

  const settle = (log: number, end: number): void => {
    const first = openOf(log)
    const until = log * LOG_SPAN + end
    if (first >= until) return
    begin.run(first, until)
    const places = new Map<string, number[]>()
    for (const { id, txid } of batches.events(first, until)) {
      if (txid === null) continue
      const known = places.get(txid)
      if (known === undefined) places.set(txid, [id - first])
      else known.push(id - first)
    }
    const names = [...places.keys()].sort()
    for (let at = 0; at < names.length; at += ROW) {
      const some = names.slice(at, at + ROW).map((name) => [name, ...places.get(name)!])
      add.run(first, names[at], JSON.stringify(some))
    }
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
    // A log that begins ends the others, as a rule for good.
    isDue: (from, to) => from === 0 || to - (to % RUN) > from,
    extend(log, from, to) {
      if (from === 0) {
        for (const { id, size } of logs.all()) if (id !== log) settle(id, size)
      }
      settle(log, to - (to % RUN))
    },
    appended(first, events) {
      if (recent !== undefined) remember(recent, first, events)
    },
    forget() {
      recent = undefined
    },
    find: (txid) => {
      const settled = inRuns.all(named(txid)).flatMap((row) => placesIn(row, txid))
      return [...new Set([...settled, ...recently(txid)])].sort((a, b) => a - b)
    },
    has: (txid, id) => {
      if (recently(txid).includes(id)) return true
      const row = inRun.get({ ...named(txid), id })
      return row !== undefined && placesIn(row, txid).includes(id)
    },
    runs: (log) => runsOf.all(log * LOG_SPAN, (log + 1) * LOG_SPAN),
    strays(run) {
      const events = batches.events(run, untilOf.get(run) ?? run)
      const nameOf = new Map(events.map(({ id, txid }) => [id, txid]))
      return rowsOf.all(run).flatMap(({ names }) =>
        parsed<Names>(names).flatMap(([name, ...places]) =>
          // What is no number at all leads to where the run begins.
          places
            .map((place) => (Number.isSafeInteger(place) ? run + place : Number.NaN))
            .filter((id) => nameOf.get(id) !== name)
            .map((id) => (Number.isNaN(id) ? run : id)),
        ),
      )
    },
  }
}

function named(txid: string): Named {
  return { txid, quoted: JSON.stringify(txid) }
}

/** Numbers of the entries of a name in a row. */
function placesIn({ run, names }: Row, txid: string): readonly number[] {
  const [, ...places] = parsed<Names>(names).find(([name]) => name === txid) ?? []
  return (places as number[]).map((place) => run + place)
}
