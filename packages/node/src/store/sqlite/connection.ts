/**
 * One connection to SQLite: durable (write-ahead log, an fsync per commit), exclusive, migrated, and
 * with errors that say what to do and nothing about the data.
 */

import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Bytes, Clock } from '@drempel/protocol/encoding'
import { isProtocolError } from '@drempel/protocol/encoding'
import Database from 'better-sqlite3'
import { fail, failCorrupt } from '../errors.ts'
import { groupCommit } from './commit.ts'
import { MIGRATIONS } from './migrations.ts'

/** 'DRMP', in the file's header: tells a Drempel store from any other SQLite file. */
const APPLICATION_ID = 0x44_52_4d_50

/** Milliseconds that the store takes from the event loop at a time. */
const BREATH = 8

export type SqliteOptions = {
  /** The database file; its folder exists. */
  readonly path: string
  readonly clock: Clock
  /** Refuses to grow beyond this many pages of 4 KiB, like a disk that is full. */
  readonly maxPages?: number
}

export type Connection = {
  readonly db: Database.Database
  readonly clock: Clock
  /**
   * Runs `work` as one transaction that is durable when the promise resolves.
   * @param single it is one statement that writes, and none that reads before it
   */
  write<T>(work: () => T, single?: boolean): Promise<T>
  /** Calls `work` before the next transaction, which does what it writes at once. */
  gather(work: () => void): void
  read<T>(work: () => T): Promise<T>
  scrub(): void
  /** Writes that were called before are done first. */
  close(): void
}

/** @throws ProtocolError `STORE_BUSY`, `STORE_CORRUPT`, `STORE_NEWER`, `STORE_FAILED` */
export function connect(options: SqliteOptions): Connection {
  return translated(() => {
    createFile(options.path)
    const db = new Database(options.path, { timeout: 2_000 })
    try {
      configure(db, options.maxPages)
      migrate(db)
      check(db)
    } catch (error) {
      db.close()
      throw error
    }
    return connection(db, options.clock)
  })
}

function connection(db: Database.Database, clock: Clock): Connection {
  const breathe = breather()
  const commits = groupCommit(db, translated, BREATH)
  return {
    db,
    clock,
    write: commits.write,
    gather: commits.gather,
    read: async <T>(work: () => T) => {
      const result = translated(work)
      await breathe()
      return result
    },
    // Deleted content is zeroed in the pages (secure_delete); the log of pages still has the old ones.
    scrub: () => translated(() => void db.pragma('wal_checkpoint(TRUNCATE)')),
    close() {
      commits.flush()
      db.close()
    },
  }
}

/**
 * SQLite answers at once, so a loop over the store would never let the event loop turn: sockets, timers
 * and the log's group commit would wait for its end. Every few milliseconds a call waits for a turn.
 */
function breather(): () => Promise<void> | undefined {
  let last = performance.now()
  return () => {
    if (performance.now() - last < BREATH) return undefined
    return new Promise((resolve) => {
      setImmediate(() => {
        last = performance.now()
        resolve()
      })
    })
  }
}

/** Owner only, before SQLite writes to it; its -wal file takes over the mode. */
function createFile(path: string): void {
  if (existsSync(path)) return
  closeSync(openSync(path, 'wx', 0o600))
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function configure(db: Database.Database, maxPages: number | undefined): void {
  db.pragma('locking_mode = EXCLUSIVE')
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  // On macOS fsync alone leaves data in the drive's cache.
  db.pragma('fullfsync = ON')
  db.pragma('secure_delete = ON')
  db.pragma('foreign_keys = ON')
  db.pragma('trusted_schema = OFF')
  db.pragma('temp_store = MEMORY')
  db.pragma('cache_size = -32768')
  // Pages that change with each entry of the log are carried over every 32 MiB, not every 4.
  db.pragma('wal_autocheckpoint = 8192')
  db.pragma('journal_size_limit = 67108864')
  if (maxPages !== undefined) db.pragma(`max_page_count = ${maxPages}`)
}

function migrate(db: Database.Database): void {
  const version = db.pragma('user_version', { simple: true }) as number
  const owner = db.pragma('application_id', { simple: true }) as number
  const tables = db.prepare('SELECT count(*) FROM sqlite_master').pluck().get() as number
  if (owner !== APPLICATION_ID && (version > 0 || tables > 0)) {
    fail('STORE_CORRUPT', { hint: 'this file is a database of another program' })
  }
  if (version > MIGRATIONS.length) {
    fail('STORE_NEWER', { hint: 'this store was written by a newer release; upgrade the node' })
  }
  db.transaction(() => {
    for (const step of MIGRATIONS.slice(version)) db.exec(step)
    db.pragma(`application_id = ${APPLICATION_ID}`)
    db.pragma(`user_version = ${MIGRATIONS.length}`)
  }).immediate()
}

function check(db: Database.Database): void {
  const verdict = db.pragma('quick_check(1)', { simple: true })
  if (verdict !== 'ok') failCorrupt()
}

function translated<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (isProtocolError(error)) throw error
    const code = (error as { code?: unknown }).code
    if (typeof code !== 'string') {
      if (error instanceof TypeError && /connection is not open/.test(error.message)) {
        return fail('STORE_CLOSED')
      }
      throw error
    }
    return refuse(code)
  }
}

function refuse(code: string): never {
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) {
    return fail('STORE_BUSY', { hint: 'another process holds the store; stop it first' })
  }
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) {
    return failCorrupt()
  }
  if (/^SQLITE_CONSTRAINT/.test(code)) return fail('STORE_CONFLICT', { at: code })
  // The code alone (such as SQLITE_FULL, ENOSPC): messages can quote paths and values.
  return fail('STORE_FAILED', { at: code, hint: 'check free space and permissions of the store' })
}

/** V8 keeps arrays up to this size in its own heap; larger ones have a buffer that it has to track. */
const IN_HEAP = 64

/**
 * What better-sqlite3 returned, without Buffer's own methods. Short values are copied, so that a million
 * indexes that are kept are no million buffers.
 */
export function blob(value: Bytes): Bytes {
  if (value.length <= IN_HEAP) return new Uint8Array(value)
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
}
