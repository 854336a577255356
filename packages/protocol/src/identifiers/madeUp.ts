/**
 * Identifiers that are nobody's, for rehearsals: from ranges that are set apart for examples and tests
 * where there are such. A rehearsing node takes no others.
 *
 * - host, domain, email: under .example, .test or .invalid (RFC 2606)
 * - telephone: 555-0100 to 555-0199 of a North American area code (NANPA, fictional use)
 * - device: type allocation codes that begin with 00, for test equipment (3GPP TS 23.003, GSMA TS.06)
 * - IBAN: no range is set apart; Dutch ones with the bank code TEST, which no bank has
 */

import type { IdentifierKind } from './canonicalize.ts'

const RESERVED = /[.@](example|test|invalid)$/

const FORMS: Readonly<Record<IdentifierKind, RegExp>> = {
  iban: /^NL[0-9]{2}TEST[0-9]{10}$/,
  phone: /^\+1[2-9][0-9]{2}55501[0-9]{2}$/,
  device: /^00[0-9]{12}$/,
  host: RESERVED,
  domain: RESERVED,
  email: RESERVED,
}

/** @param canonical as `canonicalize` writes it */
export function isMadeUp(kind: IdentifierKind, canonical: string): boolean {
  return FORMS[kind].test(canonical)
}
