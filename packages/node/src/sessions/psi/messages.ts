/**
 * What two nodes say to each other before an intersection. Proposal and acceptance are statements, each
 * signed by who commits to a list, so that either node can show later what the other agreed to.
 */

import { PSI_OUTPUTS, PSI_PROTOCOLS, PSI_TO } from '@drempel/protocol/convenant'
import { type Bytes, hashParts, hex, jcs, statementSchema } from '@drempel/protocol/encoding'
import { IDENTIFIER_KINDS } from '@drempel/protocol/identifiers'
import { z } from 'zod'
import { hex16, hex32 } from '../round/messages.ts'
import { CAUSES } from './causes.ts'
import { preparedTerms } from './prepared/terms.ts'

/** `prepared`: `ecdh` with a list of the partner's that was masked ahead. */
const PROTOCOLS = [...PSI_PROTOCOLS, 'prepared'] as const

const member = z.string().max(64)
/** Padded. */
const size = z.int().min(1)

export const proposal = z.strictObject({
  convenant: hex32,
  id: hex16,
  proposer: member,
  partner: member,
  purpose: z.string().max(64),
  kind: z.enum(IDENTIFIER_KINDS),
  output: z.enum(PSI_OUTPUTS),
  to: z.enum(PSI_TO),
  /** Null: whichever suits both sizes. */
  protocol: z.enum(PROTOCOLS).nullable(),
  size,
  /** Salted digest of the proposer's list. */
  list: hex32,
  createdAt: z.iso.datetime(),
})
export type Proposal = z.infer<typeof proposal>
export const signedProposal = statementSchema(proposal)
export type SignedProposal = z.infer<typeof signedProposal>

/** Names the proposal by its digest, so that it accepts these terms and no others. */
export const acceptance = z.strictObject({
  proposal: hex32,
  id: hex16,
  protocol: z.enum(PROTOCOLS),
  size,
  list: hex32,
  /** The list, where it was masked ahead: `size` and `list` are its own, whatever the session. */
  prepared: preparedTerms.nullable(),
})
export const signedAcceptance = statementSchema(acceptance)
export type SignedAcceptance = z.infer<typeof signedAcceptance>

/** The partner's acceptance and its own entry in its log. */
export const acceptanceMessage = z.strictObject({
  acceptance: signedAcceptance,
  receipt: z.string().max(65_536),
})
export const acceptedMessage = z.strictObject({ receipt: z.string().max(65_536) })

/** Why a side would not begin. The other enters it in its log, which takes no words of a peer's own. */
export const refusal = z.enum(['WITHDRAWN', 'REFUSED_BY_PERSON', 'REFUSED_BY_POLICY'])
export type Refusal = z.infer<typeof refusal>

/** One side gave up, or would not begin. */
export const endMessage = z.discriminatedUnion('refused', [
  z.strictObject({ id: hex16, refused: z.literal(true), reason: refusal }),
  z.strictObject({ id: hex16, refused: z.literal(false), reason: z.enum(CAUSES) }),
])

export const STATEMENT = { proposal: 'psi.proposal', acceptance: 'psi.acceptance' } as const

export function proposalDigest(value: Proposal): string {
  return hex(hashParts('drempel/v1/psi/proposal', jcs(value)))
}

/** 32 bytes that bind terms, members, sizes and both commitments: the protocol's context and the logs' digest. */
export function agreementDigest(
  { body: proposed }: SignedProposal,
  { body: accepted }: SignedAcceptance,
): Bytes {
  return hashParts('drempel/v1/psi/agreement', jcs(proposed), jcs(accepted))
}

/** Who learns first, and how that is put to the protocol. */
export function rolesOf({ proposer, partner, to }: Proposal): {
  readonly receiver: string
  readonly to: 'receiver' | 'both'
} {
  return {
    receiver: to === 'partner' ? partner : proposer,
    to: to === 'both' ? 'both' : 'receiver',
  }
}
