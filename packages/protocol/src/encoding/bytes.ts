/** Bytes and their text forms. Every decoder accepts exactly what its encoder writes (RFC 4648 strict). */

import { fail } from './errors.ts'

export type Bytes = Uint8Array

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Longer texts take the encoder less time than a loop over their characters. */
const SHORT = 128

export function utf8(text: string): Bytes {
  if (text.length > SHORT) return encoder.encode(text)
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) return encoder.encode(text)
    bytes[i] = unit
  }
  return bytes
}

/** @throws ProtocolError `BAD_UTF8` */
export function fromUtf8(bytes: Bytes): string {
  try {
    return decoder.decode(bytes)
  } catch {
    return fail('BAD_UTF8')
  }
}

export function concat(...parts: readonly Bytes[]): Bytes {
  return concatAll(parts)
}

/** For lists of any length: a call takes no more than some hundred thousand arguments. */
export function concatAll(parts: readonly Bytes[]): Bytes {
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** For public values; not constant-time. */
export function equalBytes(a: Bytes, b: Bytes): boolean {
  return compareBytes(a, b) === 0
}

/** For secrets of one length: time depends on the length only. */
export function equalSecret(a: Bytes, b: Bytes): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!
  return difference === 0
}

/** Lexicographic order, a prefix first; for public values. */
export function compareBytes(a: Bytes, b: Bytes): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const DIGITS = utf8('0123456789abcdef')

/** Text that was put together of a few parts is those parts until somebody reads it. */
const PARTS = 8

export function hex(bytes: Bytes): string {
  if (bytes.length > PARTS) return decoder.decode(hexDigits(bytes))
  let text = ''
  for (let i = 0; i < bytes.length; i++) text += HEX[bytes[i]!]!
  return text
}

/** The same as ASCII. */
export function hexDigits(bytes: Bytes): Bytes {
  const digits = new Uint8Array(2 * bytes.length)
  for (let i = 0; i < bytes.length; i++) {
    digits[2 * i] = DIGITS[bytes[i]! >> 4]!
    digits[2 * i + 1] = DIGITS[bytes[i]! & 15]!
  }
  return digits
}

/** Lower-case hexadecimal. @throws ProtocolError `BAD_HEX` */
export function fromHex(text: string): Bytes {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) fail('BAD_HEX')
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = (nibble(text, 2 * i) << 4) | nibble(text, 2 * i + 1)
  return bytes
}

/** '0' is 0x30 and 'a' 0x61: four bits of the code, and nine more for a letter. */
function nibble(text: string, at: number): number {
  const code = text.charCodeAt(at)
  return (code & 15) + 9 * (code >> 6)
}

const PAD = 0x3d
const standard = alphabetOf('+/')
const urlSafe = alphabetOf('-_')

/** RFC 4648's 64 digits as character codes; and the digit of a code, 64 where there is none. */
type Alphabet = { readonly codes: Bytes; readonly digits: Bytes }

function alphabetOf(lastTwo: string): Alphabet {
  const first62 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
  const codes = utf8(first62 + lastTwo)
  const digits = new Uint8Array(128).fill(64)
  for (const [digit, code] of codes.entries()) digits[code] = digit
  return { codes, digits }
}

export function base64(bytes: Bytes): string {
  return decoder.decode(digitsOf(bytes, standard))
}

/** Padded standard alphabet, the bits that a last digit has too many zero. @throws ProtocolError `BAD_BASE64` */
export function fromBase64(text: string): Bytes {
  if (text.length % 4 !== 0) fail('BAD_BASE64')
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  return fromDigits(text, text.length - padding, standard)
}

export function base64url(bytes: Bytes): string {
  const unpadded = Math.ceil((4 * bytes.length) / 3)
  return decoder.decode(digitsOf(bytes, urlSafe).subarray(0, unpadded))
}

/** Unpadded URL-safe alphabet. @throws ProtocolError `BAD_BASE64` */
export function fromBase64url(text: string): Bytes {
  return fromDigits(text, text.length, urlSafe)
}

function digitsOf(bytes: Bytes, { codes }: Alphabet): Bytes {
  const text = new Uint8Array(4 * Math.ceil(bytes.length / 3))
  for (let i = 0, at = 0; i < bytes.length; i += 3, at += 4) {
    const word = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    text[at] = codes[word >> 18]!
    text[at + 1] = codes[(word >> 12) & 63]!
    text[at + 2] = i + 1 < bytes.length ? codes[(word >> 6) & 63]! : PAD
    text[at + 3] = i + 2 < bytes.length ? codes[word & 63]! : PAD
  }
  return text
}

/** The first `length` characters; one that is left over after fours holds no byte. */
function fromDigits(text: string, length: number, { digits }: Alphabet): Bytes {
  if (length % 4 === 1) fail('BAD_BASE64')
  const bytes = new Uint8Array((3 * length) >> 2)
  const digit = (i: number) => digits[text.charCodeAt(i)] ?? 64
  const fours = length & ~3
  let [at, refused] = [0, 0]
  for (let i = 0; i < fours; i += 4) {
    const [a, b, c, d] = [digit(i), digit(i + 1), digit(i + 2), digit(i + 3)]
    // What is no digit has a bit that no digit has.
    refused |= a | b | c | d
    bytes[at++] = (a << 2) | (b >> 4)
    bytes[at++] = (b << 4) | (c >> 2)
    bytes[at++] = (c << 6) | d
  }
  if (fours < length) {
    const [a, b] = [digit(fours), digit(fours + 1)]
    const c = length - fours === 3 ? digit(fours + 2) : 0
    bytes[at++] = (a << 2) | (b >> 4)
    if (length - fours === 3) bytes[at++] = (b << 4) | (c >> 2)
    // The bits that the last digit has too many.
    const unused = length - fours === 3 ? c & 3 : b & 15
    refused |= a | b | c | (unused === 0 ? 0 : 64)
  }
  return refused < 64 ? bytes : fail('BAD_BASE64')
}
