/**
 * The end of a list masked ahead: its key is gone, and with it every question; entered by the owner and by
 * who was given it, each when it ends there. The asker's records are worth nothing without the key.
 *
 * It ends with its days, with the version of the convenant that it was made under, when a newer one takes
 * its place, by a person, and with any objection, erasure or rectification of its kind at its owner,
 * whatever is on it: whether the identifier was must not show.
 */

import { hex } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { sizeBucket } from '@drempel/protocol/log'
import type { NodeContext } from '../../context.ts'
import { fail } from '../../errors.ts'
import { dropKept, dropOrphans } from './keep.ts'
import { contextOf, openPrepared, type Prepared, sealPrepared } from './terms.ts'

const DAY_MS = 86_400_000

export type EndReason =
  | 'EXPIRED'
  | 'REPLACED'
  | 'CONVENANT_REPLACED'
  | 'STOPPED'
  /** A data subject's right of the kind was exercised. */
  | 'SUBJECT'
  | 'FAILED'

/** @throws ProtocolError `PSI_UNKNOWN` */
export async function preparedOf(ctx: NodeContext, id: string): Promise<Prepared> {
  const row = await ctx.store.psi.prepared.get(id)
  return row === null ? fail('PSI_UNKNOWN') : openPrepared(ctx, row)
}

/** Of this side, latest first. */
export async function livePrepared(ctx: NodeContext): Promise<readonly Prepared[]> {
  return (await ctx.store.psi.prepared.live()).map((row) => openPrepared(ctx, row))
}

export function enterPrepared(ctx: NodeContext, list: Prepared): Promise<unknown> {
  return enter(ctx, list, 'psi.prepared')
}

/** Entered once, then without a key, then without its parts; a crash in between leads here again. */
export async function endPrepared(
  ctx: NodeContext,
  list: Prepared,
  reason: EndReason,
): Promise<Prepared> {
  const { id, content } = list
  await enter(ctx, list, 'psi.erased', reason)
  const sealed = sealPrepared(ctx, id, { ...content, key: null })
  await ctx.store.psi.prepared.transition(id, ['masking', 'ready'], 'ended', { sealed, reason })
  await dropKept(ctx, id)
  return preparedOf(ctx, id)
}

/** Those whose place a newer one takes. */
export async function endReplaced(ctx: NodeContext, newer: Prepared): Promise<void> {
  const fields = ['side', 'peer', 'purpose', 'kind'] as const
  for (const list of await livePrepared(ctx)) {
    const same = list.id !== newer.id && fields.every((field) => list[field] === newer[field])
    if (same && list.createdAt <= newer.createdAt) await endPrepared(ctx, list, 'REPLACED')
  }
}

/** By a right that somebody exercised, before anything of it is done. */
export async function endPreparedOf(ctx: NodeContext, kind: IdentifierKind): Promise<void> {
  for (const list of await livePrepared(ctx)) {
    if (list.side === 'owner' && list.kind === kind) await endPrepared(ctx, list, 'SUBJECT')
  }
}

/** What time and the convenant end, and what a crash left behind. */
export async function tidyPrepared(ctx: NodeContext): Promise<void> {
  const now = ctx.clock()
  const { digest } = ctx.inForce()
  const live = new Set<string>()
  for (const list of await livePrepared(ctx)) {
    const { id, expiresAt, createdAt, content } = list
    // Also by a clock that was set back behind its begin for a day.
    if (now >= expiresAt || now < createdAt - DAY_MS) await endPrepared(ctx, list, 'EXPIRED')
    else if (content.bound.convenant !== digest) await endPrepared(ctx, list, 'CONVENANT_REPLACED')
    else live.add(id)
  }
  await dropOrphans(ctx, now - DAY_MS, live)
}

async function enter(
  ctx: NodeContext,
  { id, side, peer, purpose, content }: Prepared,
  type: 'psi.prepared' | 'psi.erased',
  reason?: EndReason,
): Promise<void> {
  if ((await ctx.audit.find(id)).some((entry) => entry.type === type)) return
  const { bound, own } = content
  const fields = {
    txid: id,
    role: side === 'owner' ? 'partner' : 'asker',
    ...{ parties: [peer], purpose, kind: bound.kind as IdentifierKind },
    ...{ sizeBucket: sizeBucket(bound.size), digest: hex(contextOf(bound)) },
  } as const
  const record = { bound, salt: own?.salt ?? null }
  if (type === 'psi.prepared') await ctx.audit.append({ type, ...fields }, record)
  else await ctx.audit.append({ type, ...fields, reason: reason! }, record)
}
