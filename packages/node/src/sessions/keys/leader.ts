/** The key holder whose operator asks for a new key leads the generation; it can't bend it, only end it. */

import { hex, isProtocolError, type Json, type ProtocolError } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import type { KeyEpoch } from '../../store/index.ts'
import type { NodeContext } from '../context.ts'
import { accusedBy, codeOf, fail, failure } from '../errors.ts'
import { activeMembers, knownKind } from '../federation.ts'
import { parseBody } from '../parse.ts'
import { lastEpoch, spendEpoch } from './holder.ts'
import { leading, ledBegins, ledEnds, ledFailed } from './led.ts'
import {
  finishReply,
  type Session,
  type SignedMessage,
  sharesReply,
  signedMessage,
} from './messages.ts'

/** Each holder may know of one epoch that the leader does not. */
const MAX_ATTEMPTS = 4

/**
 * Generates the next epoch's key of a kind; all holders must be up.
 * @throws ProtocolError `NOT_HOLDER`, `BUSY`, and what the oprf layer says of a holder, with culprit
 */
export async function generateKey(ctx: NodeContext, kind: IdentifierKind): Promise<KeyEpoch> {
  const inForce = ctx.inForce()
  const holders = inForce.convenant.keyHolders.members
  knownKind(inForce, kind)
  if (!holders.includes(ctx.self)) fail('NOT_HOLDER', { at: kind })
  return leading(ctx, kind, async () => {
    for (let attempt = 1; ; attempt++) {
      const epoch = String((await lastEpoch(ctx, kind)) + 1)
      const session: Session = {
        convenant: inForce.digest,
        session: hex(ctx.random(32)),
        kind,
        epoch,
      }
      await ledBegins(ctx, session)
      try {
        await lead(ctx, session, holders)
        const row = await ctx.store.keys.get(kind, epoch)
        if (row === null) return fail('KEY_FAILED', { at: kind })
        await ledEnds(ctx, kind)
        return row
      } catch (error) {
        const shown = isProtocolError(error) ? named(error, holders) : failure('KEY_FAILED')
        const reason = codeOf(error)
        await ledFailed(ctx, session, { reason, culprit: shown.culprit })
        if (!isProtocolError(error)) throw error
        // A holder signed a transcript of this epoch before, in a generation that did not end well.
        if (reason !== 'BUSY' || attempt === MAX_ATTEMPTS) throw shown
        await spendEpoch(ctx, kind, epoch)
      }
    }
  })
}

/** What a holder's refusal says: whom it accuses, as far as that is a holder, and that it says so. */
function named(error: ProtocolError, holders: readonly string[]): ProtocolError {
  if (error.code !== 'PEER_PROBLEM') return error
  const by = error.culprit!
  const accused = accusedBy(error)
  return failure('KEY_FAILED', {
    culprit: accused !== undefined && holders.includes(accused) ? accused : by,
    at: `${by}: ${codeOf(error)}`,
  })
}

async function lead(ctx: NodeContext, session: Session, holders: readonly string[]): Promise<void> {
  const ask = async (holder: string, step: string, body: unknown) =>
    ctx.call(holder, `keys/${step}`, body as Json, { maxResponse: 1 << 22 })

  // This node first: what it finds wrong has a name, where a peer's refusal is hearsay.
  const askAll = async <Reply>(one: (holder: string) => Promise<Reply>): Promise<Reply[]> => {
    const own = await one(ctx.self)
    return Promise.all(holders.map((holder) => (holder === ctx.self ? own : one(holder))))
  }
  const broadcasts: readonly SignedMessage[] = await askAll(async (holder) =>
    parseBody(signedMessage, await ask(holder, 'begin', session), holder),
  )
  const shares = (
    await askAll(
      async (holder) =>
        parseBody(sharesReply, await ask(holder, 'shares', { session, broadcasts }), holder).shares,
    )
  ).flat()
  const finished = await askAll(async (holder) => {
    const mine = shares.filter(({ body }) => body.to === holder)
    const reply = await ask(holder, 'finish', { session, broadcasts, shares: mine })
    return { holder, ...parseBody(finishReply, reply, holder) }
  })
  const own = finished.find(({ holder }) => holder === ctx.self)!
  for (const { holder, transcript } of finished) {
    if (transcript !== own.transcript)
      fail('STATEMENTS_DIFFER', { culprit: holder, at: 'transcript' })
  }
  const statements = finished.map(({ statement }) => statement)
  const { kind, epoch } = session
  const install = { kind, epoch, transcript: own.transcript, statements }
  await ask(ctx.self, 'install', install)
  // All holders signed, so all have their share: who is away now fetches the rest when it is back.
  const others = activeMembers(ctx.inForce().convenant).filter((member) => member !== ctx.self)
  await Promise.all(
    others.map((member) =>
      ask(member, 'install', install).catch((error: unknown) => {
        ctx.log('warn', 'key.install-missed', { absent: member, kind, epoch, code: codeOf(error) })
      }),
    ),
  )
}
