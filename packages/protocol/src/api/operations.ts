/** Every operation of the operator API: what the routes serve, and the OpenAPI document made of it. */

import { z } from 'zod'
import {
  convenantInstalled,
  convenantRequest,
  convenantResponse,
  convenantSignature,
  diagnosis,
  origins,
  problem,
  type Role,
  role,
  status,
  tokenRequest,
  tokenResponse,
  tokens,
} from './admin.ts'
import { alertSeen, alertSeenRequest, alerts } from './alerts.ts'
import { checkRequest, checkResponse, receipt, screenRequest, screenResponse } from './checks.ts'
import {
  flagPage,
  importFinishRequest,
  importFinishResponse,
  importRequest,
  importResponse,
  ownResponse,
  withdrawRequest,
  withdrawResponse,
} from './flags.ts'
import { feedbackGiven, feedbackRequest, resultClasses } from './outcomes.ts'
import {
  psi,
  psiAcceptRequest,
  psiListRequest,
  psiListResponse,
  psiPrepared,
  psiPreparedLists,
  psiPrepareRequest,
  psiProposalRequest,
  psiRefuseRequest,
  psiRepeatRequest,
  psiRows,
  psiSessions,
} from './psi.ts'
import {
  question,
  questionAnswer,
  questionAsk,
  questionDecision,
  questionRequest,
  questions,
  questionValues,
} from './questions.ts'
import {
  carryOutRequest,
  decisionRequest,
  openedRecord,
  proposal,
  proposalRequest,
  proposals,
  shredded,
} from './records.ts'
import {
  rehearsal,
  rehearsalBegin,
  rehearsalEnd,
  rehearsalStep,
  rehearsalView,
} from './rehearsal.ts'
import { epoch, epochs, round, rounds, startRequest } from './rounds.ts'
import {
  accessRequest,
  closeRequest,
  erasureRequest,
  extendRequest,
  liftRequest,
  objectionRequest,
  recallClosed,
  recalls,
  rectifyRequest,
  subjectAccess,
  subjectCase,
  subjectCases,
  subjectDone,
} from './subjects.ts'
import { witnessing } from './witnessing.ts'

export type Operation = {
  readonly method: 'get' | 'post' | 'put' | 'delete'
  /** Below `/api/v1`, with OpenAPI's `{parameters}`. */
  readonly path: string
  readonly summary: string
  /** Any one of them suffices; empty for none at all. */
  readonly roles: readonly Role[]
  readonly query?: readonly string[]
  readonly request?: z.ZodType
  /** Absent: not JSON. */
  readonly response?: z.ZodType
}

const anyone = role.options
const operators: readonly Role[] = ['operator', 'admin']
const analysts: readonly Role[] = ['analyst', 'admin']
const consenting: readonly Role[] = ['analyst', 'operator', 'admin']
const auditors: readonly Role[] = ['auditor', 'fg', 'admin']
const people: readonly Role[] = ['auditor', 'fg', 'operator', 'admin']

