/** Operator API: questions of purposes that ask four eyes, from proposal to answer. */

import { z } from 'zod'
import { checkRequest } from './checks.ts'
import { id16, kind, slug, time } from './common.ts'
import { proposalState } from './records.ts'

/** A token, by id and name. */
const person = z.strictObject({ token: slug, name: slug })

export const questionRequest = checkRequest
export const questionDecision = z.strictObject({ approve: z.boolean() })
/** The question says it all. */
export const questionAsk = z.strictObject({})

export const question = z.strictObject({
  id: id16,
  state: proposalState,
  kind,
  purpose: slug,
  rule: slug,
  value: z.string(),
  case: z.string().nullable(),
  proposer: person,
  decider: person.nullable(),
  createdAt: time,
  expiresAt: time,
})
export const questions = z.strictObject({ questions: z.array(question) })

export type QuestionView = z.infer<typeof question>
