/** The key holder whose operator asks for a new key leads the generation; it can't bend it, only end it. */

import { hex, isProtocolError, type Json } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { encodeTranscript, parseTranscript } from '@drempel/protocol/oprf'
import type { KeyEpoch } from '../../store/index.ts'
import type { NodeContext } from '../context.ts'
import { fail } from '../errors.ts'
import { activeMembers } from '../federation.ts'
import { journalKeyFailed } from '../journal.ts'
import { parseBody } from '../parse.ts'
import {
  decodeBytes,
  encodeBytes,
  finishReply,
  type Session,
  type SignedMessage,
  sharesReply,
  signedMessage,
} from './messages.ts'

const generating = new WeakMap<NodeContext, Set<string>>()

/**
 * Generates the next epoch's key of a kind; all holders must be up.
 * @throws ProtocolError `NOT_HOLDER`, `BUSY`, and what the oprf layer says of a holder, with culprit
 */
export async function generateKey(ctx: NodeContext, kind: IdentifierKind): Promise<KeyEpoch> {
  const inForce = ctx.inForce()
  const holders = inForce.convenant.keyHolders.members
  if (!holders.includes(ctx.self)) fail('NOT_HOLDER', { at: kind })
  const busy = generating.get(ctx) ?? new Set<string>()
  generating.set(ctx, busy)
  if (busy.has(kind)) fail('BUSY', { at: kind })
  busy.add(kind)
  const last = (await ctx.store.keys.list(kind)).map(({ epoch }) => Number(epoch))
  const session: Session = {
    convenant: inForce.digest,
    session: hex(ctx.random(32)),
    kind,
    epoch: String(Math.max(0, ...last) + 1),
  }
  try {
    await lead(ctx, session, holders)
    const row = await ctx.store.keys.get(kind, session.epoch)
    return row ?? fail('KEY_FAILED', { at: kind })
  } catch (error) {
    const known = isProtocolError(error)
    const reason = known ? error.code : 'INTERNAL'
    await journalKeyFailed(ctx, kind, session.epoch, reason, known ? error.culprit : undefined)
    throw error
  } finally {
    busy.delete(kind)
  }
}

async function lead(ctx: NodeContext, session: Session, holders: readonly string[]): Promise<void> {
  const ask = async (holder: string, step: string, body: unknown) =>
    ctx.call(holder, `keys/${step}`, body as Json, { maxResponse: 1 << 22 })

  const broadcasts: readonly SignedMessage[] = await Promise.all(
    holders.map(async (holder) =>
      parseBody(signedMessage, await ask(holder, 'begin', session), holder),
    ),
  )
  const shares = (
    await Promise.all(
      holders.map(
        async (holder) =>
          parseBody(sharesReply, await ask(holder, 'shares', { session, broadcasts }), holder)
            .shares,
      ),
    )
  ).flat()
  const finished = await Promise.all(
    holders.map(async (holder) => {
      const mine = shares.filter(({ body }) => body.to === holder)
      const reply = await ask(holder, 'finish', { session, broadcasts, shares: mine })
      return { holder, ...parseBody(finishReply, reply, holder) }
    }),
  )
  const [first] = finished
  for (const { holder, transcript } of finished) {
    if (transcript !== first!.transcript)
      fail('STATEMENTS_DIFFER', { culprit: holder, at: 'transcript' })
  }
  const transcript = encodeBytes(encodeTranscript(parseTranscript(decodeBytes(first!.transcript))))
  const statements = finished.map(({ statement }) => statement)
  const install = { kind: session.kind, epoch: session.epoch, transcript, statements }
  // Holders must have it; other members fetch it later if they are away now.
  const members = activeMembers(ctx.inForce().convenant)
  const installs = await Promise.allSettled(
    members.map((member) => ask(member, 'install', install)),
  )
  const failed = installs.find(
    (result, i) => result.status === 'rejected' && holders.includes(members[i]!),
  )
  if (failed?.status === 'rejected') throw failed.reason
}
