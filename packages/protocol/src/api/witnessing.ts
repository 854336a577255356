/** Operator API: who cosigns the node's logs, whose logs the node cosigned, and what was caught. */

import { z } from 'zod'
import { count, id16, slug, time } from './common.ts'

export const witnessing = z.strictObject({
  /** Of the node's own logs; the node itself is not among them. */
  witnesses: z.array(slug),
  quorum: count,
  /** Since when entries have waited for a quorum; null when none do. */
  waitingSince: time.nullable(),
  logs: z.array(
    z.strictObject({
      origin: z.string(),
      size: count,
      /** The last checkpoint with a quorum: `log/<origin>/cosigned` is its note. */
      cosigned: z.strictObject({ size: count, time }).nullable(),
    }),
  ),
  /** Other members' logs that this node cosigned, and how far. */
  held: z.array(z.strictObject({ log: z.string(), size: count, time })),
  /** Evidence: two notes of one log, both signed by its owner. */
  conflicts: z.array(
    z.strictObject({
      log: z.string(),
      code: z.enum(['LOG_FORKED', 'LOG_ROLLED_BACK']),
      time,
      first: z.string(),
      second: z.string(),
    }),
  ),
  /** When the log was last compared with that of a member; null before the first day is over. */
  compared: z.array(z.strictObject({ member: slug, time: time.nullable() })),
  /** What does not agree with a member's log, latest first. */
  discrepancies: z.array(
    z.strictObject({
      member: slug,
      txid: id16,
      kind: z.enum(['one-sided', 'mismatch', 'late']),
      fields: z.array(z.string()),
      minutes: z.int().nullable(),
      time,
    }),
  ),
})

export type WitnessingView = z.infer<typeof witnessing>
