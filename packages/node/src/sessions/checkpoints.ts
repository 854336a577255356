/** Heads of other members' logs, as they hand them over with their messages. */

import { base64, utf8 } from '@drempel/protocol/encoding'
import {
  type OpenCheckpoint,
  parseOrigin,
  rememberingOpener,
  unverifiedCheckpoint,
  type VerifierKey,
  verifierKey,
} from '@drempel/protocol/log'
import type { NodeContext } from './context.ts'
import { fail } from './errors.ts'
import { memberKey } from './federation.ts'
import type { PeerCheckpoint } from './journal.ts'

/**
 * The key under which a member signs the log of one origin.
 * @throws ProtocolError `BAD_REQUEST` when the origin is not the member's under this convenant
 */
export function logKey(ctx: NodeContext, member: string, origin: string): VerifierKey {
  const inForce = ctx.inForce()
  const key = memberKey(inForce, member)
  const named = parseOrigin(origin)
  const its = named.member === member && named.convenant === inForce.convenant.id
  return key !== undefined && its
    ? verifierKey(origin, key)
    : fail('BAD_REQUEST', { culprit: member, at: 'origin' })
}

const REMEMBERED = 64
const openers = new WeakMap<NodeContext, OpenCheckpoint>()

/** Remembers the latest notes: with many queries under way, most come under a head that was seen. */
export function openerOf(ctx: NodeContext): OpenCheckpoint {
  const open = openers.get(ctx) ?? rememberingOpener(REMEMBERED)
  openers.set(ctx, open)
  return open
}

/** @throws ProtocolError of the log layer, or `BAD_REQUEST`, for a note that is not the member's */
export function memberCheckpoint(ctx: NodeContext, member: string, note: string): PeerCheckpoint {
  const { origin } = unverifiedCheckpoint(note)
  const { size, root } = openerOf(ctx)(note, logKey(ctx, member, origin))
  return { origin, size, root: base64(root) }
}

/**
 * As `memberCheckpoint`, compared with the largest tree seen of that log.
 * @returns `remember` keeps this one, if it is larger
 * @throws ProtocolError `LOG_FORKED`, culprit = member, when it signed another tree of that size
 */
export async function followLog(
  ctx: NodeContext,
  member: string,
  note: string,
): Promise<{ readonly seen: PeerCheckpoint; readonly remember: () => Promise<void> }> {
  const seen = memberCheckpoint(ctx, member, note)
  const name = `seen/${seen.origin}`
  const [size, root] = ((await ctx.store.meta.get(name)) ?? '').split(' ')
  if (Number(size) === seen.size && root !== seen.root) {
    fail('LOG_FORKED', { culprit: member, evidence: utf8(note) })
  }
  return {
    seen,
    async remember() {
      // Requests overtake each other, so an older tree is no fault by itself.
      if (Number(size) >= seen.size) return
      await ctx.store.meta.set(name, `${seen.size} ${seen.root}`)
    },
  }
}
