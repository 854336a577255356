/** Rounds, and what is asked of their lists. */

import { checkRequest, checkResponse, receipt, screenRequest, screenResponse } from '../checks.ts'
import { feedbackGiven, feedbackRequest } from '../outcomes.ts'
import { round, rounds, startRequest } from '../rounds.ts'
import { analysts, anyone, counting, type Operation } from './operation.ts'

export const queriesOperations: readonly Operation[] = [
  {
    method: 'post',
    path: '/rounds',
    summary: 'Start a round',
    roles: counting,
    request: startRequest,
    response: round,
  },
  { method: 'get', path: '/rounds', summary: 'Latest rounds', roles: anyone, response: rounds },
  { method: 'get', path: '/rounds/{round}', summary: 'One round', roles: anyone, response: round },
  {
    method: 'post',
    path: '/checks',
    summary: 'Ask about one identifier',
    roles: analysts,
    request: checkRequest,
    response: checkResponse,
  },
  {
    method: 'post',
    path: '/screens',
    summary: 'Ask about many identifiers',
    roles: analysts,
    request: screenRequest,
    response: screenResponse,
  },
  {
    method: 'get',
    path: '/receipts/{txid}',
    summary: 'Receipt of a query',
    roles: ['analyst', 'auditor', 'admin'],
    response: receipt,
  },
  {
    method: 'post',
    path: '/feedback',
    summary: 'What an answer led to; stays sealed at this node',
    roles: analysts,
    request: feedbackRequest,
    response: feedbackGiven,
  },
]
