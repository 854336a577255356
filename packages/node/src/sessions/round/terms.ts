/**
 * Checks what a coordinator says the members agreed on, and derives from it what every node must
 * derive alike: the salt, the plan, who contributes. A coordinator can't invent any of it.
 */

import {
  type Bytes,
  compareBytes,
  fromHex,
  jcs,
  utf8,
  verifyStatement,
} from '@drempel/protocol/encoding'
import { planRound, type RoundPlan, roundSalt } from '@drempel/protocol/threshold'
import { fail } from '../errors.ts'
import { type InForce, memberKey } from '../federation.ts'
import {
  type Announcement,
  announcementDigest,
  commitmentsDigest,
  nonceCommitment,
  type SignedCommitment,
  STATEMENT,
  type Terms,
} from './messages.ts'

/**
 * @param own this node's commitment, which must stand in the set unchanged
 * @throws ProtocolError `STATEMENTS_DIFFER`, `BAD_STATEMENT`, culprit = the member or the coordinator
 */
export function verifyCommitments(
  inForce: InForce,
  announcement: Announcement,
  commitments: readonly SignedCommitment[],
  own: SignedCommitment | null,
): void {
  const coordinator = announcement.coordinator
  const digest = announcementDigest(announcement)
  let last = ''
  for (const statement of commitments) {
    const { member, body } = statement
    if (member <= last) fail('STATEMENTS_DIFFER', { culprit: coordinator, at: 'order' })
    last = member
    verifyStatement(STATEMENT.commitment, statement, memberKey(inForce, member))
    if (body.announcement !== digest || body.round !== announcement.round) {
      fail('STATEMENTS_DIFFER', { culprit: member, at: 'announcement' })
    }
    const computes = inForce.convenant.computeNodes.includes(member)
    if (computes !== (body.nonce !== null))
      fail('STATEMENTS_DIFFER', { culprit: member, at: 'nonce' })
  }
  const members = commitments.map(({ member }) => member)
  for (const node of inForce.convenant.computeNodes) {
    if (!members.includes(node)) fail('STATEMENTS_DIFFER', { culprit: coordinator, at: node })
  }
  if (own !== null) {
    const included = commitments.find(({ member }) => member === own.member)
    if (included === undefined || compareBytes(jcs(included), jcs(own)) !== 0) {
      fail('STATEMENTS_DIFFER', { culprit: coordinator, at: 'own commitment' })
    }
  }
}

/** @throws ProtocolError as verifyCommitments, and for nonces that do not open their commitments */
export function verifyTerms(inForce: InForce, terms: Terms, own: SignedCommitment | null): void {
  const { announcement, commitments, openings } = terms
  verifyCommitments(inForce, announcement, commitments, own)
  const digest = announcementDigest(announcement)
  const set = commitmentsDigest(commitments)
  for (const [i, node] of inForce.convenant.computeNodes.entries()) {
    const statement = openings[i]!
    if (statement.member !== node) {
      fail('STATEMENTS_DIFFER', { culprit: announcement.coordinator, at: `openings.${i}` })
    }
    verifyStatement(STATEMENT.opening, statement, memberKey(inForce, node))
    const { body } = statement
    const committed = commitments.find(({ member }) => member === node)!.body.nonce
    const bound =
      body.announcement === digest &&
      body.round === announcement.round &&
      body.commitments === set &&
      nonceCommitment(fromHex(body.nonce), announcement.round, node) === committed
    if (!bound) fail('STATEMENTS_DIFFER', { culprit: node, at: 'nonce' })
  }
}

/** Members that put a list in, in the round's order; a member may stay out. */
export function contributors(terms: Terms): readonly string[] {
  return terms.commitments
    .filter(({ body }) => body.paddedSize !== null)
    .map(({ member }) => member)
}

export function derive(terms: Terms): { plan: RoundPlan; salt: Bytes } {
  const partners = terms.commitments.flatMap(({ member, body }) =>
    body.paddedSize === null ? [] : [{ id: member, paddedSize: body.paddedSize }],
  )
  const [a, b, c] = terms.openings.map(({ body }) => fromHex(body.nonce)) as [Bytes, Bytes, Bytes]
  const { convenant, round } = terms.announcement
  return { plan: planRound(partners), salt: roundSalt(fromHex(convenant), utf8(round), [a, b, c]) }
}
