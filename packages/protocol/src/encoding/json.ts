/** RFC 8785 (JCS): one byte form per JSON value, so that a digest or signature covers its meaning. */

import canonicalize from 'canonicalize'
import { type Bytes, fromUtf8, utf8 } from './bytes.ts'
import { fail } from './errors.ts'

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined }

/** @throws ProtocolError `BAD_JSON` for what JSON can't express (NaN, lone surrogates) */
export function jcs(value: Json): Bytes {
  return utf8(textOf(value))
}

/** Parses bytes that must be in canonical form already; the caller validates the value with a schema. */
export function parseJcs(bytes: Bytes): Json {
  let text: string
  let value: Json
  try {
    text = fromUtf8(bytes)
    value = JSON.parse(text)
  } catch {
    return fail('BAD_JSON')
  }
  if (!isPlainlyCanonical(value, text) && textOf(value) !== text) fail('BAD_JSON')
  return value
}

/**
 * At a fifth of the time: JSON.stringify writes numbers and strings as RFC 8785 does, in the order of the
 * text, so what is left is that names ascend. It escapes a lone surrogate instead of refusing it, and
 * names that are array indices come in another order; then this says no, and the long way decides.
 */
function isPlainlyCanonical(value: Json, text: string): boolean {
  try {
    return JSON.stringify(value) === text && !/\\u[dD]/.test(text) && isAscending(value)
  } catch {
    // Nested deeper than the stack.
    return false
  }
}

function isAscending(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(isAscending)
  let last: string | undefined
  for (const name of Object.keys(value)) {
    if (last !== undefined && !(last < name)) return false
    last = name
  }
  return Object.values(value as { readonly [name: string]: Json }).every(isAscending)
}

function textOf(value: Json): string {
  try {
    const text = plainText(value) ?? canonicalize(value)
    if (text !== undefined) return text
  } catch {
    return fail('BAD_JSON')
  }
  return fail('BAD_JSON')
}

/** By the same argument, with the names put in order; undefined says nothing. */
function plainText(value: Json): string | undefined {
  try {
    return written(value)
  } catch {
    return undefined
  }
}

/** @throws for what JSON.stringify would write in another way or leave out */
function written(value: Json | undefined): string {
  if (typeof value === 'string') return quoted(value)
  if (value === null || typeof value === 'boolean' || Number.isFinite(value)) return String(value)
  if (typeof value !== 'object') throw new Error(typeof value)
  if (Array.isArray(value)) return `[${writtenAll(value)}]`
  const object = value as { readonly [name: string]: Json | undefined }
  if (Object.getPrototypeOf(object) !== Object.prototype) throw new Error('object')
  let text = ''
  for (const name of ascending(Object.keys(object))) {
    const member = object[name]
    if (member !== undefined) text += `${text === '' ? '' : ','}${quoted(name)}:${written(member)}`
  }
  return `{${text}}`
}

/** No map, which says nothing of an item that is absent. */
function writtenAll(items: readonly Json[]): string {
  let text = ''
  for (const item of items) text += `${text === '' ? '' : ','}${written(item)}`
  return text
}

function quoted(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    // All but ASCII that is never escaped.
    if (unit < 0x20 || unit === 0x22 || unit === 0x5c || unit > 0x7e) return escaped(text)
  }
  return `"${text}"`
}

function escaped(text: string): string {
  const whole = JSON.stringify(text)
  if (/\\u[dD]/.test(whole)) throw new Error('surrogate')
  return whole
}

const FEW = 16

/** In place. A few take the general sort several times as long. */
function ascending(names: string[]): string[] {
  if (names.length > FEW) return names.sort()
  for (let i = 1; i < names.length; i++) {
    const name = names[i]!
    let at = i
    for (; at > 0 && names[at - 1]! > name; at--) names[at] = names[at - 1]!
    names[at] = name
  }
  return names
}
