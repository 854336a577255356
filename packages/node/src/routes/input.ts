/** Reading operators' requests: bounded, and strict against the schemas of the operator API. */

import { fromUtf8, ProtocolError } from '@drempel/protocol/encoding'
import type { Context } from 'hono'
import type { z } from 'zod'
import { readBody } from '../http/index.ts'

const MAX_BODY = 32 * 1024 * 1024

/** @throws ProtocolError `BAD_REQUEST`, at = the first bad field; never the value */
export async function readJson<Schema extends z.ZodType>(
  c: Context,
  schema: Schema,
): Promise<z.output<Schema>> {
  const bytes = await readBody(c, MAX_BODY)
  let value: unknown
  try {
    value = JSON.parse(fromUtf8(bytes))
  } catch {
    throw new ProtocolError('BAD_REQUEST', { at: 'body', hint: 'send a JSON object' })
  }
  return checked(schema, value)
}

export function readQuery<Schema extends z.ZodType>(c: Context, schema: Schema): z.output<Schema> {
  return checked(schema, c.req.query())
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new ProtocolError('BAD_REQUEST', { at: issue!.path.join('.') || 'body' })
}
