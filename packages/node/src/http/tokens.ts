/** Operators' bearer tokens, `drm_<id>_<secret>`, hashed with Argon2id. */

import type { Clock, RandomBytes } from '@drempel/protocol/encoding'
import type { MiddlewareHandler } from 'hono'

export const roles = ['analyst', 'operator', 'auditor', 'fg', 'admin'] as const
export type Role = (typeof roles)[number]

export type TokenRecord = {
  readonly id: string
  /** libsodium's Argon2id string of the secret */
  readonly hash: string
  readonly name: string
  readonly roles: readonly Role[]
  readonly createdAt: number
  readonly revokedAt: number | null
}

/** The narrow side of the store that this layer needs. */
export type TokenStore = { get(id: string): Promise<TokenRecord | undefined> }

export type Operator = {
  readonly id: string
  readonly name: string
  readonly roles: readonly Role[]
}
export type OperatorEnv = { Variables: { operator: Operator } }

export type Operators = {
  /**
   * @param authorization the header's value
   * @param source whose failures are counted together, for example the remote address
   * @throws ProtocolError `UNAUTHENTICATED`, `TOO_MANY_ATTEMPTS`
   */
  authenticate(authorization: string | undefined, source: string): Promise<Operator>
  /** Sets `c.get('operator')`; any one of the roles suffices. @throws `FORBIDDEN` too */
  requireRole(...roles: readonly Role[]): MiddlewareHandler<OperatorEnv>
}

/** The token is shown once; only the record is kept. The caller stores it. */
export declare function newToken(
  input: { name: string; roles: readonly Role[] },
  random: RandomBytes,
  clock: Clock,
): { token: string; record: TokenRecord }

export declare function createOperators(options: {
  store: TokenStore
  random: RandomBytes
  clock: Clock
}): Operators
