/**
 * The audit log's storage: entries, hashes of complete subtrees and the head of one tree per origin.
 * Hash (level, index) covers leaves index·2^level up to (index+1)·2^level.
 */

import type { Bytes } from '@drempel/protocol/encoding'
import type { NodeId } from '@drempel/protocol/log'

export type LogEntry = {
  /** Canonical JSON, not identifying, published to auditors. */
  readonly leaf: Bytes
  /** The sealed record under the period's key; deletable. */
  readonly sealed: Bytes
  readonly txid: string | null
  readonly type: string
}

export type LogHash = NodeId & { readonly hash: Bytes }

export type LogHead = {
  readonly size: number
  readonly root: Bytes
  /** The signed checkpoint of this size. */
  readonly note: string
}

export type LogPosition = { readonly origin: string; readonly index: number; readonly type: string }

export interface LogStore {
  /**
   * Compare-and-append: entries, hashes and the new head in one transaction. False, and nothing
   * changed, when the log's size is not `expectedSize` (0: the origin is new).
   * @throws ProtocolError `STORE_CONFLICT` when head.size is not expectedSize + entries.length, or a hash exists
   */
  append(
    origin: string,
    entries: readonly LogEntry[],
    hashes: readonly LogHash[],
    head: LogHead,
    expectedSize: number,
  ): Promise<boolean>
  head(origin: string): Promise<LogHead | null>
  /** Leaves from, ..., to - 1; fewer when the log is shorter. */
  leaves(origin: string, from: number, to: number): Promise<readonly Bytes[]>
  /** Null when there is no such entry. */
  sealed(origin: string, index: number): Promise<Bytes | null>
  /** Hashes from, ..., to - 1 of a level; fewer when the level is shorter. */
  hashes(origin: string, level: number, from: number, to: number): Promise<readonly Bytes[]>
  /** In the order in which they began. */
  origins(): Promise<readonly string[]>
  /** All entries of a transaction, in the order in which they were appended. */
  findTxid(txid: string): Promise<readonly LogPosition[]>
  /** Whether that finds this entry too; in a time that does not grow with the log. */
  leadsTo(origin: string, index: number, txid: string): Promise<boolean>
}
