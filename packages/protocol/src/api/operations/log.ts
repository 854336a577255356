/** The log, and what supervises by it: witnesses, alerts, what takes two people. */

import { origins } from '../admin.ts'
import { alertSeen, alertSeenRequest, alerts } from '../alerts.ts'
import { resultClasses } from '../outcomes.ts'
import {
  carryOutRequest,
  decisionRequest,
  openedRecord,
  proposal,
  proposalRequest,
  proposals,
  shredded,
} from '../records.ts'
import { witnessing } from '../witnessing.ts'
import { anyone, auditors, type Operation, people } from './operation.ts'

export const logOperations: readonly Operation[] = [
  { method: 'get', path: '/log', summary: 'Logs of the node', roles: anyone, response: origins },
  {
    method: 'get',
    path: '/log/{origin}/{file}',
    summary: 'Checkpoint, cosigned checkpoint, tile or entry bundle',
    roles: auditors,
  },
  {
    method: 'get',
    path: '/witnessing',
    summary: 'Cosignatures on the own logs, logs cosigned, evidence',
    roles: auditors,
    response: witnessing,
  },
  {
    method: 'get',
    path: '/classes',
    summary: 'How often the answer was yes in a month that has ended, in classes',
    roles: auditors,
    query: ['month'],
    response: resultClasses,
  },
  {
    method: 'get',
    path: '/alerts',
    summary: 'What stood out in how the node is used, latest first',
    roles: auditors,
    query: ['all'],
    response: alerts,
  },
  {
    method: 'post',
    path: '/alerts/{id}/seen',
    summary: 'Note that somebody looked at an alert',
    roles: auditors,
    request: alertSeenRequest,
    response: alertSeen,
  },
  {
    method: 'get',
    path: '/proposals',
    summary: 'What takes two people, latest first',
    roles: people,
    response: proposals,
  },
  {
    method: 'post',
    path: '/proposals',
    summary: 'Propose to open a record, or to erase the key of a period',
    roles: people,
    request: proposalRequest,
    response: proposal,
  },
  {
    method: 'post',
    path: '/proposals/{id}/decision',
    summary: 'Approve or deny, by somebody of the other side',
    roles: people,
    request: decisionRequest,
    response: proposal,
  },
  {
    method: 'post',
    path: '/proposals/{id}/opening',
    summary: 'Read the record, by who proposed it; entered in the log first',
    roles: people,
    request: carryOutRequest,
    response: openedRecord,
  },
  {
    method: 'post',
    path: '/proposals/{id}/shredding',
    summary: 'Erase the key, by who proposed it',
    roles: people,
    request: carryOutRequest,
    response: shredded,
  },
]
