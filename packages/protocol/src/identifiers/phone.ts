/**
 * Telephone number in the international format of ITU-T E.164: `+`, country code, national
 * significant number, at most 15 digits. Trunk prefixes and international prefixes are dropped by
 * the numbering plans of libphonenumber.
 *
 * A number must lie in a range that its numbering plan has assigned. Short numbers (112, 1888) are
 * not E.164 numbers. A number with an extension is refused rather than cut: without it, it is the
 * number of a whole switchboard.
 */

import {
  isSupportedCountry,
  parsePhoneNumberFromString,
  validatePhoneNumberLength,
} from 'libphonenumber-js/max'
import { fail } from './errors.ts'

/**
 * @param defaultRegion ISO 3166 code, read into numbers that are written without `+`
 * @throws ProtocolError with a `PhoneErrorCode`
 */
export function canonicalPhone(raw: string, defaultRegion?: string): string {
  const dialled = digitsOf(raw)
  const options = { ...regionOption(dialled, defaultRegion), extract: false as const }
  const problem = validatePhoneNumberLength(dialled, options)
  if (problem === 'INVALID_COUNTRY') {
    fail('PHONE_COUNTRY', { hint: 'no country has this country code' })
  }
  const number = problem === undefined ? parsePhoneNumberFromString(dialled, options) : undefined
  if (number === undefined || number.number.length > 16) {
    return fail('PHONE_LENGTH', { hint: LENGTH_HINT })
  }
  if (!number.isValid()) {
    fail('PHONE_INVALID', { hint: 'the numbering plan has not assigned this range' })
  }
  return number.number
}

const LENGTH_HINT = 'too short or too long for its country; short numbers are not E.164 numbers'

// Space, no-break space, narrow no-break space; brackets, full stop, slash; the hyphen, its
// no-break form and the dashes that word processors put in its place (ITU-T E.123 writes spaces).
const SEPARATORS = /[ \u00a0\u202f()./\u002d\u2010\u2011\u2013]/g
// As RFC 3966 (;ext=), common writing, and the Dutch toestel; then digits to the end.
const EXTENSION = /[0-9]\s*(?:;ext=|[;,#x]|ext[^0-9]*|toestel|tst\.?)\s*[0-9]+#?$/i

// Bounds the work on hostile input; no way to write 15 digits comes near it.
const MAX_INPUT = 100

function digitsOf(raw: string): string {
  if (raw.length > MAX_INPUT) fail('PHONE_LENGTH', { hint: LENGTH_HINT })
  const dialled = raw.replace(SEPARATORS, '')
  if (/^\+?[0-9]*$/.test(dialled)) return dialled
  if (EXTENSION.test(raw)) {
    fail('PHONE_EXTENSION', { hint: 'a number with an extension is not an E.164 number' })
  }
  return fail('PHONE_CHARACTER', { hint: 'a number has digits, separators and one leading +' })
}

function regionOption(dialled: string, region: string | undefined) {
  if (region === undefined) {
    if (dialled !== '' && !dialled.startsWith('+')) {
      fail('PHONE_REGION', { hint: 'a number without + needs a default region' })
    }
    return {}
  }
  if (!isSupportedCountry(region)) {
    return fail('PHONE_REGION', { at: 'defaultRegion', hint: 'not a region with a numbering plan' })
  }
  return { defaultCountry: region }
}
