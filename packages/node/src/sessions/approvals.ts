/**
 * Four eyes: a question, of one identifier or of many at once, that one person puts, another approves,
 * and the first then asks, once, within three days. The question waits sealed, and what it asks about
 * is forgotten when it was asked or denied, or its days are over; who approved stands sealed with the
 * query's entries, which commit to it (`approvalCommit`), so that a key holder sees that there was an
 * approval.
 */

import { purposeOf } from '@drempel/protocol/convenant'
import {
  type Bytes,
  hex,
  isProtocolError,
  type Json,
  jcs,
  parseJcs,
} from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { sealedCommit } from '@drempel/protocol/log'
import type { Operator } from '../http/index.ts'
import type { Proposal } from '../store/index.ts'
import { behind } from './behind.ts'
import { type Approval, type CheckAnswer, check } from './check.ts'
import type { NodeContext } from './context.ts'
import { fail } from './errors.ts'
import { canonical } from './flags.ts'
import { type ProposalState, stateOf } from './records/index.ts'
import { agreedBy, differ } from './records/people.ts'

const LIFETIME_MS = 3 * 86_400_000
const LISTED = 1_000
/** Until when questions that expired had their values forgotten. */
const FORGOTTEN = 'questions-until'

export type Asked = {
  readonly kind: IdentifierKind
  readonly purpose: string
  readonly rule: string
  readonly protocol: 'check' | 'screen'
  /** One of a check; of a screen as many as one query takes. */
  readonly values: readonly string[]
  readonly case: string | null
}

type Person = { readonly token: string; readonly name: string }

/** What is sealed of it. */
type Content = Asked & {
  /** Of values, also when they were forgotten. */
  readonly count: number
  readonly proposer: Person
}

export type WaitingQuestion = Content & {
  readonly id: string
  readonly state: ProposalState
  readonly decider: Person | null
  readonly createdAt: number
  readonly expiresAt: number
}

/**
 * Nobody is asked to approve what can't be read, or is more than one query takes.
 * @throws ProtocolError an identifier code, `BAD_REQUEST`
 */
export async function proposeQuestion(
  ctx: NodeContext,
  operator: Operator,
  asked: Asked,
): Promise<WaitingQuestion> {
  if (asked.protocol === 'check') canonical(ctx, asked.kind, asked.values[0]!)
  const most = purposeOf(ctx.inForce().convenant, asked.purpose)?.maxBatch ?? asked.values.length
  if (asked.values.length > most) {
    fail('BAD_REQUEST', { at: 'values', hint: `the purpose allows ${most} in one query` })
  }
  const id = hex(ctx.random(16))
  const content: Content = { ...asked, count: asked.values.length, proposer: personOf(operator) }
  await ctx.store.proposals.create({
    ...{ id, act: 'ask', subject: asked.purpose, proposer: operator.id },
    sealed: seal(ctx, id, content),
    expiresAt: ctx.clock() + LIFETIME_MS,
  })
  return readQuestion(ctx, id)
}

/** @throws ProtocolError `UNKNOWN_PROPOSAL`, `DUAL_CONTROL`, `NOT_APPROVED` when it is too late */
export async function decideQuestion(
  ctx: NodeContext,
  operator: Operator,
  id: string,
  approve: boolean,
): Promise<WaitingQuestion> {
  const { proposer, state } = await readQuestion(ctx, id)
  differ(proposer, personOf(operator))
  if (state !== 'waiting') fail('NOT_APPROVED', { at: state })
  const sealed = ctx.vault.seal(decisionOf(id), jcs(personOf(operator)), ctx.random)
  if (!(await ctx.store.proposals.decide(id, operator.id, approve, sealed))) {
    fail('NOT_APPROVED', { at: (await readQuestion(ctx, id)).state })
  }
  if (!approve) await forgetValues(ctx, id)
  return readQuestion(ctx, id)
}

/** For who decides, or did, and who put it. @throws ProtocolError `UNKNOWN_PROPOSAL` */
export async function showQuestion(
  ctx: NodeContext,
  operator: Operator,
  id: string,
): Promise<WaitingQuestion> {
  const question = await readQuestion(ctx, id)
  const shown = question.state === 'waiting' || isPartTo(question, operator)
  return shown ? question : fail('UNKNOWN_PROPOSAL')
}

