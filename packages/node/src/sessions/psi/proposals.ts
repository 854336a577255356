/**
 * What people do with intersections: propose one, consent to one, refuse or withdraw one. Both sides'
 * consent and both commitments stand in both logs before the first byte of the protocol.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { hex, isProtocolError, type Json, signStatement } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import type { Operator } from '../../http/index.ts'
import type { NodeContext } from '../context.ts'
import { fail, failure } from '../errors.ts'
import { permit, sameConvenant } from '../federation.ts'
import { parseBody } from '../parse.ts'
import { differ, standing } from '../records/people.ts'
import { choice, commit, padded, requestOf, termsOf, verifyPeerIntent } from './agree.ts'
import { listFor, type PsiBrought, type PsiInput, preparedFor, refuser } from './bring.ts'
import { dropList } from './lists.ts'
import {
  acceptedMessage,
  type Proposal,
  proposalDigest,
  type SignedAcceptance,
  type SignedProposal,
  STATEMENT,
} from './messages.ts'
import { readyTerms } from './prepared/run.ts'
import { refuseWaiting } from './refusal.ts'
import { copyingFlags } from './rights.ts'
import type { Intersections } from './runs.ts'
import {
  move,
  type Person,
  type PsiContent,
  type PsiSession,
  sealContent,
  sessionOf,
} from './state.ts'
import { tellEnd } from './told.ts'

export type PsiAsked = Pick<Proposal, 'partner' | 'purpose' | 'output' | 'to' | 'protocol'> & {
  readonly kind: IdentifierKind
  readonly input: PsiInput
  readonly case: string | null
}

const ATTEMPTS = 4

/**
 * Proposes an intersection; under four eyes it waits here for a second person first.
 * @throws ProtocolError `REFUSED` (entered), `LIST_UNKNOWN`, `PEER_UNREACHABLE` and the like
 */
export async function proposeIntersection(
  ctx: NodeContext,
  runs: Intersections,
  operator: Operator,
  asked: PsiAsked,
): Promise<PsiSession> {
  const { partner, purpose, kind, output, to, protocol } = asked
  const id = hex(ctx.random(16))
  const terms = { proposer: ctx.self, partner, purpose, kind, output, to, protocol }
  const refusing = refuser(ctx, { id, side: 'proposer', peer: partner, purpose, kind }, operator)
  await refusing(async () => permit(ctx, requestOf(terms, 'proposer')))
  await copyingFlags(runs, kind, async () => {
    const { own, size } = await refusing(() =>
      listFor(ctx, { id, side: 'proposer', purpose, kind }, asked.input, (size, listSize) => {
        const sizes = { proposer: size, partner: null }
        permit(ctx, requestOf(terms, 'proposer', { sizes, listSize }))
      }),
    )
    const body: Proposal = {
      ...terms,
      convenant: ctx.inForce().digest,
      id,
      size,
      list: own.commitment,
      createdAt: new Date(ctx.clock()).toISOString(),
    }
    const content = {
      proposal: signedProposal(ctx, body),
      acceptance: null,
      own,
      people: [personOf(operator)],
      automatic: false,
      case: asked.case,
      why: null,
      result: null,
    }
    await ctx.store.psi.create({
      ...{ id, side: 'proposer', peer: partner, purpose, kind, state: 'drafted' },
      sealed: sealContent(ctx, id, content),
      ...{ list: null, committedAt: null, reason: null, culprit: null },
    })
  })
  const session = await sessionOf(ctx, id)
  return termsOf(ctx, purpose).fourEyes ? session : send(ctx, runs, session)
}

/**
 * Proposes again what came to nothing, in the same terms and with the same list, a day long.
 * @param input another list than that
 * @throws ProtocolError as `proposeIntersection`; `PSI_UNKNOWN`, `PSI_WRONG_STATE`
 */
export async function repeatIntersection(
  ctx: NodeContext,
  runs: Intersections,
  operator: Operator,
  id: string,
  input: PsiInput | undefined,
): Promise<PsiSession> {
  const { side, state, content } = await sessionOf(ctx, id)
  if (side !== 'proposer' || !isOver({ state })) return fail('PSI_WRONG_STATE', { at: state })
  const { body } = content.proposal
  const same = content.own?.source === 'flags' ? 'flags' : { of: id }
  return proposeIntersection(ctx, runs, operator, {
    ...body,
    input: input ?? same,
    case: content.case,
  })
}

