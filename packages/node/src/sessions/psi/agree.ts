/**
 * How an intersection is agreed to: what the convenant says of it at each step, the chosen protocol, and
 * the entry that each side shows the other before anything is computed.
 */

import type { Psi } from '@drempel/protocol/api'
import {
  type Intersection,
  type IntersectRequest,
  intersectionOf,
  paddedListSize,
} from '@drempel/protocol/convenant'
import { fromBase64, fromHex } from '@drempel/protocol/encoding'
import { verifyPsiIntent } from '@drempel/protocol/log'
import { chooseProtocol } from '@drempel/protocol/psi'
import { followLog, openerOf } from '../checkpoints.ts'
import type { NodeContext } from '../context.ts'
import { fail } from '../errors.ts'
import { memberKey, permit } from '../federation.ts'
import { standing } from '../records/people.ts'
import { agreedFields } from './journal.ts'
import { type Proposal, rolesOf, type SignedAcceptance } from './messages.ts'
import { move, type PsiSession } from './state.ts'

const DAY_MS = 86_400_000
/** As for the intent of a query. */
const MAX_INTENT_AGE = 15 * 60_000

/** @throws ProtocolError `REFUSED` */
export function termsOf(ctx: NodeContext, purpose: string): Intersection {
  const terms = intersectionOf(ctx.inForce().convenant, purpose)
  return terms ?? fail('REFUSED', { at: 'UNKNOWN_PURPOSE' })
}

/** What a proposal asks of the convenant, with what is not known yet left open. */
export function requestOf(
  proposal: Omit<Proposal, 'size' | 'list' | 'convenant' | 'id' | 'createdAt'>,
  side: 'proposer' | 'partner',
  known: Partial<Omit<IntersectRequest, 'type' | 'side'>> = {},
): IntersectRequest {
  const { proposer, partner, purpose, kind, output, to, protocol } = proposal
  return {
    type: 'intersect',
    ...{ side, proposer, partner, purpose, kind, output, to, protocol },
    sizes: { proposer: null, partner: null },
    listSize: null,
    consent: null,
    ...known,
  }
}

export function padded(
  ctx: NodeContext,
  purpose: string,
  side: 'proposer' | 'partner',
  size: number,
): number {
  return paddedListSize(termsOf(ctx, purpose), side, size)
}

/** Of a proposer's list, as the terms have it. */
export function mostOf(ctx: NodeContext, purpose: string): number {
  return termsOf(ctx, purpose).sizes.proposer.most
}

type Choice = {
  readonly protocol: SignedAcceptance['body']['protocol']
  readonly why: NonNullable<Psi['why']>
}

/**
 * Both sides come to the same choice.
 * @param prepared whether the partner brings a list that was masked ahead
 */
export function choice(
  ctx: NodeContext,
  proposal: Proposal,
  partnerSize: number,
  prepared: boolean,
): Choice {
  if (proposal.protocol !== null) return { protocol: proposal.protocol, why: 'ASKED' }
  if (prepared) return { protocol: 'prepared', why: 'PREPARED' }
  const { protocols } = termsOf(ctx, proposal.purpose)
  const receives = rolesOf(proposal).receiver === proposal.proposer
  const [receiver, sender] = receives ? [proposal.size, partnerSize] : [partnerSize, proposal.size]
  const chosen = chooseProtocol({ output: proposal.output, sizes: { receiver, sender } })
  if (protocols.includes(chosen.protocol)) return { protocol: chosen.protocol, why: chosen.reason }
  return { protocol: protocols[0]!, why: 'AGREED' }
}

/**
 * From `proposed` to `committed`, once the convenant allows it with all that is known and the runs there
 * have been. One at a time, so that two cannot both take the last of a quota.
 * @throws ProtocolError `REFUSED`, `PSI_WRONG_STATE`
 */
export async function commit(
  ctx: NodeContext,
  session: PsiSession,
  acceptance: SignedAcceptance,
  why: NonNullable<Psi['why']>,
): Promise<PsiSession> {
  const { side, purpose, peer, content } = session
  const { body } = content.proposal
  const list = fromHex(content.own!.known)
  const { quota, fourEyes } = termsOf(ctx, purpose)
  const since = ctx.clock() - quota.days * DAY_MS
  const intersected = await ctx.store.psi.committed(purpose, peer, since, list)
  const people = fourEyes ? await standing(ctx, content.people) : content.people
  const consent = content.automatic ? 'policy' : people.map(({ token }) => token)
  permit(
    ctx,
    requestOf(body, side, {
      protocol: acceptance.body.protocol,
      sizes: { proposer: body.size, partner: acceptance.body.size },
      listSize: content.own!.size,
      consent,
      ...livesOf(acceptance),
    }),
    { intersected },
  )
  return move(ctx, session, ['proposed'], 'committed', {
    content: { ...content, acceptance, why },
    list,
    committedAt: ctx.clock(),
  })
}

function livesOf({ body: { prepared } }: SignedAcceptance): Pick<IntersectRequest, 'prepared'> {
  if (prepared === null) return {}
  const [createdAt, expiresAt] = [prepared.createdAt, prepared.expiresAt].map(Date.parse)
  return { prepared: { createdAt: createdAt!, expiresAt: expiresAt! } }
}

/**
 * That the peer's log has the same agreement, under a head that fits what was seen of that log.
 * @throws ProtocolError culprit = the peer: as `verifyPsiIntent`, `LOG_FORKED`, `NOT_WITNESSED`
 */
export async function verifyPeerIntent(ctx: NodeContext, session: PsiSession, receipt: string) {
  const inForce = ctx.inForce()
  const { convenant, digest } = inForce
  const { peer } = session
  const { role, parties: _, ...fields } = agreedFields(session)
  const { checkpoint, note } = verifyPsiIntent(
    receipt,
    {
      ...fields,
      role: role === 'asker' ? 'partner' : 'asker',
      peer,
      self: ctx.self,
      signingKey: memberKey(inForce, peer) ?? fail('CONVENANT_DIFFERS', { culprit: peer }),
      convenant: { id: convenant.id, version: convenant.version, digest },
      now: ctx.clock(),
      maxAge: MAX_INTENT_AGE,
    },
    openerOf(ctx),
  )
  const { seen, remember } = await followLog(ctx, peer, checkpoint, note)
  await remember()
  return seen
}

/** The own list as the commitment has it. */
export function saltOf({ content }: PsiSession): Uint8Array {
  return fromBase64(content.own!.salt)
}
