/**
 * The end of a list masked ahead: its key is gone, and with it every question; entered by the owner and by
 * who was given it, each when it ends there. The asker's records are worth nothing without the key.
 *
 * It ends with its days, with the version of the convenant that it was made under, when a newer one takes
 * its place, by a person, and with any objection, erasure or rectification of its kind at its owner,
 * whatever is on it: whether the identifier was must not show.
 *
 * From its entry in the log on it answers nothing, whatever the store still says: a crash or a full disk may
 * come before its key is gone, which follows at the next start, or when the disk takes it.
 */

import { hex } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { parseEvent, sizeBucket } from '@drempel/protocol/log'
import type { NodeContext } from '../../context.ts'
import { fail } from '../../errors.ts'
import type { Intersections } from '../runs.ts'
import { dropKept, dropOrphans } from './keep.ts'
import {
  contextOf,
  isNamed,
  openPrepared,
  type Prepared,
  type PreparedContent,
  sealPrepared,
} from './terms.ts'

const DAY_MS = 86_400_000

export type EndReason =
  | 'EXPIRED'
  | 'REPLACED'
  | 'CONVENANT_REPLACED'
  | 'STOPPED'
  /** A data subject's right of the kind was exercised. */
  | 'SUBJECT'
  /** Its id is of an older release's form, which no other member takes any more. */
  | 'RELEASE_REPLACED'
  | 'FAILED'

/** What masks lists, and keeps the end of one apart from its becoming ready. */
export type Maskings = Pick<Intersections, 'masking' | 'inTurnOf'>

/** @throws ProtocolError `PSI_UNKNOWN` */
export async function preparedOf(ctx: NodeContext, id: string): Promise<Prepared> {
  const row = await ctx.store.psi.prepared.get(id)
  return row === null ? fail('PSI_UNKNOWN') : openPrepared(ctx, row)
}

/** Whether it answers, or is asked: what the log says of its end is true before the store says it. */
export async function isReady(ctx: NodeContext, { id, state }: Prepared): Promise<boolean> {
  return state === 'ready' && !(await isErased(ctx, id))
}

async function isErased(ctx: NodeContext, id: string): Promise<boolean> {
  return (await entriesOf(ctx, id, 'psi.erased')).length > 0
}

/** Of this side, latest first. */
export async function livePrepared(ctx: NodeContext): Promise<readonly Prepared[]> {
  return (await ctx.store.psi.prepared.live()).map((row) => openPrepared(ctx, row))
}

export function enterPrepared(ctx: NodeContext, list: Prepared): Promise<unknown> {
  return enter(ctx, list, 'psi.prepared')
}

/**
 * From masked to ready; entered in between, while no end of it can be. What ended meanwhile leaves nothing.
 * @param content with its key
 */
export function becomeReady(
  ctx: NodeContext,
  runs: Maskings,
  id: string,
  content: PreparedContent,
): Promise<void> {
  return inTurn(runs, id, async () => {
    const list = await preparedOf(ctx, id)
    if (list.state !== 'masking') return dropKept(ctx, id)
    if (await isErased(ctx, id)) fail('PSI_PREPARED_ENDED')
    await enter(ctx, list, 'psi.prepared')
    const sealed = sealPrepared(ctx, id, content)
    await ctx.store.psi.prepared.transition(id, ['masking'], 'ready', { sealed })
    ctx.log('info', 'psi.prepared', { txid: id })
  })
}

/**
 * Entered once, then without a key, then without its parts; a crash in between leads here again. Who masks
 * it stops.
 */
export function endPrepared(
  ctx: NodeContext,
  runs: Maskings,
  list: Prepared,
  reason: EndReason,
): Promise<Prepared> {
  const { id, content } = list
  runs.masking.get(id)?.abort.abort()
  return inTurn(runs, id, async () => {
    await enter(ctx, list, 'psi.erased', reason)
    const sealed = sealPrepared(ctx, id, { ...content, key: null })
    await ctx.store.psi.prepared.transition(id, ['masking', 'ready'], 'ended', { sealed, reason })
    await dropKept(ctx, id)
    return preparedOf(ctx, id)
  })
}

/** Those whose place a newer one takes. */
export async function endReplaced(
  ctx: NodeContext,
  runs: Maskings,
  newer: Prepared,
): Promise<void> {
  const fields = ['side', 'peer', 'purpose', 'kind'] as const
  for (const list of await livePrepared(ctx)) {
    const same = list.id !== newer.id && fields.every((field) => list[field] === newer[field])
    if (same && list.createdAt <= newer.createdAt) await endPrepared(ctx, runs, list, 'REPLACED')
  }
}

/** By a right that somebody exercises; called where no flags are copied meanwhile. */
export async function endPreparedOf(
  ctx: NodeContext,
  runs: Maskings,
  kind: IdentifierKind,
): Promise<void> {
  for (const list of await livePrepared(ctx)) {
    if (list.side === 'owner' && list.kind === kind) await endPrepared(ctx, runs, list, 'SUBJECT')
  }
}

/** Those whose end was entered, and a crash or a full disk came before the rest of it. */
async function finishEnds(ctx: NodeContext, runs: Maskings): Promise<void> {
  for (const list of await livePrepared(ctx)) {
    const [entry] = await entriesOf(ctx, list.id, 'psi.erased')
    if (entry === undefined) continue
    const event = parseEvent(await ctx.audit.leaf(entry.origin, entry.index))
    const reason = 'reason' in event ? event.reason : 'FAILED'
    await endPrepared(ctx, runs, list, reason as EndReason)
  }
}

/** What time and the convenant end, and what a crash left behind. */
export async function tidyPrepared(ctx: NodeContext, runs: Maskings): Promise<void> {
  await finishEnds(ctx, runs)
  const now = ctx.clock()
  const { digest } = ctx.inForce()
  const live = new Set<string>()
  for (const list of await livePrepared(ctx)) {
    const { id, expiresAt, createdAt, content } = list
    // Also by a clock that was set back behind its begin for a day.
    if (now >= expiresAt || now < createdAt - DAY_MS) await endPrepared(ctx, runs, list, 'EXPIRED')
    else if (content.bound.convenant !== digest)
      await endPrepared(ctx, runs, list, 'CONVENANT_REPLACED')
    else if (list.side === 'owner' && !isNamed(list)) {
      const { peer, purpose } = list
      ctx.log('warn', 'psi.prepared-outdated', { txid: id, peer, purpose })
      await endPrepared(ctx, runs, list, 'RELEASE_REPLACED')
    } else live.add(id)
  }
  await dropOrphans(ctx, now - DAY_MS, live)
}

function inTurn<Value>(runs: Maskings, id: string, work: () => Promise<Value>): Promise<Value> {
  return runs.inTurnOf(`end/${id}`, work)
}

type Entry = 'psi.prepared' | 'psi.erased'

async function entriesOf(ctx: NodeContext, id: string, type: Entry) {
  return (await ctx.audit.find(id)).filter((entry) => entry.type === type)
}

async function enter(
  ctx: NodeContext,
  { id, side, peer, purpose, content }: Prepared,
  type: Entry,
  reason?: EndReason,
): Promise<void> {
  if ((await entriesOf(ctx, id, type)).length > 0) return
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