/**
 * Consents on behalf of this side. As the proposer's second person: the proposal goes out. As the
 * partner: with the second person, or the first where one is enough, it begins.
 * @param by null where the node's policy consents
 * @throws ProtocolError `REFUSED` (entered), `PSI_WRONG_STATE`, `DUAL_CONTROL`, and why the proposer would
 *   not begin
 */
export async function acceptIntersection(
  ctx: NodeContext,
  runs: Intersections,
  by: Operator | null,
  id: string,
  input: PsiBrought | undefined,
): Promise<PsiSession> {
  const before = await sessionOf(ctx, id)
  if (before.state === 'drafted') {
    const agreed = await consented(ctx, before, by)
    // It goes out now, however long it waited; the partner takes none that is older.
    const body = { ...agreed.proposal.body, createdAt: new Date(ctx.clock()).toISOString() }
    const content = { ...agreed, proposal: signedProposal(ctx, body) }
    return send(ctx, runs, await move(ctx, before, ['drafted'], 'drafted', { content }))
  }
  if (before.side !== 'partner' || before.state !== 'proposed') {
    return fail('PSI_WRONG_STATE', { at: before.state })
  }
  return runs.claim(id, () => acceptAsPartner(ctx, runs, by, before, input))
}

async function acceptAsPartner(
  ctx: NodeContext,
  runs: Intersections,
  by: Operator | null,
  before: PsiSession,
  input: PsiBrought | undefined,
): Promise<PsiSession> {
  const { id, purpose, content } = before
  const { body } = content.proposal
  // Terms that were agreed since may be others than those that were proposed.
  sameConvenant(ctx.inForce(), body.convenant, before.peer)
  const refusing = refuser(ctx, { ...before, kind: body.kind }, by)
  const needed = termsOf(ctx, purpose).fourEyes ? 2 : 1
  // One at a time: two people who accept at once bring one list.
  const bring = async () => {
    const found = await sessionOf(ctx, id)
    const agreed = await consented(ctx, found, by)
    let { own } = agreed
    // The second person consents to what the first brought, and to nothing else.
    const second = own !== null && agreed.people.length > 1
    if ((input === undefined) !== second) {
      return fail('BAD_REQUEST', { at: 'input', hint: 'one list, by who consents first' })
    }
    if (input !== undefined) {
      const suits = (input === 'prepared') === (body.protocol === 'prepared')
      if (!suits && (input !== 'prepared' || body.protocol !== null)) {
        return fail('BAD_REQUEST', { at: 'input', hint: 'prepared: the proposal says which' })
      }
      await dropList(ctx, id)
      const about = { id, side: 'partner', purpose, kind: body.kind } as const
      const allowed = (size: number, listSize: number) => {
        const sizes = { proposer: body.size, partner: size }
        permit(ctx, requestOf(body, 'partner', { sizes, listSize }))
      }
      own = await refusing(async () => {
        if (input === 'prepared') return preparedFor(ctx, found, allowed)
        return (await listFor(ctx, about, input, allowed)).own
      })
    }
    return move(ctx, found, ['proposed'], 'proposed', { content: { ...agreed, own } })
  }
  const session = await runs.inTurnOf(id, () => copyingFlags(runs, body.kind, bring))
  if (by !== null && session.content.people.length < needed) return session
  return refusing(() => begin(ctx, runs, session))
}

/**
 * The partner refuses, the proposer withdraws, either stops what runs; for good.
 * @throws ProtocolError `PSI_WRONG_STATE` for what is over
 */
export async function refuseIntersection(
  ctx: NodeContext,
  runs: Intersections,
  by: Operator | null,
  id: string,
): Promise<PsiSession> {
  const before = await sessionOf(ctx, id)
  if (before.state === 'committed' || before.state === 'running') {
    await runs.fail(id, failure('PSI_STOPPED', { culprit: ctx.self }))
    return sessionOf(ctx, id)
  }
  const reason =
    before.side === 'proposer'
      ? 'WITHDRAWN'
      : by === null
        ? 'REFUSED_BY_POLICY'
        : 'REFUSED_BY_PERSON'
  return refuseWaiting(ctx, runs, id, { reason, theirs: false }, { operator: by?.id ?? null })
}

