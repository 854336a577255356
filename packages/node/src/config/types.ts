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

/** Keys of the index of what was asked, one for each period and purpose (indexkeys.ts). */
export interface IndexKeys {
  /** Null when nothing was asked for that purpose in that period, or the key was erased. */
  load(period: string, purpose: string): Promise<Bytes | null>
  /** Durable when it resolves; never replaces a key that exists, but returns that. */
  create(period: string, purpose: string): Promise<Bytes>
  list(): Promise<readonly { readonly period: string; readonly purpose: string }[]>
  /** All of a period, or that of one purpose. */
  erase(period: string, purpose?: string): Promise<void>
}

export type Home = {
  readonly config: NodeConfig
  readonly member: MemberDescriptor
  readonly signer: Signer
  /** PEM; absent for plain HTTP on loopback. */
  readonly tls?: { readonly key: string; readonly cert: string }
  readonly masterKey: Bytes
  /** Erasing one erases the period's index keys too. */
  readonly periodKeys: PeriodKeys
  readonly indexKeys: IndexKeys
  readonly paths: HomePaths
}
