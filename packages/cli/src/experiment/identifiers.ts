/**
 * Identifiers that are valid in form and nobody's. From ranges set apart for examples where there are
 * such:
 *
 * - domain, host, email: under .example (RFC 2606)
 * - telephone: 555-0100 to 555-0199 in each North American area code (NANPA, fictional use)
 * - device: type allocation codes that begin with 00, for test equipment (3GPP TS 23.003, GSMA TS.06)
 * - IBAN: no range is set apart; a Dutch IBAN with the bank code TEST, which no bank has
 */

import { canonicalize, type IdentifierKind } from '@drempel/protocol/identifiers'
import { fail } from '../output/errors.ts'

/** In canonical form; another number is another identifier. */
export function madeUpIdentifier(kind: IdentifierKind, number: number): string {
  switch (kind) {
    case 'iban':
      return iban(number)
    case 'phone':
      return phone(number)
    case 'device':
      return device(number)
    case 'host':
      return `www.shop-${number + 1}.example`
    case 'domain':
      return `shop-${number + 1}.example`
    case 'email':
      return `seller-${number + 1}@mail.example`
  }
}

function iban(number: number): string {
  const account = `TEST${String(number + 1).padStart(10, '0')}`
  // ISO 7064 mod 97-10, with T = 29, E = 14, S = 28 and NL00 = 232100 at the end.
  let remainder = 0
  for (const character of `${account}NL00`) {
    const value = Number.parseInt(character, 36)
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97
  }
  return `NL${String(98 - remainder).padStart(2, '0')}${account}`
}

const MOST_DEVICES = 999_999

function device(number: number): string {
  if (number >= MOST_DEVICES) {
    return fail('EXPERIMENT_TOO_LARGE', {
      at: 'device',
      hint: `at most ${MOST_DEVICES} devices: take fewer campaigns or identifiers`,
    })
  }
  return `00100000${String(number + 1).padStart(6, '0')}`
}

const LINES = 100
let areas: readonly number[] | undefined

function phone(number: number): string {
  areas ??= areaCodes()
  const area = areas[Math.floor(number / LINES)]
  if (area === undefined) {
    return fail('EXPERIMENT_TOO_LARGE', {
      at: 'phone',
      hint: `at most ${areas.length * LINES} telephone numbers: take fewer campaigns or identifiers`,
    })
  }
  return `+1${area}555${String(100 + (number % LINES)).padStart(4, '0')}`
}

/** Those that the numbering plan has assigned. */
function areaCodes(): number[] {
  const found: number[] = []
  for (let area = 201; area < 1000; area++) {
    try {
      canonicalize('phone', `+1${area}5550100`)
      found.push(area)
    } catch {
      // Not assigned.
    }
  }
  return found
}
