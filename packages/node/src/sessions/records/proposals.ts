/**
 * What takes two people: one proposes, the other decides, the first carries it out, once, within
 * three days. Each step is durable before the next; names and reasons are sealed in the store, and in
 * the log in the record of the entry that the act leaves.
 */

import { hex, type Json, jcs, parseJcs } from '@drempel/protocol/encoding'
import { type EventBody, sealedCommit } from '@drempel/protocol/log'
import type { Operator } from '../../http/index.ts'
import type { Proposal } from '../../store/index.ts'
import type { NodeContext } from '../context.ts'
import { fail } from '../errors.ts'
import { agreedBy, differ, type Person, personOf, type Side } from './people.ts'

/** Long enough for somebody who is away for a weekend. */
const LIFETIME_MS = 3 * 86_400_000
const LISTED = 100

/** Who supervises asks to read; who manages asks to erase; the other side decides. */
const PROPOSES: Readonly<Record<Subject['act'], Side>> = {
  open: 'supervision',
  shred: 'management',
}
const DECIDES: Readonly<Record<Subject['act'], Side>> = {
  open: 'management',
  shred: 'supervision',
}

export type Subject =
  | { readonly act: 'open'; readonly origin: string; readonly index: number }
  | { readonly act: 'shred'; readonly period: string; readonly force: boolean }

/** A reference to what the organisation keeps elsewhere; in no leaf. */
type Motive = { readonly reason: string; readonly proposer: Person }

export type ProposalState = 'waiting' | 'approved' | 'denied' | 'expired' | 'used'

/** A proposal as the people whom it concerns may see it. */
export type OpenedProposal = Motive & {
  readonly id: string
  readonly subject: Subject
  readonly state: ProposalState
  readonly decider: Person | null
  readonly createdAt: number
  readonly expiresAt: number
}

/** @throws ProtocolError `DUAL_CONTROL` */
export async function propose(
  ctx: NodeContext,
  operator: Operator,
  subject: Subject,
  reason: string,
): Promise<OpenedProposal> {
  const { act } = subject
  const proposer = personOf(operator, PROPOSES[act])
  const id = hex(ctx.random(16))
  const sealed = ctx.vault.seal(contextOf(id), jcs({ reason, proposer }), ctx.random)
  await ctx.store.proposals.create({
    ...{ id, act, subject: encodeSubject(subject), sealed, proposer: operator.id },
    expiresAt: ctx.clock() + LIFETIME_MS,
  })
  return read(ctx, id)
}

/** @throws ProtocolError `DUAL_CONTROL`, `UNKNOWN_PROPOSAL`, `NOT_APPROVED` when it is too late */
export async function decide(
  ctx: NodeContext,
  operator: Operator,
  id: string,
  approve: boolean,
): Promise<OpenedProposal> {
  const { subject, state, proposer } = await read(ctx, id)
  const decider = personOf(operator, DECIDES[subject.act])
  differ(proposer, decider)
  if (state !== 'waiting') fail('NOT_APPROVED', { at: state })
  const sealed = ctx.vault.seal(decisionOf(id), jcs(decider), ctx.random)
  if (!(await ctx.store.proposals.decide(id, operator.id, approve, sealed))) {
    fail('NOT_APPROVED', { at: (await read(ctx, id)).state })
  }
  return read(ctx, id)
}

/** @throws ProtocolError `UNKNOWN_PROPOSAL` */
export async function read(ctx: NodeContext, id: string): Promise<OpenedProposal> {
  const row = await ctx.store.proposals.get(id)
  return row === null || row.act === 'ask' ? fail('UNKNOWN_PROPOSAL') : openProposal(ctx, row)
}

/** The latest, newest first. */
export async function list(ctx: NodeContext): Promise<readonly OpenedProposal[]> {
  const rows = await ctx.store.proposals.list(LISTED)
  return rows.filter(({ act }) => act !== 'ask').map((row) => openProposal(ctx, row))
}

/**
 * What two people agreed on, for the one who proposed it to carry out.
 * @throws ProtocolError `UNKNOWN_PROPOSAL`, `DUAL_CONTROL`, `NOT_APPROVED`
 */
export async function agreed<Act extends Subject['act']>(
  ctx: NodeContext,
  operator: Operator,
  id: string,
  act: Act,
): Promise<OpenedProposal & { readonly subject: Extract<Subject, { act: Act }> }> {
  const proposal = await read(ctx, id)
  const { subject } = proposal
  if (subject.act !== act) return fail('UNKNOWN_PROPOSAL')
  personOf(operator, PROPOSES[act])
  await agreedBy(ctx, operator, proposal)
  return { ...proposal, subject: subject as Extract<Subject, { act: Act }> }
}

/** Spends the approval: of requests that race one goes on. @throws ProtocolError `NOT_APPROVED` */
export async function begin(ctx: NodeContext, { id }: OpenedProposal): Promise<void> {
  if (!(await ctx.store.proposals.begin(id))) fail('NOT_APPROVED', { at: 'used' })
}

/** What the entry of an act says of the two people, and the record that it binds. */
export function approvalOf(
  ctx: NodeContext,
  { id, reason, proposer, decider, createdAt }: OpenedProposal,
): {
  readonly fields: Pick<EventBody<'record.opened'>, 'approvalCommit' | 'capacities'>
  readonly record: { readonly approval: Json; readonly salt: string }
} {
  const approval = { proposal: id, reason, proposer, decider, createdAt }
  const salt = ctx.random(32)
  const capacities = [proposer.capacity, decider!.capacity].sort()
  return {
    fields: { approvalCommit: sealedCommit(salt, jcs(approval)), capacities },
    record: { approval, salt: hex(salt) },
  }
}

export function openProposal(ctx: NodeContext, row: Proposal): OpenedProposal {
  const { id, decision } = row
  const motive = parseJcs(ctx.vault.open(contextOf(id), row.sealed)) as Motive
  const decider =
    decision === null ? null : (parseJcs(ctx.vault.open(decisionOf(id), decision.sealed)) as Person)
  return {
    ...motive,
    id,
    subject: parseSubject(row),
    state: stateOf(row, ctx.clock()),
    decider,
    createdAt: row.createdAt,
    expiresAt: row.expiresAt,
  }
}

/** Of a question too. */
export function stateOf({ decision, begunAt, expiresAt }: Proposal, now: number): ProposalState {
  if (begunAt !== null) return 'used'
  if (decision?.approved === false) return 'denied'
  if (!(now < expiresAt)) return 'expired'
  return decision === null ? 'waiting' : 'approved'
}

function encodeSubject(subject: Subject): string {
  return subject.act === 'open'
    ? `${subject.origin} ${subject.index}`
    : `${subject.period}${subject.force ? ' force' : ''}`
}

function parseSubject({ act, subject }: Proposal): Subject {
  const [first = '', second] = subject.split(' ')
  return act === 'shred'
    ? { act, period: first, force: second === 'force' }
    : { act: 'open', origin: first, index: Number(second) }
}

const contextOf = (id: string) => `proposal/${id}`
const decisionOf = (id: string) => `proposal/${id}/decision`