export const operations: readonly Operation[] = [
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
    roles: operators,
    query: ['kind', 'rule'],
    response: ownResponse,
  },
  {
    method: 'post',
    path: '/rounds',
    summary: 'Start a round',
    roles: operators,
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
    method: 'post',
    path: '/feedback',
    summary: 'What an answer led to; stays sealed at this node',
    roles: analysts,
    request: feedbackRequest,
    response: feedbackGiven,
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
    method: 'post',
    path: '/psi/lists',
    summary: 'Bring a part of a list for an intersection',
    roles: consenting,
    request: psiListRequest,
    response: psiListResponse,
  },
  {
    method: 'post',
    path: '/psi',
    summary: 'Propose an intersection to another member',
    roles: analysts,
    request: psiProposalRequest,
    response: psi,
  },
  {
    method: 'get',
    path: '/psi',
    summary: 'Intersections, latest first',
    roles: consenting,
    response: psiSessions,
  },
  {
    method: 'post',
    path: '/psi/prepared',
    summary: 'Mask a list ahead of the questions of one other member',
    roles: consenting,
    request: psiPrepareRequest,
    response: psiPrepared,
  },
  {
    method: 'get',
    path: '/psi/prepared',
    summary: 'Lists masked ahead, own ones and those of others, latest first',
    roles: consenting,
    response: psiPreparedLists,
  },
  {
    method: 'post',
    path: '/psi/prepared/{id}/end',
    summary: 'Erase a list that was masked ahead, and its key',
    roles: consenting,
    request: psiRefuseRequest,
    response: psiPrepared,
  },
  {
    method: 'get',
    path: '/psi/{id}',
    summary: 'One intersection',
    roles: consenting,
    response: psi,
  },
  {
    method: 'post',
    path: '/psi/{id}/acceptance',
    summary: 'Consent to an intersection, which begins when the last who must has',
    roles: consenting,
    request: psiAcceptRequest,
    response: psi,
  },
  {
    method: 'post',
    path: '/psi/{id}/refusal',
    summary: 'Refuse an intersection, or withdraw a proposal',
    roles: consenting,
    request: psiRefuseRequest,
    response: psi,
  },
  {
    method: 'post',
    path: '/psi/{id}/repetition',
    summary: 'Propose again what failed or was refused, in the same terms',
    roles: analysts,
    request: psiRepeatRequest,
    response: psi,
  },
  {
    method: 'get',
    path: '/psi/{id}/items',
    summary: 'What is in common, as far as this node may know, a part at a time',
    roles: analysts,
    query: ['after'],
    response: psiRows,
  },
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
    method: 'get',
    path: '/subjects',
    summary: 'Open cases of data subjects by due date, or all',
    roles: ['fg'],
    query: ['all'],
    response: subjectCases,
  },
  {
    method: 'post',
    path: '/subjects/access',
    summary: 'What the node knows of an identifier, with proofs',
    roles: ['fg'],
    request: accessRequest,
    response: subjectAccess,
  },
  {
    method: 'post',
    path: '/subjects/rectification',
    summary: 'Correct a flag, or put the right identifier in its place',
    roles: ['fg'],
    request: rectifyRequest,
    response: subjectDone,
  },
  {
    method: 'post',
    path: '/subjects/erasure',
    summary: 'Erase a flag, for good',
    roles: ['fg'],
    request: erasureRequest,
    response: subjectDone,
  },
  {
    method: 'post',
    path: '/subjects/objection',
    summary: 'Put a flag under bezwaar',
    roles: ['fg'],
    request: objectionRequest,
    response: subjectDone,
  },
  {
    method: 'post',
    path: '/subjects/lift',
    summary: 'End a bezwaar, or the ban on an erased flag',
    roles: ['fg'],
    request: liftRequest,
    response: subjectDone,
  },
  {
    method: 'post',
    path: '/subjects/{case}/extension',
    summary: 'Extend the term of a case by two months',
    roles: ['fg'],
    request: extendRequest,
    response: subjectCase,
  },
  {
    method: 'post',
    path: '/subjects/{case}/closing',
    summary: 'Close a case',
    roles: ['fg'],
    request: closeRequest,
    response: subjectCase,
  },
  {
    method: 'get',
    path: '/recalls',
    summary: 'Answers that no longer hold',
    roles: ['analyst', 'fg', 'admin'],
    query: ['all'],
    response: recalls,
  },
  {
    method: 'post',
    path: '/recalls/{number}/closing',
    summary: 'Close a recall that was dealt with',
    roles: ['analyst', 'fg', 'admin'],
    response: recallClosed,
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

/** OpenAPI 3.1, whose schemas are JSON Schema 2020-12. */
export function openApi(software: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const operation of operations) {
    paths[operation.path] ??= {}
    paths[operation.path]![operation.method] = describe(operation)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Drempel operator API',
      version: software,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/api/v1' }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { problem: schema(problem, 'output') },
    },
  }
}

function describe({ path, summary, roles, query = [], request, response }: Operation): object {
  const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!)
  const text = { schema: { type: 'string' } }
  return {
    summary,
    description: roles.length === 0 ? 'No token needed.' : `Roles: ${roles.join(', ')}.`,
    ...(roles.length === 0 ? { security: [] } : {}),
    parameters: [
      ...named.map((name) => ({ name, in: 'path', required: true, ...text })),
      ...query.map((name) => ({ name, in: 'query', required: false, ...text })),
    ],
    ...(request === undefined
      ? {}
      : { requestBody: { required: true, content: json(schema(request, 'input')) } }),
    responses: {
      '2XX': {
        description: 'Done',
        ...(response === undefined ? {} : { content: json(schema(response, 'output')) }),
      },
      default: {
        description: 'RFC 9457 problem document',
        content: {
          'application/problem+json': { schema: { $ref: '#/components/schemas/problem' } },
        },
      },
    },
  }
}

function json(value: object): object {
  return { 'application/json': { schema: value } }
}

function schema(of: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(of, { io, unrepresentable: 'any' })
  // A body of several forms is an object in each of them.
  const objects = rest.anyOf?.every(({ type }) => type === 'object') === true
  return objects ? { type: 'object', ...rest } : rest
}
