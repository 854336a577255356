/** Who is who in the convenant in force, and permission, always asked of `decide`. */

import {
  type Convenant,
  decide,
  kindOf,
  memberOf,
  NO_USAGE,
  type Request,
  type Usage,
} from '@drempel/protocol/convenant'
import { type Bytes, fromBase64url } from '@drempel/protocol/encoding'
import type { InForce, NodeContext } from './context.ts'
import { fail } from './errors.ts'

export type { InForce }

/** A member's Ed25519 key; undefined for who is no member. */
export function memberKey(inForce: InForce, member: string): Bytes | undefined {
  const found = memberOf(inForce.convenant, member)
  return found === undefined ? undefined : fromBase64url(found.signingKey)
}

/** Members in good standing, in order of id. */
export function activeMembers(convenant: Convenant): readonly string[] {
  return convenant.members
    .map(({ id }) => id)
    .filter((id) => !convenant.suspended.includes(id))
    .sort()
}

export function rulesOf(convenant: Convenant, kind: string): Convenant['rules'] {
  return convenant.rules.filter((rule) => rule.kind === kind)
}

/**
 * @param usage counters that matter to the request; the others count as untouched
 * @throws ProtocolError `REFUSED`, `at` = the refusal code of the convenant
 */
export function permit(
  ctx: NodeContext,
  request: Request,
  usage: Partial<Usage> = {},
): { readonly remaining: number | null; readonly stale: boolean } {
  const { convenant } = ctx.inForce()
  const decision = decide(convenant, request, { ...NO_USAGE, ...usage }, ctx.clock())
  return decision.allow ? decision : fail('REFUSED', { at: decision.code })
}

/** Whether a member may hold the keys of a rule's list: a consumer of it, and not suspended. */
export function mayHold(ctx: NodeContext, member: string, rule: string): boolean {
  const { convenant } = ctx.inForce()
  const request = { type: 'consume', member, rule } as const
  return decide(convenant, request, NO_USAGE, ctx.clock()).allow
}

/** Keys and flags of a kind that the convenant does not have would be of no use to anyone. @throws ProtocolError `REFUSED` */
export function knownKind({ convenant }: InForce, kind: string): void {
  if (kindOf(convenant, kind) === undefined) fail('REFUSED', { at: 'UNKNOWN_KIND' })
}

/** @throws ProtocolError `CONVENANT_DIFFERS`, culprit = the peer that works under another one */
export function sameConvenant(inForce: InForce, digest: string, peer: string): void {
  if (inForce.digest !== digest) {
    fail('CONVENANT_DIFFERS', {
      culprit: peer,
      hint: 'all nodes of a federation install the same version of the convenant',
    })
  }
}
