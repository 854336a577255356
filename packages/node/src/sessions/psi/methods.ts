/** What the other member may send of an intersection. */

import { isProtocolError, type Json, verifyStatement } from '@drempel/protocol/encoding'
import type { Channel } from '../../peers/index.ts'
import type { NodeContext, PeerMethod } from '../context.ts'
import { fail, failure } from '../errors.ts'
import { memberKey, permit, sameConvenant } from '../federation.ts'
import { perMinute } from '../limit.ts'
import { parseBody } from '../parse.ts'
import { choice, commit, mostOf, padded, requestOf, verifyPeerIntent } from './agree.ts'
import { decideByPolicy } from './consent.ts'
import { journalPsiRefused } from './journal.ts'
import {
  acceptanceMessage,
  endMessage,
  proposalDigest,
  type SignedAcceptance,
  STATEMENT,
  signedProposal,
} from './messages.ts'
import { refuseWaiting } from './refusal.ts'
import type { Intersections } from './runs.ts'
import { type PsiSession, sealContent, sessionOf } from './state.ts'

const SMALL = 64 * 1024
const ACCEPTANCE = 128 * 1024
/** Of one member, waiting at one time. */
const WAITING = 64
const PER_MINUTE = 60
/** How far a proposal's time may lie from the own clock. */
const SKEW_MS = 5 * 60_000

const ok: Json = { ok: true }

export function psiMethods(ctx: NodeContext, runs: Intersections): readonly PeerMethod[] {
  const budget = perMinute(PER_MINUTE, ctx.clock)

  return [
    {
      name: 'psi/propose',
      maxBody: SMALL,
      async handle(from, body) {
        const statement = parseBody(signedProposal, body, from)
        const { body: proposal } = statement
        if (statement.member !== from || proposal.proposer !== from) {
          fail('PSI_DIFFERS', { culprit: from, at: 'proposer' })
        }
        if (proposal.partner !== ctx.self) fail('PSI_DIFFERS', { culprit: from, at: 'partner' })
        sameConvenant(ctx.inForce(), proposal.convenant, from)
        verifyStatement(STATEMENT.proposal, statement, memberKey(ctx.inForce(), from))
        const late = !(Math.abs(Date.parse(proposal.createdAt) - ctx.clock()) <= SKEW_MS)
        if (late) fail('PSI_DIFFERS', { culprit: from, at: 'createdAt' })
        if (!budget(from)) fail('BUSY', { at: 'psi' })
        const { id, purpose, kind, size } = proposal
        const about = { id, side: 'partner', peer: from, purpose, kind } as const
        // Key holders know the names of this node's queries: under one of those what came out of this
        // session would be told to whom that query was about, and the other way round.
        if ((await ctx.audit.find(id)).length > 0) fail('TXID_REPLAYED', { culprit: from })
        try {
          const sizes = { proposer: size, partner: null }
          permit(ctx, requestOf(proposal, 'partner', { sizes }))
        } catch (error) {
          if (isProtocolError(error, 'REFUSED')) await journalPsiRefused(ctx, about, error.at!)
          throw error
        }
        const open = (await ctx.store.psi.open()).filter(({ peer }) => peer === from)
        if (open.length >= WAITING) fail('BUSY', { at: 'psi' })
        const content = {
          ...{ proposal: statement, acceptance: null, own: null, people: [], automatic: false },
          ...{ case: null, why: null, result: null },
        }
        await ctx.store.psi
          .create({
            ...{ id, side: 'partner', peer: from, purpose, kind, state: 'proposed' },
            sealed: sealContent(ctx, id, content),
            ...{ list: null, committedAt: null, reason: null, culprit: null },
          })
          .catch((error: unknown) => {
            if (isProtocolError(error, 'STORE_CONFLICT')) fail('TXID_REPLAYED', { culprit: from })
            throw error
          })
        ctx.log('info', 'psi.proposed', { txid: id, peer: from })
        decideByPolicy(ctx, runs, { id, peer: from, purpose })
        return ok
      },
    },
    {
      name: 'psi/accept',
      maxBody: ACCEPTANCE,
      async handle(from, body) {
        const { acceptance, receipt } = parseBody(acceptanceMessage, body, from)
        const { id } = acceptance.body
        // Of one session only: who is slow to show its log holds up nobody else.
        return runs.inTurnOf(id, async () => {
          const session = await sessionOf(ctx, id, from)
          const begin = () => accepted(ctx, runs, session, acceptance, receipt)
          try {
            return { receipt: await runs.claim(id, begin) }
          } catch (error) {
            if (session.state === 'proposed') {
              await refusedHere(ctx, runs, session, error)
            }
            throw error
          }
        })
      },
    },
    {
      name: 'psi/end',
      maxBody: SMALL,
      async handle(from, body) {
        const { id, refused, reason } = parseBody(endMessage, body, from)
        const session = await sessionOf(ctx, id, from)
        if (refused && session.state === 'proposed') {
          await refuseWaiting(ctx, runs, id, { reason, theirs: true })
        } else {
          await runs.fail(id, failure('PSI_ENDED', { culprit: from, at: reason }), false)
        }
        return ok
      },
    },
  ]
}

