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
  try {
    const text = canonicalize(value)
    if (text !== undefined) return utf8(text)
  } catch {
    return fail('BAD_JSON')
  }
  return fail('BAD_JSON')
}

/** Parses bytes that must be in canonical form already; the caller validates the value with a schema. */
export function parseJcs(bytes: Bytes): Json {
  let value: Json
  try {
    value = JSON.parse(fromUtf8(bytes))
  } catch {
    return fail('BAD_JSON')
  }
  const again = jcs(value)
  if (again.length !== bytes.length || again.some((byte, i) => byte !== bytes[i])) fail('BAD_JSON')
  return value
}
