/** What the files in a node's home say, parsed. */

import type { Bytes, Signer } from '@drempel/protocol/encoding'
import type { NodeConfig } from './schema.ts'

/** What other members put into the convenant about this node; nothing in it is secret. */
export type MemberDescriptor = {
  readonly id: string
  readonly name: string
  readonly sector: string
  readonly url: string
  /** Ed25519 public key, base64url. */
  readonly signingKey: string
  /** base64url SHA-256 of the TLS key's SubjectPublicKeyInfo; null for plain HTTP on loopback. */
  readonly tlsPin: string | null
  readonly contact: string
  readonly fg: string
}

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
