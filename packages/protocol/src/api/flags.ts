/** Operator API: flags. Identifiers travel only between an operator and the partner's own node. */

import { z } from 'zod'
import { count, kind, slug, time } from './common.ts'

/** At most this many rows a request; a client sends a file in chunks of it. */
export const IMPORT_CHUNK = 5_000

/** The most flags that a page reaches over. */
export const MAX_FLAGS = 5_000

const flagFields = {
  taxonomy: z.string().max(64).optional(),
  evidence: z.string().max(64).optional(),
  reports: z.int().min(1).max(1_000_000).optional(),
  since: time.optional(),
  expires: time.optional(),
}

/** `import` groups the chunks of one file; any id that the client draws. */
export const importRequest = z.strictObject({
  kind,
  import: slug,
  rows: z
    .array(z.strictObject({ row: count, value: z.string().max(2_000), ...flagFields }))
    .max(IMPORT_CHUNK),
})

/** `row` is the number that the client gave; a rejected row never entered the store. */
export const importResponse = z.strictObject({
  added: count,
  updated: count,
  unchanged: count,
  rejected: z.array(z.strictObject({ row: count, code: z.string() })),
})

/** Ends an import; with `replace`, active flags of the kind that it did not contain are withdrawn. */
export const importFinishRequest = z.strictObject({ kind, import: slug, replace: z.boolean() })
export const importFinishResponse = z.strictObject({ withdrawn: count, active: count })

export const flagState = z.enum(['active', 'withdrawn', 'bezwaar'])

/** With rules asked for: `rules` are those whose threshold the flag is over, `over` whether there are any. */
export const flag = z.strictObject({
  id: count,
  value: z.string(),
  state: flagState,
  taxonomy: z.string(),
  evidence: z.string(),
  reports: count,
  since: time,
  expires: time.nullable(),
  over: z.boolean().optional(),
  rules: z.array(slug).optional(),
})

/**
 * A page reaches over `limit` flags from the one after id `after`. `rule` is one rule or several with
 * commas between; `only=over` leaves out the flags that are over none of them, maybe all of a page.
 */
export const flagQuery = z.strictObject({
  kind,
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(MAX_FLAGS).default(100),
  state: flagState.optional(),
  rule: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(slug).max(64))
    .optional(),
  only: z.literal('over').optional(),
})

export const flagPage = z.strictObject({ flags: z.array(flag), next: count.nullable() })

/** Why flags are withdrawn by hand; what the node says of others is in `withdrawalReason`. */
export const givenReason = z.enum([
  'unfounded',
  'mistaken-identity',
  'retracted',
  'settled',
  'other',
])

export const withdrawRequest = z.strictObject({
  kind,
  values: z.array(z.string().max(2_000)).min(1).max(IMPORT_CHUNK),
  /** `other` when left out. */
  reason: givenReason.optional(),
})
export const withdrawResponse = z.strictObject({
  withdrawn: count,
  missing: z.array(count),
  rejected: z.array(z.strictObject({ row: count, code: z.string() })),
})

/** How many of the node's own active flags are over the threshold of a rule, in the list in force. */
export const ownResponse = z.strictObject({
  kind,
  rule: slug,
  round: z.string(),
  flags: count,
  over: count,
})

export type ImportRequest = z.infer<typeof importRequest>
export type ImportResponse = z.infer<typeof importResponse>
export type ImportFinishResponse = z.infer<typeof importFinishResponse>
export type Flag = z.infer<typeof flag>
export type FlagPage = z.infer<typeof flagPage>
export type WithdrawResponse = z.infer<typeof withdrawResponse>
export type OwnResponse = z.infer<typeof ownResponse>
