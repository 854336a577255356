/** Operator API: questions of purposes that ask four eyes, from proposal to answer. */

import { z } from 'zod'
import { checkRequest, checkResponse, screenRequest, screenResponse } from './checks.ts'
import { count, id16, kind, slug, time } from './common.ts'
import { proposalState } from './records.ts'

/** A token, by id and name. */
const person = z.strictObject({ token: slug, name: slug })

/** A check, or a screen that is asked as one query. */
export const questionRequest = z.union([checkRequest, screenRequest])
export const questionDecision = z.strictObject({ approve: z.boolean() })
/** The question says it all. */
export const questionAsk = z.strictObject({})

export const question = z.strictObject({
  id: id16,
  state: proposalState,
  kind,
  purpose: slug,
  rule: slug,
  protocol: z.enum(['check', 'screen']),
  /** Identifiers, as they were put. */
  count,
  /** Of a check, to who put it or decided on it. What others put, and a screen asks about, is read apart. */
  value: z.string().nullable(),
  /** To who put it or decided on it. */
  case: z.string().nullable(),
  proposer: person,
  decider: person.nullable(),
  createdAt: time,
  expiresAt: time,
})
export const questions = z.strictObject({ questions: z.array(question) })

/** What who decides has to know, and no row of the list says to anybody else. */
export const questionValues = z.strictObject({
  values: z.array(z.string()),
  case: z.string().nullable(),
})
export const questionAnswer = z.union([checkResponse, screenResponse])

export type QuestionView = z.infer<typeof question>
