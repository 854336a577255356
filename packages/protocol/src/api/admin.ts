/** Operator API: status, convenant, tokens, diagnosis. */

import { z } from 'zod'
import { count, digest, id16, kind, slug, time } from './common.ts'
import { epoch, list, round } from './rounds.ts'

export const status = z.strictObject({
  member: slug,
  name: z.string(),
  sector: z.string(),
  software: z.string(),
  time,
  convenant: z.strictObject({ id: slug, version: count, digest }).nullable(),
  roles: z.array(z.string()),
  flags: z.array(z.strictObject({ kind, active: count })),
  epochs: z.array(epoch),
  rounds: z.array(round),
  lists: z.array(list),
  log: z.strictObject({ origin: z.string(), size: count }).nullable(),
  /** Bytes to peers and from them since the node started. */
  traffic: z.strictObject({ sent: count, received: count }).optional(),
})

/** A document of @drempel/protocol/convenant; the node parses it with that layer's schema. */
export const convenantRequest = z.strictObject({ convenant: z.unknown() })
export const convenantSignature = z.strictObject({
  member: slug,
  digest,
  signature: z.string(),
})
export const convenantInstalled = z.strictObject({ id: slug, version: count, digest })
export const convenantResponse = z.strictObject({ convenant: z.unknown() })
/** Oldest first; the last is in force. */
export const convenantVersions = z.strictObject({ versions: z.array(z.unknown()) })

/** `research` runs rounds and sees counts; of flags and records it sees none. */
export const role = z.enum(['analyst', 'operator', 'auditor', 'fg', 'research', 'admin'])
export const tokenRequest = z.strictObject({ name: slug, roles: z.array(role).min(1) })
export const tokenResponse = z.strictObject({ id: slug, token: z.string() })
export const tokens = z.strictObject({
  tokens: z.array(
    z.strictObject({
      id: slug,
      name: slug,
      roles: z.array(role),
      createdAt: time,
      revokedAt: time.nullable(),
    }),
  ),
})

export const diagnosis = z.strictObject({
  checks: z.array(
    z.strictObject({
      name: z.string(),
      ok: z.boolean(),
      detail: z.string(),
      next: z.string().optional(),
    }),
  ),
})

/** A log of the node: `origin`, its size, the signed checkpoint. Tiles lie at `log/<origin>/tile/…`. */
export const origins = z.strictObject({
  origins: z.array(z.strictObject({ origin: z.string(), size: count })),
  verifier: z.string(),
})

/** Every error of the node: RFC 9457 with the code, the culprit and what to do. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string().optional(),
  culprit: z.string().optional(),
  at: z.string().optional(),
  hint: z.string().optional(),
  instance: z.string().optional(),
  txid: id16.optional(),
})

export type Status = z.infer<typeof status>
export type Role = z.infer<typeof role>
export type Diagnosis = z.infer<typeof diagnosis>
export type Origins = z.infer<typeof origins>
export type Problem = z.infer<typeof problem>
