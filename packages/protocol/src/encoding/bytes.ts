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

export function hex(bytes: Bytes): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

/** Lower-case hexadecimal. @throws ProtocolError `BAD_HEX` */
export function fromHex(text: string): Bytes {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) fail('BAD_HEX')
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

export function base64(bytes: Bytes): string {
  let binary = ''
  for (let i = 0; i < bytes.length; i += 8192) {
    binary += String.fromCharCode(...bytes.subarray(i, i + 8192))
  }
  return btoa(binary)
}

/** Padded standard alphabet; re-encoded to refuse loose forms. @throws ProtocolError `BAD_BASE64` */
export function fromBase64(text: string): Bytes {
  let binary: string
  try {
    binary = atob(text)
  } catch {
    return fail('BAD_BASE64')
  }
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
  if (base64(bytes) !== text) fail('BAD_BASE64')
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
