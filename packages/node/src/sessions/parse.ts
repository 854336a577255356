/** Strict reading of what peers send. */

import { type Bytes, isProtocolError, parseJcs } from '@drempel/protocol/encoding'
import type { z } from 'zod'
import { fail } from './errors.ts'

/** @throws ProtocolError `BAD_REQUEST`, culprit = from, at = the first bad field's path */
export function parseBody<Schema extends z.ZodType>(
  schema: Schema,
  body: Bytes,
  from: string,
): z.output<Schema> {
  let value: unknown
  try {
    value = parseJcs(body)
  } catch {
    return fail('BAD_REQUEST', { culprit: from, at: 'body' })
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  return fail('BAD_REQUEST', { culprit: from, at: parsed.error.issues[0]!.path.join('.') })
}

/** Runs a binary reader; what it throws becomes `BAD_REQUEST` with the peer as culprit. */
export function readBody<Value>(from: string, read: () => Value): Value {
  try {
    return read()
  } catch (error) {
    if (!isProtocolError(error)) throw error
    return fail('BAD_REQUEST', { culprit: from, at: error.code })
  }
}
