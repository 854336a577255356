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

/** By the same argument, for a value whose names were put in order first; undefined says nothing. */
function plainText(value: Json): string | undefined {
  try {
    const text = JSON.stringify(inOrder(value))
    return /\\u[dD]/.test(text) ? undefined : text
  } catch {
    return undefined
  }
}

/** A copy with ascending names. @throws for what JSON.stringify would write in another way or leave out */
function inOrder(value: Json): Json {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Error('number')
  if (value === undefined) throw new Error('undefined')
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(inOrder)
  const object = value as { readonly [name: string]: Json | undefined }
  if (Object.getPrototypeOf(object) !== Object.prototype) throw new Error('object')
  const copy: { [name: string]: Json } = {}
  for (const name of Object.keys(object).sort()) {
    const member = object[name]
    if (member === undefined) continue
    // Indices come before other names whatever the order, and this one is no member of the copy.
    if (name === '__proto__' || /^[0-9]/.test(name)) throw new Error('name')
    copy[name] = inOrder(member)
  }
  return copy
}
