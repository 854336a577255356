/**
 * Checks what a coordinator says the members agreed on, and derives from it what every node must
 * derive alike: the salt, the plan, who contributes. A coordinator can't invent any of it.
 */

import { type Convenant, capsOf, kindOf } from '@drempel/protocol/convenant'
import {
  type Bytes,
  compareBytes,
  fromHex,
  jcs,
  utf8,
  verifyStatement,
} from '@drempel/protocol/encoding'
import { paddedSize, planRound, type RoundPlan, roundSalt } from '@drempel/protocol/threshold'
import { fail } from '../errors.ts'
import { type InForce, memberKey, rulesOf } from '../federation.ts'
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
  let last = ''
  for (const statement of commitments) {
    const { member } = statement
    if (member <= last) fail('STATEMENTS_DIFFER', { culprit: coordinator, at: 'order' })
    last = member
    verifyCommitment(inForce, announcement, statement)
    if (inForce.convenant.suspended.includes(member)) {
      fail('STATEMENTS_DIFFER', { culprit: coordinator, at: member })
    }
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

/**
 * One member's commitment: its own word, on this round, to a size that it may bring.
 * @throws ProtocolError `STATEMENTS_DIFFER`, `BAD_STATEMENT`, culprit = the member
 */
export function verifyCommitment(
  inForce: InForce,
  announcement: Announcement,
  statement: SignedCommitment,
): void {
  const { member, body } = statement
  verifyStatement(STATEMENT.commitment, statement, memberKey(inForce, member))
  const digest = announcementDigest(announcement)
  if (body.announcement !== digest || body.round !== announcement.round) {
    fail('STATEMENTS_DIFFER', { culprit: member, at: 'announcement' })
  }
  checkSize(inForce, announcement.kind, member, body.paddedSize)
  const computes = inForce.convenant.computeNodes.includes(member)
  if (computes !== (body.nonce !== null))
    fail('STATEMENTS_DIFFER', { culprit: member, at: 'nonce' })
}

/** The convenant's cap binds what others compute on, whatever the member's own software lets through. */
function checkSize(inForce: InForce, kind: string, member: string, size: number | null): void {
  const entry = kindOf(inForce.convenant, kind)
  if (size === null || entry === undefined) return
  const most = paddedSize(capsOf(entry, member).listCap)
  if (size > most || paddedSize(size) !== size) {
    fail('STATEMENTS_DIFFER', { culprit: member, at: 'paddedSize' })
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

export function derive(convenant: Convenant, terms: Terms): { plan: RoundPlan; salt: Bytes } {
  const partners = terms.commitments.flatMap(({ member, body }) =>
    body.paddedSize === null ? [] : [{ id: member, paddedSize: body.paddedSize }],
  )
  const [a, b, c] = terms.openings.map(({ body }) => fromHex(body.nonce)) as [Bytes, Bytes, Bytes]
  const { convenant: digest, round, kind } = terms.announcement
  return {
    plan: planRound(
      partners,
      countsReports(convenant, kind) ? 2 : countsAlone(convenant, kind) ? 1 : 0,
    ),
    salt: roundSalt(fromHex(digest), utf8(round), [a, b, c]),
  }
}

/** Whether a rule of the kind counts what one member alone holds. */
function countsAlone(convenant: Convenant, kind: string): boolean {
  return rulesOf(convenant, kind).some(({ aggregates }) => aggregates?.from === 1)
}

/** Whether a rule of the kind asks how many reports stand behind an identifier. */
export function countsReports(convenant: Convenant, kind: string): boolean {
  return rulesOf(convenant, kind).some(({ reports }) => reports !== undefined)
}
