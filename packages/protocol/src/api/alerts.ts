/** Operator API: what stood out in how the node is used. */

import { z } from 'zod'
import { count, slug, time } from './common.ts'

export const alert = z.strictObject({
  id: count,
  time,
  /**
   * The first about a new version of the convenant, the second about a member whose log and the own one
   * do not agree, the next three at a key holder about who asks, the others about the node's own people.
   */
  code: z.enum([
    'TERMS_CHANGED',
    'LOGS_DIFFER',
    'VOLUME_UNUSUAL',
    'RATE_UNUSUAL',
    'HOURS_UNUSUAL',
    'IDENTIFIER_REPEATED',
    'RANGE_SWEPT',
    'FLAG_AS_QUESTION',
  ]),
  /** Another member; null where it is about none. */
  member: slug.nullable(),
  purpose: slug.nullable(),
  kind: z.string().nullable(),
  /** The name of the token that somebody marked it with. */
  seenBy: z.string().nullable(),
  seenAt: time.nullable(),
})
export type AlertView = z.infer<typeof alert>
export type AlertCode = AlertView['code']

export const alerts = z.strictObject({ alerts: z.array(alert) })

export const alertSeenRequest = z.strictObject({})
export const alertSeen = z.strictObject({ seen: count })