/** For the WebSocket route. @throws ProtocolError for who is no partner of that session */
export async function acceptPsiChannel(
  runs: Intersections,
  peer: string,
  path: string,
): Promise<(channel: Channel) => void> {
  const id = /^\/peer\/v1\/psi\/([0-9a-f]{32})\/channel$/.exec(path)?.[1]
  return runs.offered(id ?? fail('BAD_REQUEST', { culprit: peer, at: 'path' }), peer)
}

/** The proposer's side: all that the partner says is held against the proposal before a word is entered. */
async function accepted(
  ctx: NodeContext,
  runs: Intersections,
  session: PsiSession,
  acceptance: SignedAcceptance,
  receipt: string,
): Promise<string> {
  const { id, peer, side, state, content } = session
  const known = content.acceptance
  const again = known !== null && known.signature === acceptance.signature
  // An answer that was lost is given once more.
  if (state === 'running' && again) return intentReceipt(ctx, id)
  if (side !== 'proposer' || state !== 'proposed') {
    return fail('PSI_WRONG_STATE', { culprit: peer, at: state })
  }
  const { body } = acceptance
  const { body: proposal } = content.proposal
  sameConvenant(ctx.inForce(), proposal.convenant, ctx.self)
  const differs = (at: string) => fail('PSI_DIFFERS', { culprit: peer, at })
  if (acceptance.member !== peer) differs('member')
  if (body.proposal !== proposalDigest(proposal)) differs('proposal')
  verifyStatement(STATEMENT.acceptance, acceptance, memberKey(ctx.inForce(), peer))
  const { protocol, why } = choice(ctx, proposal, body.size, body.prepared !== null)
  if (body.protocol !== protocol) differs('protocol')
  const most = padded(ctx, proposal.purpose, 'proposer', mostOf(ctx, proposal.purpose))
  const isPrepared = body.prepared?.most === most
  if ((protocol === 'prepared') !== isPrepared) differs('prepared')
  const agreed = { ...session, content: { ...content, acceptance } }
  const seen = await verifyPeerIntent(ctx, agreed, receipt)
  await ctx.witnessing.cosigning.ready()
  const committed = await runs.inTurn(() => commit(ctx, session, acceptance, why))
  await runs.enter(committed)
  await runs.start(committed, seen)
  return intentReceipt(ctx, id)
}

async function intentReceipt(ctx: NodeContext, txid: string): Promise<string> {
  const entries = await ctx.audit.find(txid)
  const { origin, index } = entries.find(({ type }) => type === 'psi.intent')!
  return ctx.audit.receipt(origin, index)
}

/** The proposer will not begin: by the convenant, its witnesses, or what the partner sent. */
async function refusedHere(
  ctx: NodeContext,
  runs: Intersections,
  session: PsiSession,
  error: unknown,
): Promise<void> {
  if (isProtocolError(error, 'REFUSED')) {
    const about = { ...session, kind: session.content.proposal.body.kind }
    await journalPsiRefused(ctx, about, error.at!)
  }
  await runs.fail(session.id, error, false)
}
