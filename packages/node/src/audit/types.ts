/**
 * The node's own log of events: write-ahead, durable, signed when it is shown. Leaves are public to auditors and
 * carry nothing that identifies; who and why stands in a sealed record that the leaf commits to.
 */

import type { Bytes, Clock, Json, RandomBytes } from '@drempel/protocol/encoding'
import type { KnownLogs, PeriodKeys, PurposeKeys } from '../config/index.ts'
import type { LogPosition, Store } from '../store/index.ts'
import type { LogKeys } from './end.ts'
import type { ConvenantRef, NewEvent } from './event.ts'

export type AuditOptions = LogKeys & {
  readonly store: Pick<Store, 'log'>
  readonly periodKeys: PeriodKeys
  readonly purposeKeys: Pick<PurposeKeys, 'load' | 'create'>
  readonly knownLogs: KnownLogs
  /** This member's id. */
  readonly member: string
  /** The agreement in force; null before the first, when there is no log and so no query. */
  readonly convenant: () => ConvenantRef | null
  readonly clock: Clock
  readonly random: RandomBytes
  /** `drempel/1.2.3` */
  readonly software: string
}

export type LogHead = {
  readonly size: number
  readonly root: Bytes
  /** The signed checkpoint of this size. */
  readonly note: string
}

export type Appended = {
  readonly origin: string
  readonly index: number
  readonly leaf: Bytes
  /** Size of the tree that first has the entry; others of the same batch may follow it. */
  readonly size: number
}

export interface Audit {
  /**
   * Appends an event and its record (any JSON: who asked, case reference, result; null when there is
   * nothing to say, which a leaf does not show). Calls of one tick become one batch with one fsync;
   * entries keep the order of the calls.
   * Resolves only when the entry is durable: no log, no query. Every checkpoint from then on covers it.
   * @throws ProtocolError `LOG_UNAVAILABLE`: the entry may or may not be found later, and nothing
   * that depends on it may happen; `BAD_EVENT`, `BAD_JSON`: nothing was written
   */
  append(event: NewEvent, record: Json): Promise<Appended>

  /** The origin that an entry written now would go to; null before the first convenant. */
  origin(): Promise<string | null>
  /** All origins of this node, oldest first. */
  origins(): Promise<readonly string[]>
  /** Entries of an origin. */
  size(origin: string): Promise<number>
  /** Latest signed checkpoint of an origin (default: the one of now); null while it has no entry. */
  checkpoint(origin?: string): Promise<string | null>
  /** That checkpoint with its size and root. */
  head(origin?: string): Promise<LogHead | null>

  /** @throws ProtocolError `LOG_ENTRY_UNKNOWN` */
  leaf(origin: string, index: number): Promise<Bytes>
  /** Inclusion proof against the tree of `size` (default: the latest). @throws ProtocolError `LOG_ENTRY_UNKNOWN` */
  proof(origin: string, index: number, size?: number): Promise<readonly Bytes[]>
  /** That the tree of `size1` is a prefix of that of `size2` (default: the latest). @throws ProtocolError `LOG_ENTRY_UNKNOWN` */
  consistency(origin: string, size1: number, size2?: number): Promise<readonly Bytes[]>
  /**
   * A C2SP tlog-proof: leaf, index, inclusion proof and checkpoint as one text.
   * @param leaf that of the index, where the caller has it
   * @throws ProtocolError `LOG_ENTRY_UNKNOWN`
   */
  receipt(origin: string, index: number, leaf?: Bytes): Promise<string>

  /**
   * A hash tile or entry bundle by its path below the log's prefix (`tile/0/x001/234.p/5`,
   * `tile/entries/000`). Null when the log does not reach it.
   * @throws ProtocolError `BAD_TILE_PATH`
   */
  tile(origin: string, path: string): Promise<Bytes | null>

  /**
   * The record of an entry, checked against the leaf's commitment.
   * @throws ProtocolError `LOG_ENTRY_UNKNOWN`, `RECORD_ERASED`,
   * `RECORD_DAMAGED`
   */
  openRecord(origin: string, index: number): Promise<Json>
  /** Entries of a transaction. */
  find(txid: string): Promise<readonly LogPosition[]>

  /**
   * At start: each origin ends where this node left it, with the tree of its stored hashes, and its
   * last leaves hash to what the tree holds; and of the logs that the home knows none is gone or shorter.
   * @throws ProtocolError `LOG_DAMAGED`, `at` the origin
   */
  verifySelf(): Promise<void>
  /** After that: the home knows the logs that there are, and how long they are. @throws ProtocolError `HOME_FAILED` */
  remember(): Promise<void>
  /** Waits for what is under way; later appends reject. */
  close(): Promise<void>
}
