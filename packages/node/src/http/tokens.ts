/**
 * Operators' bearer tokens (RFC 6750): `drm_<id>_<secret>`, the secret 32 random bytes, kept as
 * Argon2id. The id is public and finds the record; the store is asked each time, so that a
 * revocation works at once. A token that was made or verified here is remembered as a MAC under a
 * key of this process: only the first use after a restart pays for Argon2.
 */

import {
  base64url,
  type Clock,
  equalSecret,
  hex,
  hmacSha256,
  type RandomBytes,
  sodium,
  utf8,
} from '@drempel/protocol/encoding'
import type { Context, MiddlewareHandler } from 'hono'
import { fail } from './errors.ts'
import { nodeBindings } from './node.ts'

export const roles = ['analyst', 'operator', 'auditor', 'fg', 'research', 'admin'] as const
export type Role = (typeof roles)[number]

export type TokenRecord = {
  readonly id: string
  /** libsodium's Argon2id string of the secret */
  readonly hash: string
  readonly name: string
  /** As stored; a name that this release does not know gives no right. */
  readonly roles: readonly string[]
  readonly createdAt: number
  readonly revokedAt: number | null
}

/** The narrow side of the store that this layer needs. */
export type TokenStore = { get(id: string): Promise<TokenRecord | null | undefined> }

export type Operator = {
  readonly id: string
  readonly name: string
  readonly roles: readonly Role[]
}
export type OperatorEnv = { Variables: { operator: Operator } }

/** What Argon2id takes for one token, in passes over so many bytes of memory. */
export type TokenWork = { readonly passes: number; readonly bytes: number }

export type Operators = {
  /**
   * @param authorization the header's value
   * @param source whose failures are counted together, for example the remote address
   * @throws ProtocolError `UNAUTHENTICATED`, `TOO_MANY_ATTEMPTS`
   */
  authenticate(authorization: string | undefined, source: string): Promise<Operator>
  /** Sets `c.get('operator')`; any one of the roles suffices. @throws `FORBIDDEN` too */
  requireRole(...roles: readonly Role[]): MiddlewareHandler<OperatorEnv>
  /** The token is shown once; only the record is kept. The caller stores it. */
  issue(input: TokenInput): { token: string; record: TokenRecord }
  /** The record of a token that was made elsewhere, by the same form. @throws `UNAUTHENTICATED` */
  adopt(token: string, input: TokenInput): TokenRecord
}

type TokenInput = { readonly name: string; readonly roles: readonly Role[] }

const TOKEN = /^drm_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/

export function createOperators(options: {
  store: TokenStore
  random: RandomBytes
  clock: Clock
  /** libsodium's interactive limits by default. */
  work?: TokenWork
}): Operators {
  const { store, random, clock } = options
  const {
    passes = sodium.crypto_pwhash_OPSLIMIT_INTERACTIVE,
    bytes = sodium.crypto_pwhash_MEMLIMIT_INTERACTIVE,
  } = options.work ?? {}
  const processKey = random(32)
  const verified = new Map<string, { readonly mac: Uint8Array; readonly hash: string }>()
  const failures = createFailureCounter(clock)
  const macOf = (token: string) => hmacSha256(processKey, utf8(token))

  function adopt(token: string, input: TokenInput): TokenRecord {
    const [, id, secret] = TOKEN.exec(token) ?? []
    if (id === undefined || secret === undefined) return fail('UNAUTHENTICATED')
    const hash = sodium.crypto_pwhash_str(secret, passes, bytes)
    verified.set(id, { mac: macOf(token), hash })
    return { id, hash, ...input, createdAt: clock(), revokedAt: null }
  }

  async function authenticate(
    authorization: string | undefined,
    source: string,
  ): Promise<Operator> {
    const match = /^Bearer (drm_([0-9a-f]{12})_([A-Za-z0-9_-]{43}))$/i.exec(authorization ?? '')
    const [, token, id, secret] = match ?? []
    if (token === undefined || id === undefined || secret === undefined) {
      return fail('UNAUTHENTICATED')
    }
    const record = (await store.get(id)) ?? undefined
    const mac = macOf(token)
    const before = verified.get(id)
    const remembered =
      record !== undefined && before?.hash === record.hash && equalSecret(before.mac, mac)
    if (!remembered) {
      // The count comes before Argon2: it is there to protect this process's time.
      if (failures.exceeded(source)) fail('TOO_MANY_ATTEMPTS')
      if (record === undefined || !sodium.crypto_pwhash_str_verify(record.hash, secret)) {
        failures.add(source)
        return fail('UNAUTHENTICATED')
      }
      verified.set(id, { mac, hash: record.hash })
    }
    if (record.revokedAt !== null) {
      verified.delete(id)
      return fail('UNAUTHENTICATED')
    }
    const known = roles.filter((role) => record.roles.includes(role))
    return { id: record.id, name: record.name, roles: known }
  }

  return {
    authenticate,
    adopt,
    issue(input) {
      const token = `drm_${hex(random(6))}_${base64url(random(32))}`
      return { token, record: adopt(token, input) }
    },
    requireRole:
      (...accepted) =>
      async (c, next) => {
        const operator = await authenticate(c.req.header('authorization'), sourceOf(c))
        if (!operator.roles.some((role) => accepted.includes(role))) {
          fail('FORBIDDEN', { at: accepted.join(', ') })
        }
        c.set('operator', operator)
        await next()
      },
  }
}

function sourceOf(c: Context): string {
  return nodeBindings(c).incoming?.socket.remoteAddress ?? 'unknown'
}

const allowedFailures = 10
const windowMs = 60_000
const trackedSources = 10_000

function createFailureCounter(clock: Clock) {
  const counts = new Map<string, { since: number; count: number }>()
  const current = (source: string) => {
    const entry = counts.get(source)
    return entry !== undefined && clock() - entry.since < windowMs ? entry : undefined
  }
  return {
    exceeded: (source: string) => (current(source)?.count ?? 0) >= allowedFailures,
    add(source: string) {
      const entry = current(source) ?? { since: clock(), count: 0 }
      entry.count++
      // Oldest out first: memory stays bounded whoever knocks.
      counts.delete(source)
      counts.set(source, entry)
      const oldest = counts.keys().next().value
      if (counts.size > trackedSources && oldest !== undefined) counts.delete(oldest)
    },
  }
}
