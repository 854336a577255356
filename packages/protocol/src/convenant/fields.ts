/** The scalar fields of a convenant. Each accepts one spelling per value, so that equal terms have equal digests. */

import { z } from 'zod'
import { fromBase64url } from '../encoding/index.ts'

/**
 * Names inside the convenant: lower-case letters, digits, single hyphens. No run of five digits, so
 * that no account, telephone or case number passes for a name; the log refuses those too.
 */
export const slug = z
  .string()
  .max(48)
  .regex(
    /^(?!.*[0-9]{5})[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
    'a slug: lower-case letters, hyphens, at most four digits in a row',
  )

/**
 * One line of text. No control, format (bidirectional, zero-width) or unassigned characters: what
 * a signer reads on the screen must be what is signed.
 */
export const line = z
  .string()
  .min(1)
  .max(2000)
  .refine((text) => !/[\p{C}\p{Zl}\p{Zp}]/u.test(text), 'one line of visible characters')
  .refine((text) => text === text.normalize('NFC') && text === text.trim(), 'trimmed, in NFC')

/** A text that everyone bound by it can read. */
export const text = z.strictObject({ nl: line, en: line })

/** UTC to the second, e.g. 2027-01-01T00:00:00Z; compared as milliseconds. */
export const instant = z
  .string()
  .refine((value) => isInstant(value), 'UTC to the second: 2027-01-01T00:00:00Z')

/** 32 bytes (an Ed25519 key, a SHA-256 digest) in unpadded base64url. */
export const bytes32 = z.string().refine((value) => hasBytes(value, 32), '32 bytes in base64url')

/** An Ed25519 signature in unpadded base64url. */
export const bytes64 = z.string().refine((value) => hasBytes(value, 64), '64 bytes in base64url')

/** Scheme, host and port of a node: https, or http on loopback only. */
export const origin = z
  .string()
  .max(300)
  .refine((value) => isOrigin(value), 'an origin: https://host[:port], or http on loopback')

/** As an origin, and a path below it without a slash at its end. */
export const prefix = z
  .string()
  .max(300)
  .refine((value) => isPrefix(value), 'https://host[:port][/path], or http on loopback')

/**
 * A key's name in signed notes (c2sp.org/signed-note): visible ASCII without a plus, and none that a
 * member cosigns under.
 */
export const keyName = z
  .string()
  .max(200)
  .regex(/^(?!drempel\/)[!-*,-~]+$/, 'visible ASCII without a plus, not below drempel/')

/** Counts, quotas and caps: at most 10^9, so that a product with a number of members stays exact. */
export function count(least: number, most = 1_000_000_000) {
  return z.int().min(least).max(most)
}

/** True for a URL whose host can only be this machine. */
export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
}

function isInstant(value: string): boolean {
  const time = Date.parse(value)
  return Number.isFinite(time) && new Date(time).toISOString().replace('.000Z', 'Z') === value
}

function hasBytes(value: string, length: number): boolean {
  try {
    return fromBase64url(value).length === length
  } catch {
    return false
  }
}

function isPrefix(value: string): boolean {
  const [, base = '', path = ''] = /^([a-z]+:\/\/[^/]+)((?:\/[A-Za-z0-9._~-]+)*)$/.exec(value) ?? []
  return isOrigin(base) && path.split('/').every((part) => part !== '.' && part !== '..')
}

function isOrigin(value: string): boolean {
  try {
    const url = new URL(value)
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return false
    return url.origin === value && (url.protocol === 'https:' || isLoopback(value))
  } catch {
    return false
  }
}
