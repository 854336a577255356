/** What the sections of the store's contract share: the store that is open, and what is put into it. */

import type { Claim, FlagRow, LogBatch, LogEntry, Store } from '@drempel/node/internal/store'
import { utf8 } from '@drempel/protocol/encoding'

export type StoreWorld = {
  /** The one that is open: another after a restart. */
  readonly store: Store
  /** Its clock. */
  readonly now: { time: number }
  restart(): Promise<void>
}

/** What was decided, once it is durable. */
export async function settled<Outcome>({ outcome, durable }: Claim<Outcome>): Promise<Outcome> {
  await durable
  return outcome
}

/** 32 bytes that stand for a blind index or hash. */
export function index(i: number): Uint8Array {
  const bytes = new Uint8Array(32).fill(0x1d)
  new DataView(bytes.buffer).setUint32(0, i)
  return bytes
}

export function sealed(i: number): Uint8Array {
  return utf8(`sealed ${i}`)
}

export function row(i: number): FlagRow {
  return {
    ...{ index: index(i), sealed: sealed(i), taxonomy: 'phishing', evidence: 'observed' },
    ...{ reports: 1, since: 500, expires: null },
  }
}

export function entry(i: number, txid: string | null): LogEntry {
  return { leaf: utf8(`leaf ${i}`), hash: index(i), txid, type: 'test' }
}

export function batch(...entries: readonly LogEntry[]): LogBatch {
  return { entries, sealed: sealed(entries.length) }
}

/** 1 to n. */
export function range(n: number): readonly number[] {
  return Array.from({ length: n }, (_, i) => i + 1)
}