/** @throws ProtocolError `UNKNOWN_PROPOSAL` */
async function readQuestion(ctx: NodeContext, id: string): Promise<WaitingQuestion> {
  const row = await ctx.store.proposals.get(id)
  return row?.act === 'ask' ? open(ctx, row) : fail('UNKNOWN_PROPOSAL')
}

/**
 * Those that an operator put or decided on, and those of others that wait for somebody to decide, without
 * what they ask and in which case. Latest first.
 */
export async function listQuestions(
  ctx: NodeContext,
  operator: Operator,
): Promise<readonly WaitingQuestion[]> {
  const rows = await ctx.store.proposals.list(LISTED)
  return rows
    .filter(({ act }) => act === 'ask')
    .map((row) => open(ctx, row))
    .flatMap((question) => {
      if (isPartTo(question, operator)) return question
      return question.state === 'waiting' ? { ...question, values: [], case: null } : []
    })
}

/** Tokens of one name are one person's. */
function isPartTo({ proposer, decider }: WaitingQuestion, { id, name }: Operator): boolean {
  return [proposer, decider].some((one) => one?.token === id || one?.name === name)
}

/**
 * Asks what was approved. The approval is spent first: a question that fails is approved anew.
 * @throws ProtocolError as `check`; `UNKNOWN_PROPOSAL`, `DUAL_CONTROL`, `NOT_APPROVED`
 */
export async function askApproved(
  ctx: NodeContext,
  operator: Operator,
  id: string,
): Promise<{ readonly question: WaitingQuestion; readonly answer: CheckAnswer }> {
  const question = await readQuestion(ctx, id)
  const { kind, purpose, rule, protocol, values } = question
  const decider = await agreedBy(ctx, operator, question)
  if (!(await ctx.store.proposals.begin(id))) fail('NOT_APPROVED', { at: 'used' })
  const approval = approvalOf(ctx, question, decider)
  try {
    const answer = await check(ctx, {
      ...{ kind, purpose, rule, values, protocol, operator: operator.id },
      ...(question.case === null ? {} : { case: question.case }),
      approval,
    })
    await ctx.store.proposals.end(id)
    return { question, answer }
  } finally {
    behind(ctx, 'forgetting', forgetValues(ctx, id))
  }
}

/** Of questions that nobody asked in time, and of those that a crash cut off. */
export async function forgetExpiredValues(ctx: NodeContext): Promise<void> {
  const until = ctx.clock()
  const after = Number((await ctx.store.meta.get(FORGOTTEN)) ?? 0)
  for (const { id } of await ctx.store.proposals.expired('ask', { after, until })) {
    try {
      await forgetValues(ctx, id)
    } catch (error) {
      // What can't be opened is forgotten already, and keeps no other.
      if (!isProtocolError(error, 'SEALED_DAMAGED')) throw error
    }
    await ctx.pause()
  }
  await ctx.store.meta.set(FORGOTTEN, String(until))
}

async function forgetValues(ctx: NodeContext, id: string): Promise<void> {
  const {
    kind,
    purpose,
    rule,
    protocol,
    case: reference,
    count,
    proposer,
  } = await readQuestion(ctx, id)
  const about = { kind, purpose, rule, protocol, case: reference, count, proposer }
  await ctx.store.proposals.reseal(id, seal(ctx, id, { ...about, values: [] }))
}

function approvalOf(
  ctx: NodeContext,
  { id, proposer, createdAt }: WaitingQuestion,
  decider: Person,
): Approval {
  const approval = { proposal: id, proposer, decider, createdAt }
  const salt = ctx.random(32)
  return {
    approvers: [proposer.token, decider.token],
    commit: sealedCommit(salt, jcs(approval)),
    record: { ...approval, salt: hex(salt) },
  }
}

function open(ctx: NodeContext, row: Proposal): WaitingQuestion {
  const { id, decision, createdAt, expiresAt } = row
  const content = parseJcs(ctx.vault.open(contextOf(id), row.sealed)) as Json as Content
  const decider =
    decision === null ? null : (parseJcs(ctx.vault.open(decisionOf(id), decision.sealed)) as Person)
  return { ...content, id, decider, createdAt, expiresAt, state: stateOf(row, ctx.clock()) }
}

function seal(ctx: NodeContext, id: string, content: Content): Bytes {
  return ctx.vault.seal(contextOf(id), jcs(content), ctx.random)
}

const personOf = ({ id, name }: Operator): Person => ({ token: id, name })
const contextOf = (id: string) => `question/${id}`
const decisionOf = (id: string) => `question/${id}/decision`
