/** The node itself: its state, convenant, keys and tokens, and the rehearsal of all of it. */

import {
  convenantInstalled,
  convenantRequest,
  convenantResponse,
  convenantSignature,
  diagnosis,
  status,
  tokenRequest,
  tokenResponse,
  tokens,
} from '../admin.ts'
import {
  rehearsal,
  rehearsalBegin,
  rehearsalEnd,
  rehearsalStep,
  rehearsalView,
} from '../rehearsal.ts'
import { epoch, epochs, startRequest } from '../rounds.ts'
import { anyone, type Operation, operators } from './operation.ts'

export const nodeOperations: readonly Operation[] = [
  { method: 'get', path: '/openapi.json', summary: 'This document', roles: [] },
  { method: 'get', path: '/status', summary: 'State of the node', roles: anyone, response: status },
  {
    method: 'get',
    path: '/doctor',
    summary: 'Checks, and what to do',
    roles: anyone,
    response: diagnosis,
  },
  {
    method: 'get',
    path: '/convenant',
    summary: 'The convenant in force',
    roles: anyone,
    response: convenantResponse,
  },
  {
    method: 'post',
    path: '/convenant/sign',
    summary: 'Sign a draft',
    roles: ['admin'],
    request: convenantRequest,
    response: convenantSignature,
  },
  {
    method: 'put',
    path: '/convenant',
    summary: 'Install a signed version',
    roles: ['admin'],
    request: convenantRequest,
    response: convenantInstalled,
  },
  { method: 'get', path: '/keys', summary: 'Key epochs', roles: anyone, response: epochs },
  {
    method: 'post',
    path: '/keys',
    summary: 'Generate a key with the other holders',
    roles: operators,
    request: startRequest,
    response: epoch,
  },
  {
    method: 'get',
    path: '/rehearsal',
    summary: 'The rehearsal that is on, and what the other members say of theirs',
    roles: anyone,
    response: rehearsalView,
  },
  {
    method: 'post',
    path: '/rehearsal',
    summary: 'Begin a rehearsal of the convenant with made-up flags, at a node without any',
    roles: operators,
    request: rehearsalBegin,
    response: rehearsal,
  },
  {
    method: 'post',
    path: '/rehearsal/step',
    summary: 'Tell the other members how far the rehearsal is here',
    roles: operators,
    request: rehearsalStep,
    response: rehearsal,
  },
  {
    method: 'post',
    path: '/rehearsal/end',
    summary: 'End the rehearsal, and erase all that came of it',
    roles: operators,
    request: rehearsalEnd,
    response: rehearsalEnd,
  },
  {
    method: 'post',
    path: '/tokens',
    summary: 'Make a token',
    roles: ['admin'],
    request: tokenRequest,
    response: tokenResponse,
  },
  {
    method: 'get',
    path: '/tokens',
    summary: 'Tokens, without secrets',
    roles: ['admin'],
    response: tokens,
  },
  { method: 'delete', path: '/tokens/{id}', summary: 'Revoke a token', roles: ['admin'] },
]
