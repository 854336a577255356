/** The own flags: brought, withdrawn, looked up. */

import {
  flagPage,
  importFinishRequest,
  importFinishResponse,
  importRequest,
  importResponse,
  ownResponse,
  withdrawRequest,
  withdrawResponse,
} from '../flags.ts'
import { counting, type Operation, operators } from './operation.ts'

export const flagsOperations: readonly Operation[] = [
  {
    method: 'post',
    path: '/flags/import',
    summary: 'Add or update flags',
    roles: operators,
    request: importRequest,
    response: importResponse,
  },
  {
    method: 'post',
    path: '/flags/import/finish',
    summary: 'End an import',
    roles: operators,
    request: importFinishRequest,
    response: importFinishResponse,
  },
  {
    method: 'get',
    path: '/flags',
    summary: 'Own flags',
    roles: operators,
    query: ['kind', 'after', 'limit', 'state', 'rule'],
    response: flagPage,
  },
  {
    method: 'post',
    path: '/flags/withdraw',
    summary: 'Withdraw flags',
    roles: operators,
    request: withdrawRequest,
    response: withdrawResponse,
  },
  {
    method: 'get',
    path: '/own',
    summary: 'How many own flags met a rule',
    roles: counting,
    query: ['kind', 'rule'],
    response: ownResponse,
  },
]
