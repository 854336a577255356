/** Questions that nobody may ask alone. */

import {
  question,
  questionAnswer,
  questionAsk,
  questionDecision,
  questionRequest,
  questions,
  questionValues,
} from '../questions.ts'
import { analysts, type Operation } from './operation.ts'

export const questionsOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/questions',
    summary: 'Questions that take two people, latest first',
    roles: analysts,
    response: questions,
  },
  {
    method: 'post',
    path: '/questions',
    summary: 'Put a question for somebody else to approve',
    roles: analysts,
    request: questionRequest,
    response: question,
  },
  {
    method: 'get',
    path: '/questions/{id}/values',
    summary: 'What a question asks about, in its order',
    roles: analysts,
    response: questionValues,
  },
  {
    method: 'post',
    path: '/questions/{id}/decision',
    summary: 'Approve a question or deny it, as the second person',
    roles: analysts,
    request: questionDecision,
    response: question,
  },
  {
    method: 'post',
    path: '/questions/{id}/answer',
    summary: 'Ask an approved question, once',
    roles: analysts,
    request: questionAsk,
    response: questionAnswer,
  },
]
