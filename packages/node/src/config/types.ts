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
  /** Unlinks the file; false when there was none. */
  erase(period: string): Promise<boolean>
  list(): Promise<readonly string[]>
}

export type Home = {
  readonly config: NodeConfig
  readonly member: MemberDescriptor
  readonly signer: Signer
  /** PEM; absent for plain HTTP on loopback. */
  readonly tls?: { readonly key: string; readonly cert: string }
  readonly masterKey: Bytes
  readonly periodKeys: PeriodKeys
  readonly paths: HomePaths
}
