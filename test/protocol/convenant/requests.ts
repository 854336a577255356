/** One request of each type that the convenant of this world allows. */

import type {
  AnnounceRequest,
  AnswerRequest,
  ComputeRequest,
  ConsumeRequest,
  ContributeRequest,
  EvaluateRequest,
  EvaluateTagsRequest,
  IntersectRequest,
  QueryRequest,
  TagRequest,
} from '@drempel/protocol/convenant'
import { draft, FOUR, NOW } from './world.ts'

/** Four members; bank-a, telecom and platform compute; all hold the key, quorum 3. */
export const WORLD = draft({ intersections: true })

const subject = { asker: 'bank-a', purpose: 'fraude-onderzoek', kind: 'host', rule: 'host-t2' }
const recipients = ['bank-a', 'telecom', 'platform']
const round = {
  coordinator: 'bank-a',
  kind: 'host',
  rules: ['host-t2', 'host-t3'],
  contributors: FOUR.map(({ id }) => id),
}

export const CHECK: QueryRequest = { type: 'check', ...subject, count: 1, approvers: [] }
export const SCREEN: QueryRequest = { type: 'screen', ...subject, count: 500, approvers: [] }
export const EVALUATE: EvaluateRequest = {
  type: 'evaluate',
  holder: 'telecom',
  ...subject,
  protocol: 'screen',
  epoch: 4,
  count: 500,
  recipients,
  approved: false,
}
export const TAG: TagRequest = {
  type: 'tag',
  member: 'bank-a',
  kind: 'host',
  epoch: 4,
  listSize: 1_000,
  count: 1_000,
}
export const EVALUATE_TAGS: EvaluateTagsRequest = {
  type: 'evaluate-tags',
  holder: 'telecom',
  member: 'bank-a',
  kind: 'host',
  epoch: 4,
  count: 1_000,
  recipients,
}
export const ANNOUNCE: AnnounceRequest = { type: 'announce', ...round }
export const CONTRIBUTE: ContributeRequest = {
  type: 'contribute',
  member: 'bank-b',
  ...round,
  listSize: 1_000,
  newFlags: 10,
  withdrawnFlags: 5,
}
export const COMPUTE: ComputeRequest = { type: 'compute', node: 'telecom', ...round }
export const CONSUME: ConsumeRequest = { type: 'consume', member: 'platform', rule: 'host-t3' }
export const ANSWER: AnswerRequest = {
  type: 'answer',
  asker: 'bank-a',
  purpose: 'klantacceptatie',
  rule: 'host-t2',
  publishedAt: NOW - 3_600_000,
}

/** The proposer's view, once all is known: 1,000 items against some 40,000. */
export const INTERSECT: IntersectRequest = {
  type: 'intersect',
  side: 'proposer',
  proposer: 'bank-a',
  partner: 'telecom',
  purpose: 'lijsten-vergelijken',
  kind: 'host',
  output: 'items',
  to: 'both',
  protocol: 'ecdh',
  sizes: { proposer: 1_024, partner: 40_960 },
  listSize: 1_000,
  consent: ['ann'],
}
