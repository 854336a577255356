/**
 * The six kinds of identifier and their canonical forms. Two partners match only on equal bytes,
 * so each form is strict: one spelling for one thing, and what does not parse is rejected.
 */

import { type Bytes, utf8 } from '../encoding/index.ts'
import { canonicalDevice } from './device.ts'
import { canonicalDomain } from './domain.ts'
import { canonicalEmail } from './email.ts'
import { canonicalHost } from './host.ts'
import { canonicalIban } from './iban.ts'
import { canonicalPhone } from './phone.ts'

export const IDENTIFIER_KINDS = ['iban', 'phone', 'device', 'host', 'domain', 'email'] as const
export type IdentifierKind = (typeof IDENTIFIER_KINDS)[number]

export type CanonicalizeOptions = {
  /** ISO 3166 code from the convenant, for phone numbers written without `+`. */
  readonly defaultRegion?: string
}

/**
 * Canonical form of one identifier; a canonical form is its own canonical form.
 * @throws ProtocolError with an `IdentifierErrorCode`; it never holds the value or part of it
 */
export function canonicalize(
  kind: IdentifierKind,
  raw: string,
  options: CanonicalizeOptions = {},
): string {
  switch (kind) {
    case 'iban':
      return canonicalIban(raw)
    case 'phone':
      return canonicalPhone(raw, options.defaultRegion)
    case 'device':
      return canonicalDevice(raw)
    case 'host':
      return canonicalHost(raw)
    case 'domain':
      return canonicalDomain(raw)
    case 'email':
      return canonicalEmail(raw)
  }
}

/** Input of the OPRF: UTF-8 of `drempel/v1/<kind>:<canonical>`. No kind has a colon: injective. */
export function oprfInput(kind: IdentifierKind, canonical: string): Bytes {
  return utf8(`drempel/v1/${kind}:${canonical}`)
}
