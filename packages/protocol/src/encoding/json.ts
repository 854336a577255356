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
  if (textOf(value) !== text) fail('BAD_JSON')
  return value
}

function textOf(value: Json): string {
  try {
    const text = canonicalize(value)
    if (text !== undefined) return text
  } catch {
    return fail('BAD_JSON')
  }
  return fail('BAD_JSON')
}
