/** Operator API: a rehearsal of the convenant with made-up flags, before there are real ones. */

import { z } from 'zod'
import { count, digest, slug, time } from './common.ts'

/**
 * How far the people of a node are; each is also reached by who is further. `settled`: this member asks
 * and is told nothing more, so that logs can be compared.
 */
export const REHEARSAL_STEPS = ['begun', 'loaded', 'asked', 'withdrawn', 'settled', 'done'] as const
const step = z.enum(REHEARSAL_STEPS)

/** `word`: what the members agreed on beside the convenant, so that all make the same plan. */
export const rehearsalBegin = z.strictObject({ word: slug })
export const rehearsalStep = z.strictObject({ step })
export const rehearsalEnd = z.strictObject({})
/** `clean`: nothing of it was left when the convenant itself came into force again. */
export const rehearsalEnded = z.strictObject({ clean: z.boolean() })

export const rehearsal = z.strictObject({
  word: slug,
  /** Under which keys, rounds and entries of the rehearsal stand. */
  digest,
  since: time,
  step,
})

/** A member as this node finds it: `code` is why it could not be asked. */
const peer = z.strictObject({
  member: slug,
  code: z.string().nullable(),
  /** Whether connections to it are over TLS, under the pinned key. */
  pinned: z.boolean(),
  /** Digest of its convenant, whatever is rehearsed. */
  convenant: digest.nullable(),
  rehearsal: z.strictObject({ digest, step }).nullable(),
  /** How far its clock is ahead of this node's, in seconds. */
  clockSeconds: z.int().nullable(),
})

export const rehearsalView = z.strictObject({
  member: slug,
  convenant: digest,
  rehearsal: rehearsal.nullable(),
  /** What is in the way of one: flags, lists or rounds that are not made up. */
  inUse: z.boolean(),
  flags: count,
  peers: z.array(peer),
  /** Of the node's log; `code` is why it did not cosign when it was last asked. */
  witnesses: z.array(z.strictObject({ witness: slug, code: z.string().nullable() })),
})

/** The rehearsal's entries here beside those of each member; `code` is why it could not be compared. */
export const rehearsalComparison = z.strictObject({
  members: z.array(
    z.strictObject({
      member: slug,
      code: z.string().nullable(),
      /** Entries here whose other side the member must have. */
      compared: count,
      /** What of them does not agree, each once. */
      found: z.array(z.enum(['one-sided', 'mismatch', 'late'])),
    }),
  ),
})

export type RehearsalComparison = z.infer<typeof rehearsalComparison>
export type RehearsalStep = z.infer<typeof step>
export type RehearsalView = z.infer<typeof rehearsalView>
