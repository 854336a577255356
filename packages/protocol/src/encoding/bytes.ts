/** Bytes and their text forms. Every decoder accepts exactly what its encoder writes (RFC 4648 strict). */

import { fail } from './errors.ts'

export type Bytes = Uint8Array

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function utf8(text: string): Bytes {
  return encoder.encode(text)
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

export function hex(bytes: Bytes): string {
  let text = ''
  for (let i = 0; i < bytes.length; i++) text += HEX[bytes[i]!]!
  return text
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

const ALPHABET = utf8('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
const PAD = 0x3d
/** The digit of a character code; above 63 there is none. */
const DIGITS = new Uint8Array(128).fill(64)
for (const [digit, code] of ALPHABET.entries()) DIGITS[code] = digit

export function base64(bytes: Bytes): string {
  const text = new Uint8Array(4 * Math.ceil(bytes.length / 3))
  for (let i = 0, at = 0; i < bytes.length; i += 3, at += 4) {
    const word = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    text[at] = ALPHABET[word >> 18]!
    text[at + 1] = ALPHABET[(word >> 12) & 63]!
    text[at + 2] = i + 1 < bytes.length ? ALPHABET[(word >> 6) & 63]! : PAD
    text[at + 3] = i + 2 < bytes.length ? ALPHABET[word & 63]! : PAD
  }
  return decoder.decode(text)
}

/** Padded standard alphabet, the bits that a last digit has too many zero. @throws ProtocolError `BAD_BASE64` */
export function fromBase64(text: string): Bytes {
  if (text.length % 4 !== 0) fail('BAD_BASE64')
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const digits = text.length - padding
  const bytes = new Uint8Array((3 * text.length) / 4 - padding)
  let word = 0
  for (let i = 0, at = 0; i < digits; i++) {
    const digit = DIGITS[text.charCodeAt(i)] ?? 64
    if (digit === 64) fail('BAD_BASE64')
    // Three digits hold 18 bits, of which two are of the byte before.
    word = ((word & 0xff) << 6) | digit
    if (i % 4 !== 0) bytes[at++] = word >> (6 - 2 * (i % 4))
  }
  if (word & ((1 << (2 * padding)) - 1)) fail('BAD_BASE64')
  return bytes
}

export function base64url(bytes: Bytes): string {
  return base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** Unpadded URL-safe alphabet. @throws ProtocolError `BAD_BASE64` */
export function fromBase64url(text: string): Bytes {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) fail('BAD_BASE64')
  const padding = '='.repeat((4 - (text.length % 4)) % 4)
  return fromBase64(text.replaceAll('-', '+').replaceAll('_', '/') + padding)
}
