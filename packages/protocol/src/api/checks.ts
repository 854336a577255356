/** Operator API: checks. The answer is advice to a person; the API has no consequence of its own. */

import { z } from 'zod'
import { base64, count, id16, kind, slug, time } from './common.ts'

/** At most this many identifiers in one screen request. */
export const SCREEN_LIMIT = 10_000

const question = { kind, purpose: slug, rule: slug, case: z.string().max(200).optional() }

export const checkRequest = z.strictObject({ ...question, value: z.string().max(2_000) })
export const screenRequest = z.strictObject({
  ...question,
  values: z.array(z.string().max(2_000)).min(1).max(SCREEN_LIMIT),
})

/** A C2SP tlog-proof of the log entry, and the entry itself. */
export const receipt = z.strictObject({ txid: id16, leaf: base64, proof: z.string() })

export const verdict = z.enum(['over', 'not-over'])

const about = {
  txid: id16,
  kind,
  purpose: slug,
  rule: slug,
  round: id16,
  listTime: time,
  listAgeSeconds: count,
  stale: z.boolean(),
  humanDecisionRequired: z.literal(true),
  receipt,
}

export const checkResponse = z.strictObject({ answer: verdict, ...about })

/** One entry a value, in order: a verdict, or the code for which it was not asked. */
export const screenResponse = z.strictObject({
  results: z.array(
    z.union([z.strictObject({ answer: verdict }), z.strictObject({ rejected: z.string() })]),
  ),
  ...about,
})

export type CheckRequest = z.infer<typeof checkRequest>
export type CheckResponse = z.infer<typeof checkResponse>
export type ScreenRequest = z.infer<typeof screenRequest>
export type ScreenResponse = z.infer<typeof screenResponse>
export type Receipt = z.infer<typeof receipt>
export type Verdict = z.infer<typeof verdict>
