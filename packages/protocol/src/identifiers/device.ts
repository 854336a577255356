/**
 * Device: the 14 digits of an IMEI that identify the device (type allocation code and serial
 * number, 3GPP TS 23.003 section 6.2), or a lower-case UUID (RFC 9562).
 *
 * - 15 digits are an IMEI: the Luhn check digit is verified and dropped.
 * - 16 digits are an IMEISV: its last two digits are the software version, which changes with
 *   updates of the same device; they are dropped. It has no check digit.
 * - 14 digits stand as they are.
 */

import { fail } from './errors.ts'

/** @throws ProtocolError with a `DeviceErrorCode` */
export function canonicalDevice(raw: string): string {
  if (UUID.test(raw)) return distinct(raw.toLowerCase())
  if (!/^[0-9][0-9 /-]*$/.test(raw)) return fail('DEVICE_FORMAT', { hint: FORMAT_HINT })
  const digits = raw.replace(/[ /-]/g, '')
  if (digits.length < 14 || digits.length > 16) fail('DEVICE_FORMAT', { hint: FORMAT_HINT })
  if (digits.length === 15 && luhnDigit(digits.slice(0, 14)) !== digits[14]) {
    fail('DEVICE_CHECK_DIGIT', {
      hint: 'the check digit does not match; networks send a 0 in its place: then give 14 digits',
    })
  }
  return distinct(digits.slice(0, 14))
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const FORMAT_HINT = 'an IMEI of 14 or 15 digits, an IMEISV of 16, or a UUID with four hyphens'

/**
 * A value made of one repeated digit names no device: phones report the nil UUID when the user
 * refuses tracking, and cloned handsets share IMEIs of zeros. Flagging it would flag them all.
 */
function distinct(device: string): string {
  if (/^([0-9a-f])(?:\1|-)*$/.test(device)) {
    fail('DEVICE_PLACEHOLDER', {
      hint: 'one digit repeated is a placeholder that many devices share',
    })
  }
  return device
}

/** 3GPP TS 23.003 annex B: double every second digit from the right, add all digits. */
function luhnDigit(digits: string): string {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i])
    const weighted = i % 2 === 0 ? 2 * digit : digit
    sum += weighted > 9 ? weighted - 9 : weighted
  }
  return String((10 - (sum % 10)) % 10)
}
