/**
 * Rows of the log: one for each batch, whatever its size, since what a row costs is paid for each
 * transaction and not for each entry. A row's number is its log's number and the place of its first
 * entry, so that entries are found without an index.
 */

import type { Bytes } from '@drempel/protocol/encoding'
import { concatAll } from '@drempel/protocol/encoding'
import { failCorrupt } from '../errors.ts'
import type { LogBatch, LogEnd, SealedBatch } from '../parts/log.ts'
import { blob, type Connection } from './connection.ts'

/** Entries of one log; of their numbers 8,192 logs have room below 2^53. */
export const LOG_SPAN = 2 ** 40

const HASH = 32

/** One entry as the row tells it. */
export type RowEvent = { readonly type: string; readonly txid: string | null }

type Row = {
  readonly id: number
  readonly hashes: Bytes
  readonly events: string
  readonly leaves: Bytes
  readonly sealed: Bytes
}

/** Type, txid and length of the leaf. */
type Written = readonly (readonly [string, string | null, number])[]

export type Batches = {
  /**
   * @returns writes it and the new end into a log of that number, by one statement: that is whole or
   * not at all without a transaction around it. False, and nothing changed, if the log is of another size.
   */
  appender(batch: LogBatch, end: LogEnd): (log: number, first: number) => boolean
  leaves(log: number, from: number, to: number): readonly Bytes[]
  hashes(log: number, from: number, to: number): readonly Bytes[]
  sealed(log: number, position: number): SealedBatch | null
  /** Entries from, ..., to - 1 by their numbers. */
  events(from: number, to: number): readonly (RowEvent & { readonly id: number })[]
}

export function batchRows({ db }: Pick<Connection, 'db'>): Batches {
  // Each statement costs its way into SQLite and back, and those of a transaction around them two more.
  db.exec(APPENDS)
  const insert = db.prepare('INSERT INTO log_appends VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
  // The first may begin before what is asked for, in the same log.
  const range = `FROM log_batches WHERE id < @to AND id >= coalesce(
    (SELECT max(id) FROM log_batches WHERE id >= @log AND id <= @from), @from) ORDER BY id`
  type Range = { readonly log: number; readonly from: number; readonly to: number }
  const leavesIn = db.prepare<Range, Pick<Row, 'id' | 'hashes' | 'events' | 'leaves'>>(
    `SELECT id, hashes, events, leaves ${range}`,
  )
  const hashesIn = db.prepare<Range, Pick<Row, 'id' | 'hashes'>>(`SELECT id, hashes ${range}`)
  const eventsIn = db.prepare<Range, Pick<Row, 'id' | 'events'>>(`SELECT id, events ${range}`)
  const sealedIn = db.prepare<Range, Pick<Row, 'id' | 'sealed'> & { readonly bytes: number }>(
    `SELECT id, length(hashes) AS bytes, sealed ${range}`,
  )

  const within = (log: number, from: number, to: number): Range => {
    const base = log * LOG_SPAN
    return { log: base, from: base + from, to: base + to }
  }

  return {
    appender: ({ entries, sealed }, { size, seal, note }) => {
      const hashes = joined(entries.map(({ hash }) => hash))
      const leaves = joined(entries.map(({ leaf }) => leaf))
      const events: Written = entries.map(({ type, txid, leaf }) => [type, txid, leaf.length])
      const text = JSON.stringify(events)
      return (log, first) => {
        try {
          insert.run(log, first, size, seal, note, hashes, text, leaves, sealed)
          return true
        } catch (error) {
          if ((error as { code?: unknown }).code === 'SQLITE_CONSTRAINT_TRIGGER') return false
          throw error
        }
      }
    },
    leaves: (log, from, to) => {
      const span = within(log, from, to)
      return leavesIn.all(span).flatMap(({ id, hashes, events, leaves }) => {
        let end = 0
        const count = hashes.length / HASH
        const all = parsed<Written>(events).map(([, , length]) => {
          end += length
          return blob(leaves.subarray(end - length, end))
        })
        return all.slice(Math.max(0, span.from - id), Math.min(count, span.to - id))
      })
    },
    hashes: (log, from, to) => {
      const span = within(log, from, to)
      return hashesIn.all(span).flatMap(({ id, hashes }) => {
        const first = Math.max(0, span.from - id)
        const length = Math.max(0, Math.min(hashes.length / HASH, span.to - id) - first)
        return Array.from({ length }, (_, i) => {
          const at = HASH * (first + i)
          return blob(hashes.subarray(at, at + HASH))
        })
      })
    },
    sealed: (log, position) => {
      const span = within(log, position, position + 1)
      const row = sealedIn.get(span)
      if (row === undefined || row.id + row.bytes / HASH <= span.from) return null
      const { id, bytes, sealed } = row
      return { first: id - span.log, count: bytes / HASH, sealed: blob(sealed) }
    },
    events: (from, to) =>
      eventsIn
        .all({ log: from - (from % LOG_SPAN), from, to })
        .flatMap(({ id, events }) =>
          parsed<Written>(events).map(([type, txid], i) => ({ id: id + i, type, txid })),
        )
        .filter(({ id }) => id >= from && id < to),
  }
}

function joined(parts: readonly Bytes[]): Bytes {
  const [first] = parts
  return first !== undefined && parts.length === 1 ? first : concatAll(parts)
}

/** A view of this connection, to which rows can only be added. */
const APPENDS = `
CREATE TEMP VIEW log_appends AS SELECT 0 AS log, 0 AS first, 0 AS size, x'' AS seal, '' AS note,
  x'' AS hashes, '' AS events, x'' AS leaves, x'' AS sealed;
CREATE TEMP TRIGGER log_append INSTEAD OF INSERT ON log_appends BEGIN
  UPDATE logs SET size = new.size, seal = new.seal, note = new.note
    WHERE id = new.log AND size = new.first;
  SELECT RAISE(ABORT, 'size') WHERE changes() = 0;
  INSERT INTO log_batches (id, hashes, events, leaves, sealed)
    VALUES ((new.log << 40) + new.first, new.hashes, new.events, new.leaves, new.sealed);
END;`

/** What a row holds as JSON. @throws ProtocolError `STORE_CORRUPT` */
export function parsed<T>(text: string): T {
  try {
    return JSON.parse(text)
  } catch {
    return failCorrupt()
  }
}
