/**
 * Operator API: requests of data subjects, and recalls. An identifier travels in request bodies
 * only, between the FG and the partner's own node.
 */

import { z } from 'zod'
import { verdict } from './checks.ts'
import { count, id16, kind, slug, time } from './common.ts'
import { flag, givenReason } from './flags.ts'

export const caseType = z.enum(['access', 'rectification', 'erasure', 'objection'])
export const caseOutcome = z.enum(['granted', 'refused', 'withdrawn'])

/** The year of receipt and a number: `2026-0007`. */
export const caseNumber = z.string().regex(/^[0-9]{4}-[0-9]{4,9}$/)

export const subjectCase = z.strictObject({
  case: caseNumber,
  /** By which the log's entries of this case belong together. */
  txid: id16,
  type: caseType,
  kind,
  receivedAt: time,
  dueAt: time,
  /** Negative when the term has passed; null for a closed case. */
  daysLeft: z.int().nullable(),
  extended: z.boolean(),
  closedAt: time.nullable(),
  outcome: caseOutcome.nullable(),
  /** How control over the identifier was shown. */
  proof: z.string(),
})
export const subjectCases = z.strictObject({ cases: z.array(subjectCase) })

/** `case` goes on with an open case; without it one is opened, which takes a proof of control. */
const about = {
  kind,
  value: z.string().max(2_000),
  case: caseNumber.optional(),
  proof: z.string().trim().min(1).max(200).optional(),
  /** When the request came in, for the term; now when left out. */
  received: time.optional(),
}

export const accessRequest = z.strictObject(about)
export const objectionRequest = z.strictObject(about)
export const erasureRequest = z.strictObject(about)
/** Ends a bezwaar, or the ban on an erased flag. */
export const liftRequest = z.strictObject({ kind, value: about.value, case: caseNumber })
export const rectifyRequest = z.strictObject({
  ...about,
  taxonomy: z.string().max(64).optional(),
  evidence: z.string().max(64).optional(),
  reports: z.int().min(1).max(1_000_000).optional(),
  since: time.optional(),
  expires: time.nullable().optional(),
  /** The identifier that was meant. */
  replacement: z.string().max(2_000).optional(),
})

/** `found` is absent where the node is confidential. */
export const subjectDone = z.strictObject({ case: subjectCase, found: z.boolean().optional() })

/** `rectified`: another identifier stands in its place; `gone-from-source`: an import lacked it. */
export const withdrawalReason = z.enum([...givenReason.options, 'rectified', 'gone-from-source'])

/** An entry of the node's log with its receipt, which proves it to anyone. */
const entry = z.strictObject({
  type: z.string(),
  origin: z.string(),
  index: count,
  receipt: z.string(),
})

export const subjectQuery = z.strictObject({
  txid: id16,
  time,
  purpose: slug,
  rule: slug,
  protocol: z.enum(['check', 'screen']),
  /** `open`: no answer stands in the log. */
  status: z.enum(['answered', 'refused', 'suppressed', 'failed', 'open']),
  /** Null where none was given, or its record was erased. */
  answer: verdict.nullable(),
  entries: z.array(entry),
})

/** An intersection of which the node learned that the other member has it too. */
export const subjectIntersection = z.strictObject({
  txid: id16,
  time,
  purpose: slug,
  /** The other member. */
  with: slug,
  protocol: z.enum(['psi-ecdh', 'psi-ot', 'psi-prepared']),
  entries: z.array(entry),
})

export const subjectAccess = z.strictObject({
  format: z.literal('drempel-subject-access/1'),
  case: subjectCase,
  member: z.strictObject({ id: slug, name: z.string(), fg: z.string() }),
  convenant: z.strictObject({ id: slug, version: count }),
  time,
  kind,
  /** The canonical form that was looked for. */
  value: z.string(),
  /** Neither confirmed nor denied: the rest is empty, whatever the node knows. */
  confidential: z.boolean(),
  flag: flag
    .omit({ id: true, value: true, over: true })
    .extend({
      importedAt: time,
      withdrawnAt: time.nullable(),
      withdrawnReason: withdrawalReason.nullable(),
    })
    .nullable(),
  /** Of an active flag, whether it is over a rule's threshold, in the list of that time. */
  lists: z.array(z.strictObject({ rule: slug, listTime: time, answer: verdict })),
  /** What the node asked about it, oldest first. */
  queries: z.array(subjectQuery),
  /** In which intersections it came out at the node, oldest first. */
  intersections: z.array(subjectIntersection).default([]),
  /** Quarters whose records still exist, and were searched. */
  periods: z.array(z.string().regex(/^[0-9]{4}Q[1-4]$/)),
})

/**
 * What was done in a case, by the log: an entry for its opening, for each act, for its end. The same
 * whatever the node knew of the identifier, which stands in none of them.
 */
export const subjectCaseFile = z.strictObject({
  format: z.literal('drempel-subject-case/1'),
  case: subjectCase,
  member: z.strictObject({ id: slug, name: z.string(), fg: z.string() }),
  convenant: z.strictObject({ id: slug, version: count }),
  time,
  /** As in an access: neither confirmed nor denied. */
  confidential: z.boolean(),
  /** Oldest first. */
  entries: z.array(entry),
})

export const extendRequest = z.strictObject({ reason: z.string().trim().min(1).max(500) })
export const closeRequest = z.strictObject({
  outcome: caseOutcome,
  reason: z.string().trim().max(500).optional(),
})

/** An answer `over` that no longer holds. */
export const recall = z.strictObject({
  number: count,
  raisedAt: time,
  closedAt: time.nullable(),
  /** Of the query; a screen's identifiers are counted from 0, as they were sent. */
  txid: id16,
  item: count,
  askedAt: time,
  kind,
  purpose: slug,
  rule: slug,
  /** As the asker gave it; null when it gave none. */
  case: z.string().nullable(),
  operator: z.string(),
})
export const recalls = z.strictObject({ recalls: z.array(recall) })
export const recallClosed = z.strictObject({ number: count })

export type SubjectCase = z.infer<typeof subjectCase>
export type SubjectDone = z.infer<typeof subjectDone>
export type SubjectAccess = z.infer<typeof subjectAccess>
export type SubjectCaseFile = z.infer<typeof subjectCaseFile>
export type SubjectQuery = z.infer<typeof subjectQuery>
export type Recall = z.infer<typeof recall>
