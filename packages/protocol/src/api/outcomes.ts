/** Operator API: what answers led to, and how often they were yes. */

import { z } from 'zod'
import { count, id16, kind, slug, time } from './common.ts'

export const outcome = z.enum(['confirmed', 'refuted', 'none'])

export const feedbackRequest = z.strictObject({
  txid: id16,
  /** Which identifier of a screen as it was sent, from 0; those that were not asked count. */
  item: count,
  outcome,
})

export const feedbackGiven = z.strictObject({ txid: id16, item: count, outcome })

const share = z.strictObject({ above: z.number(), upTo: z.number() })

export const resultClasses = z.strictObject({
  month: z.string(),
  /** Below this many queries nothing is said. */
  least: count,
  /** When what was told of its answers is closed; before, no class is given of it. */
  feedbackFrom: time,
  classes: z.array(
    z.strictObject({
      purpose: slug,
      kind,
      queries: count.nullable(),
      over: share.nullable(),
      feedback: share.nullable(),
      confirmed: share.nullable(),
      refuted: share.nullable(),
    }),
  ),
})

export const classesQuery = z.strictObject({
  month: z.string().regex(/^[0-9]{4}-(0[1-9]|1[0-2])$/),
})

export type Outcome = z.infer<typeof outcome>
export type ResultClasses = z.infer<typeof resultClasses>