/** To the partner: from here on it can come back at any time. */
async function send(
  ctx: NodeContext,
  runs: Intersections,
  before: PsiSession,
): Promise<PsiSession> {
  const session = await move(ctx, before, ['drafted'], 'proposed')
  try {
    await ctx.call(session.peer, 'psi/propose', session.content.proposal as unknown as Json)
  } catch (error) {
    // Without an answer it may have come all the same, and would wait there for a week.
    await runs.fail(session.id, error, !isProtocolError(error, 'PEER_PROBLEM'))
    throw error
  }
  const sent = await sessionOf(ctx, session.id)
  // Ended here meanwhile: the word of that can have come to who did not know the proposal yet.
  if (isOver(sent) && sent.culprit !== sent.peer) {
    await ctx.store.psi.setUntold(sent.id, true)
    tellEnd(ctx, sent)
  }
  return sent
}

/** The partner's side: own entry, the proposer's entry in return, and then the connection. */
async function begin(
  ctx: NodeContext,
  runs: Intersections,
  before: PsiSession,
): Promise<PsiSession> {
  const { content, id, peer, purpose } = before
  const { body } = content.proposal
  const own = content.own!
  const size = padded(ctx, purpose, 'partner', own.size)
  const prepared = own.prepared === undefined ? null : await readyTerms(ctx, own.prepared)
  const { protocol, why } = choice(ctx, body, size, prepared !== null)
  const accepted = {
    ...{ proposal: proposalDigest(body), id, protocol, size, list: own.commitment },
    prepared,
  }
  const acceptance: SignedAcceptance = signStatement(
    STATEMENT.acceptance,
    accepted,
    ctx.self,
    ctx.signer,
  )
  await ctx.witnessing.cosigning.ready()
  const session = await runs.inTurn(() => commit(ctx, before, acceptance, why))
  try {
    const { origin, index, leaf } = await runs.enter(session)
    const receipt = await ctx.audit.receipt(origin, index, leaf)
    const message = { acceptance, receipt } as unknown as Json
    const answer = await patiently(() => ctx.call(peer, 'psi/accept', message))
    const theirs = parseBody(acceptedMessage, answer, peer)
    const seen = await verifyPeerIntent(ctx, session, theirs.receipt)
    const connect = () => ctx.connectChannel(peer, `/peer/v1/psi/${id}/channel`)
    return await runs.start(session, seen, connect)
  } catch (error) {
    await runs.fail(id, error)
    throw error
  }
}

/** A partner that restarts is there again in a moment; the same acceptance is taken twice. */
async function patiently<Value>(work: () => Promise<Value>): Promise<Value> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!isProtocolError(error, 'PEER_UNREACHABLE') || attempt === ATTEMPTS) throw error
      await sleep(250 * 2 ** attempt)
    }
  }
}

/**
 * Where it takes two people, who consented by a token that was revoked since did not: on the partner's side
 * another takes that place, with a list; what they proposed themselves goes nowhere.
 * @throws ProtocolError `DUAL_CONTROL`
 */
async function consented(
  ctx: NodeContext,
  { side, content, purpose }: PsiSession,
  by: Operator | null,
): Promise<PsiContent> {
  if (by === null) return { ...content, automatic: true }
  const { fourEyes } = termsOf(ctx, purpose)
  const people = fourEyes ? await standing(ctx, content.people) : content.people
  if (side === 'proposer' && people.length < content.people.length) {
    fail('DUAL_CONTROL', { at: 'revoked' })
  }
  const [first] = people
  // Who consents alone, and was refused before, may do so again; so may two who are all it takes.
  if (first?.token === by.id && !fourEyes) return content
  if (fourEyes && people.length > 1) return content
  const person = personOf(by)
  for (const other of people) differ(other, person)
  return { ...content, people: [...people, person] }
}

function signedProposal(ctx: NodeContext, body: Proposal): SignedProposal {
  return signStatement(STATEMENT.proposal, body, ctx.self, ctx.signer)
}

function isOver({ state }: Pick<PsiSession, 'state'>): boolean {
  return state === 'failed' || state === 'refused'
}

const personOf = ({ id, name }: Operator): Person => ({ token: id, name })
