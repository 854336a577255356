/** Operators' bearer tokens, hashed. */

export type TokenRecord = {
  readonly id: string
  /** Argon2id of the secret, in its text form. */
  readonly hash: string
  readonly name: string
  readonly roles: readonly string[]
  readonly createdAt: number
  readonly revokedAt: number | null
}

export interface TokenStore {
  /** @throws ProtocolError `STORE_CONFLICT` when the id exists */
  create(token: Omit<TokenRecord, 'createdAt' | 'revokedAt'>): Promise<void>
  get(id: string): Promise<TokenRecord | null>
  /** Oldest first, revoked ones too. */
  list(): Promise<readonly TokenRecord[]>
  /** False when there is no such token or it was revoked before. */
  revoke(id: string): Promise<boolean>
}
