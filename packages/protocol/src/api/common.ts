/** Building blocks of the operator API's schemas. */

import { z } from 'zod'
import { IDENTIFIER_KINDS } from '../identifiers/index.ts'

export const kind = z.enum(IDENTIFIER_KINDS)
export const slug = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/)
export const count = z.int().min(0)

/** RFC 3339, UTC. */
export const time = z.iso.datetime()

/** 16 bytes in lower-case hexadecimal. */
export const id16 = z.string().regex(/^[0-9a-f]{32}$/)
export const digest = z.string().regex(/^[0-9a-f]{64}$/)
export const base64 = z.base64()
