/** What an intersection leaves in the log; results and people are in the sealed records. */

import { intersectionOf } from '@drempel/protocol/convenant'
import { hex, type Json, jcs } from '@drempel/protocol/encoding'
import { type EventOf, sealedCommit, sizeBucket } from '@drempel/protocol/log'
import type { Appended } from '../../audit/index.ts'
import type { NodeContext } from '../context.ts'
import type { PeerCheckpoint } from '../journal.ts'
import { agreementDigest } from './messages.ts'
import type { PsiContent, PsiSession } from './state.ts'

type AgreedFields = Pick<
  EventOf<'psi.intent'>,
  'txid' | 'role' | 'parties' | 'kind' | 'purpose' | 'protocol' | 'sizeBucket' | 'digest'
>

/** Of a session that both agreed to. */
export function agreedFields({ side, id, peer, kind, purpose, content }: PsiSession): AgreedFields {
  const { proposal, acceptance } = content
  return {
    txid: id,
    role: side === 'proposer' ? 'asker' : 'partner',
    parties: [peer],
    kind: kind as PsiContent['proposal']['body']['kind'],
    purpose,
    protocol: `psi-${acceptance!.body.protocol}`,
    sizeBucket: sizeBucket(Math.max(proposal.body.size, acceptance!.body.size)),
    digest: hex(agreementDigest(proposal, acceptance!)),
  }
}

/** Before the first protocol byte. Two people who consented are bound by `approvalCommit`. */
export function journalPsiIntent(ctx: NodeContext, session: PsiSession): Promise<Appended> {
  const { people, own } = session.content
  const salt = ctx.random(32)
  const approval =
    people.length < 2 ? {} : { approvalCommit: sealedCommit(salt, jcs(people as unknown as Json)) }
  return ctx.audit.append(
    { type: 'psi.intent', ...agreedFields(session), ...approval },
    { ...recordOf(session), salt: own!.salt, approvalSalt: hex(salt) },
  )
}

export function journalPsiResult(
  ctx: NodeContext,
  session: PsiSession,
  status: 'answered' | 'suppressed' | 'refused' | 'failed',
  details: {
    readonly reason?: string
    readonly result?: Json
    readonly peerCheckpoint?: PeerCheckpoint | undefined
  } = {},
): Promise<Appended> {
  const { reason, result = null, peerCheckpoint } = details
  return ctx.audit.append(
    {
      type: 'psi.result',
      ...agreedFields(session),
      status,
      ...(reason === undefined ? {} : { reason }),
      ...(peerCheckpoint === undefined ? {} : { peerCheckpoints: [peerCheckpoint] }),
    },
    { ...recordOf(session), result },
  )
}

/** Before anything was agreed. Names that the convenant does not have stay out of the leaf. */
export function journalPsiRefused(
  ctx: NodeContext,
  about: {
    readonly id: string
    readonly side: 'proposer' | 'partner'
    readonly peer: string
    readonly purpose: string
    readonly kind: PsiContent['proposal']['body']['kind']
  },
  reason: string,
  record: Json = {},
): Promise<Appended> {
  const { convenant } = ctx.inForce()
  const known = intersectionOf(convenant, about.purpose) !== undefined
  const member = convenant.members.some(({ id }) => id === about.peer)
  return ctx.audit.append(
    {
      type: 'psi.refused',
      role: about.side === 'proposer' ? 'asker' : 'partner',
      txid: about.id,
      kind: about.kind,
      reason,
      ...(member ? { parties: [about.peer] } : {}),
      ...(known ? { purpose: about.purpose } : {}),
    },
    record,
  )
}

/** The signed agreement and who of this side stands behind it. */
function recordOf({ content }: PsiSession): { readonly [name: string]: Json } {
  const { proposal, acceptance, people, automatic, case: reference, cause = null } = content
  return {
    proposal: proposal as unknown as Json,
    acceptance: acceptance as unknown as Json,
    people: people as unknown as Json,
    automatic,
    case: reference,
    ...(cause === null ? {} : { cause }),
  }
}
