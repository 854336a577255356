/**
 * The audit log's storage: batches of entries, hashes of complete subtrees and the end of one log per
 * origin. Hash (level, index) covers leaves index·2^level up to (index+1)·2^level.
 */

import type { Bytes } from '@drempel/protocol/encoding'
import type { NodeId } from '@drempel/protocol/log'

export type LogEntry = {
  /** Canonical JSON, not identifying, published to auditors. */
  readonly leaf: Bytes
  /** Of the leaf: level 0 of the tree. */
  readonly hash: Bytes
  readonly txid: string | null
  readonly type: string
}

/** What one append adds, kept as it came. */
export type LogBatch = {
  readonly entries: readonly LogEntry[]
  /** The sealed records of all of them. */
  readonly sealed: Bytes
}

/** The batch that an entry came in. */
export type SealedBatch = {
  /** Index of the batch's first entry. */
  readonly first: number
  readonly count: number
  readonly sealed: Bytes
}

export type LogHash = NodeId & { readonly hash: Bytes }

/** Where a log ends, and by what its owner knows that again. */
export type LogEnd = {
  readonly size: number
  /** The owner's MAC over the tree; empty where an entry from before there were MACs is the last. */
  readonly seal: Bytes
  /** The signed checkpoint of that entry; else empty. */
  readonly note: string
}

/** What the index of entries says of one. */
export type LogEvent = {
  readonly index: number
  readonly type: string
  readonly txid: string | null
}

export type LogPosition = { readonly origin: string; readonly index: number; readonly type: string }

export interface LogStore {
  /**
   * Calls `work` when a transaction is about to begin that writes what waits: what `work` appends at
   * once goes with it. Soon also when nothing waits.
   */
  gather(work: () => void): void
  /**
   * Compare-and-append: entries, hashes and the new end in one transaction. False, and nothing
   * changed, when the log's size is not `expectedSize` (0: the origin is new).
   * @param hashes of levels above 0
   * @throws ProtocolError `STORE_CONFLICT` when end.size is not expectedSize + entries.length, or a hash exists
   */
  append(
    origin: string,
    batch: LogBatch,
    hashes: readonly LogHash[],
    end: LogEnd,
    expectedSize: number,
  ): Promise<boolean>
  end(origin: string): Promise<LogEnd | null>
  /** Leaves from, ..., to - 1; fewer when the log is shorter. */
  leaves(origin: string, from: number, to: number): Promise<readonly Bytes[]>
  /** What is indexed of entries from, ..., to - 1; fewer when the log is shorter. */
  events(origin: string, from: number, to: number): Promise<readonly LogEvent[]>
  /** Entries before this place may be from before days had keys of their own; 0 for most logs. */
  quartered(origin: string): Promise<number>
  /** Notes that a key was made of that day of a purpose; stays when the key is erased. */
  addDay(name: string): Promise<void>
  hasDay(name: string): Promise<boolean>
  /** Null when there is no such entry. */
  sealed(origin: string, index: number): Promise<SealedBatch | null>
  /** Hashes from, ..., to - 1 of a level; fewer when the level is shorter. */
  hashes(origin: string, level: number, from: number, to: number): Promise<readonly Bytes[]>
  /** In the order in which they began. */
  origins(): Promise<readonly string[]>
  /** All entries of a transaction: of the log that began first, in the order of the log. */
  findTxid(txid: string): Promise<readonly LogPosition[]>
  /** Whether that finds this entry too; in a time that does not grow with the log. */
  leadsTo(origin: string, index: number, txid: string): Promise<boolean>
  /** Places to which the index of transactions leads from one that is not the entry's. */
  strays(origin: string): Promise<readonly number[]>
}
