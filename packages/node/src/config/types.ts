/** What the files in a node's home say, parsed. */

import type { memberSchema } from '@drempel/protocol/convenant'
import type { Bytes, Signer } from '@drempel/protocol/encoding'
import type { z } from 'zod'
import type { NodeConfig } from './schema.ts'

/**
 * This node as the convenant writes it: the public signing key and the TLS pin in base64url, the pin
 * null for plain HTTP on loopback. Nothing in it is secret.
 */
export type MemberDescriptor = z.infer<typeof memberSchema>

export type HomePaths = {
  readonly home: string
  readonly config: string
  readonly member: string
  readonly token: string
  readonly masterKey: string
  readonly signingKey: string
  readonly tlsKey: string
  readonly tlsCertificate: string
  readonly periods: string
  readonly store: string
}

/** Keys under which sealed log records are encrypted: random, independent, in files of their own. */
export interface PeriodKeys {
  /** Null when there is none, because the period never began or its key was erased. */
  load(period: string): Promise<Bytes | null>
  /** Durable when it resolves; never replaces a key that exists, but returns that. */
  create(period: string): Promise<Bytes>
  /** Overwrites and unlinks the file; false when there was none. Durable when it resolves. */
  erase(period: string): Promise<boolean>
  list(): Promise<readonly string[]>
}

/** A day of a purpose: `2026Q4`, a purpose's id, `2026-11-22`. */
export type PurposeDay = {
  readonly period: string
  readonly purpose: string
  readonly day: string
}

/** A purpose in a whole quarter. */
export type PurposeQuarter = Omit<PurposeDay, 'day'>

/** Keys of what was entered for one purpose on one day (purposekeys.ts). */
export interface PurposeKeys {
  /** Null when nothing was entered for that purpose on that day, or the key was erased. */
  load(of: PurposeDay): Promise<Bytes | null>
  /** Durable when it resolves; never replaces a key that exists, but returns that. */
  create(of: PurposeDay): Promise<Bytes>
  /** In order of period, purpose and day. */
  list(): Promise<readonly PurposeDay[]>
  /** Overwrites and unlinks the file; false when there was none. Durable when it resolves. */
  erase(of: PurposeDay): Promise<boolean>
  /** Of the index of queries alone, from before days had keys: none is made any more. */
  readonly quarters: {
    load(of: PurposeQuarter): Promise<Bytes | null>
    list(): Promise<readonly PurposeQuarter[]>
    erase(of: PurposeQuarter): Promise<boolean>
  }
}

/** A log that has so many entries at the least. */
export type KnownLog = { readonly origin: string; readonly size: number }

/** Logs of which this node has acknowledged entries (knownlogs.ts). */
export interface KnownLogs {
  has(origin: string): boolean
  list(): readonly KnownLog[]
  /** Reads the file again. @throws as `openKnownLogs` */
  refresh(): Promise<void>
  /** New logs, and larger sizes of those that are listed. Durable when it resolves. @throws ProtocolError `HOME_FAILED` */
  keep(logs: readonly KnownLog[]): Promise<void>
}

export type Home = {
  readonly config: NodeConfig
  readonly member: MemberDescriptor
  readonly signer: Signer
  /** PEM; absent for plain HTTP on loopback. */
  readonly tls?: { readonly key: string; readonly cert: string }
  readonly masterKey: Bytes
  /** Erasing one erases the keys of the period's purposes too. */
  readonly periodKeys: PeriodKeys
  readonly purposeKeys: PurposeKeys
  readonly knownLogs: KnownLogs
  readonly paths: HomePaths
}
