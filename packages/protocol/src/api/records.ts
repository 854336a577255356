/** Operator API: what takes two people, and the records and keys that it is about. */

import { z } from 'zod'
import { count, digest, id16, slug, time } from './common.ts'

const origin = z.string().regex(/^drempel\/[a-z0-9-]{1,64}\/[a-z0-9-]{1,64}\/[0-9]{4}Q[1-4]$/)
const quarter = z.string().regex(/^[0-9]{4}Q[1-4]$/)
const reason = z.string().trim().min(1).max(200)

const openSubject = { act: z.literal('open'), origin, index: count }
/** `force`: before the convenant's retention has ended. */
const shredSubject = { act: z.literal('shred'), period: quarter, force: z.boolean() }

/** Why: a reference to what the organisation keeps elsewhere. It is sealed, and in no leaf. */
export const proposalRequest = z
  .discriminatedUnion('act', [
    z.strictObject({ ...openSubject, reason }),
    z.strictObject({ ...shredSubject, reason }),
  ])
  .meta({ type: 'object' })

/** The proposal says it all. */
export const carryOutRequest = z.strictObject({})
export const decisionRequest = z.strictObject({ approve: z.boolean() })

export const proposalState = z.enum(['waiting', 'approved', 'denied', 'expired', 'used'])
export const capacity = z.enum(['admin', 'auditor', 'fg', 'operator'])

/** A token, by id and name, and in which capacity its holder acts. */
const person = z.strictObject({ token: slug, name: slug, capacity })

const aboutProposal = {
  id: id16,
  state: proposalState,
  reason,
  proposer: person,
  decider: person.nullable(),
  createdAt: time,
  expiresAt: time,
}
export const proposal = z.discriminatedUnion('act', [
  z.strictObject({ ...openSubject, ...aboutProposal }),
  z.strictObject({ ...shredSubject, ...aboutProposal }),
])
export const proposals = z.strictObject({ proposals: z.array(proposal) })

/** `leaf` is the entry as auditors see it, `entered` where the log says that it was opened. */
export const openedRecord = z.strictObject({
  origin,
  index: count,
  commit: digest,
  leaf: z.unknown(),
  record: z.unknown(),
  entered: z.strictObject({ origin, index: count }),
})

/** `erased` is false when the key's file was gone already, as after a stop half-way. */
export const shredded = z.strictObject({
  period: quarter,
  erased: z.boolean(),
  entered: z.strictObject({ origin, index: count }),
})

export type ProposalView = z.infer<typeof proposal>
export type OpenedRecord = z.infer<typeof openedRecord>
export type Shredded = z.infer<typeof shredded>
