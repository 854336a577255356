/** Operator API: keys and rounds. */

import { z } from 'zod'
import { count, digest, id16, kind, slug, time } from './common.ts'

export const roundState = z.enum([
  'announced',
  'collecting',
  'computing',
  'opening',
  'published',
  'failed',
])

export const startRequest = z.strictObject({ kind })

export const epoch = z.strictObject({
  kind,
  epoch: slug,
  createdAt: time,
  expiresAt: time,
  holders: z.array(slug),
  quorum: count,
  transcript: digest,
})
export const epochs = z.strictObject({ epochs: z.array(epoch) })

/** Counts in tens; null: below the limit, or closed with one that is. */
const aggregates = z.strictObject({
  /** 1 where the first class is of what one member alone holds. */
  from: z.literal(1).optional(),
  /** Of identifiers that exactly 2, 3, ... members hold, else 1, 2, ...; the last: so many or more. */
  histogram: z.array(count.nullable()),
  overlaps: z.array(z.strictObject({ members: z.tuple([slug, slug]), count: count.nullable() })),
})

/** `step` names what the round is doing; `done` of `total` while that can be counted. */
export const round = z.strictObject({
  round: id16,
  kind,
  state: roundState,
  coordinator: slug,
  createdAt: time,
  updatedAt: time,
  step: z.string().optional(),
  done: count.optional(),
  total: count.optional(),
  contributors: z.array(slug).optional(),
  leftOut: z.array(z.strictObject({ member: slug, reason: z.string() })).optional(),
  lists: z
    .array(z.strictObject({ rule: slug, size: count, digest, aggregates: aggregates.optional() }))
    .optional(),
  reason: z.string().optional(),
  culprit: z.string().optional(),
  /** At the coordinator: all that are named, where it kept them. */
  culprits: z.array(slug).optional(),
  /** Who refused, where the culprit is named by its word alone. */
  refusedBy: slug.optional(),
})
export const rounds = z.strictObject({ rounds: z.array(round) })

/** A threshold list in force. */
export const list = z.strictObject({
  kind,
  rule: slug,
  threshold: count,
  /** What the rule asks besides. */
  minSectors: count.optional(),
  reports: count.optional(),
  round: id16,
  size: count,
  contributors: count,
  createdAt: time,
  stale: z.boolean(),
})

export type Aggregates = z.infer<typeof aggregates>
export type Epoch = z.infer<typeof epoch>
export type Round = z.infer<typeof round>
export type RoundState = z.infer<typeof roundState>
export type List = z.infer<typeof list>
