/**
 * Key generations that this node leads, from before the first message of one until the log says how it ended.
 * One of which nothing came, since the node was killed or the log had no room, is entered as failed at the
 * next start, or when there is room. Of a holder that only takes part the leader's log tells.
 */

import { IDENTIFIER_KINDS, type IdentifierKind } from '@drempel/protocol/identifiers'
import type { LeafFields } from '@drempel/protocol/log'
import type { NodeContext } from '../context.ts'
import { fail } from '../errors.ts'
import { allInTurn } from '../inturn.ts'
import { journalKeyFailed } from '../journal.ts'
import { isWritten } from '../written.ts'
import type { Session } from './messages.ts'

type Led = Pick<Session, 'epoch' | 'session'> & { readonly at: number }
type Why = { readonly reason: string; readonly culprit: string | undefined }

/** Kinds that somebody is at work on, and why those failed that the log had no room for. */
type State = { readonly busy: Set<string>; readonly failed: Map<string, Why> }
const states = new WeakMap<NodeContext['store'], State>()

/** One generation of a kind at a time. @throws ProtocolError `BUSY`; what keeps one before from the log */
export async function leading<Value>(
  ctx: NodeContext,
  kind: IdentifierKind,
  work: () => Promise<Value>,
): Promise<Value> {
  return alone(ctx, kind, async () => {
    await enterLed(ctx, kind)
    return work()
  })
}

/** Durable: from here on the log is owed how it ends. */
export async function ledBegins(
  ctx: NodeContext,
  { kind, epoch, session }: Session,
): Promise<void> {
  const led: Led = { epoch, session, at: ctx.clock() }
  await ctx.store.meta.set(placeOf(kind), JSON.stringify(led))
}

export async function ledFailed(
  ctx: NodeContext,
  { kind, epoch, session }: Pick<Session, 'kind' | 'epoch' | 'session'>,
  why: Why,
): Promise<void> {
  const { failed } = stateOf(ctx)
  failed.set(kind, why)
  await journalKeyFailed(ctx, kind, epoch, why.reason, why.culprit, { session })
  failed.delete(kind)
  await ledEnds(ctx, kind)
}

/** What is not noted for want of room is found when it is looked at. */
export async function ledEnds({ store }: NodeContext, kind: IdentifierKind): Promise<void> {
  await store.meta.set(placeOf(kind), '').catch(() => {})
}

/** At start, and for what a full disk kept from the log. */
export async function enterGenerations(ctx: NodeContext): Promise<void> {
  const works = IDENTIFIER_KINDS.map((kind) => async () => {
    const waits = (await readLed(ctx, kind)) !== null && !stateOf(ctx).busy.has(kind)
    if (waits) await alone(ctx, kind, () => enterLed(ctx, kind))
  })
  await allInTurn(works)
}

async function enterLed(ctx: NodeContext, kind: IdentifierKind): Promise<void> {
  const led = await readLed(ctx, kind)
  if (led === null) return
  const installed = (await ctx.store.keys.get(kind, led.epoch)) !== null
  if (installed || (await isEntered(ctx, kind, led))) return ledEnds(ctx, kind)
  const restarted = { reason: 'NODE_RESTARTED', culprit: ctx.self }
  await ledFailed(ctx, { ...led, kind }, stateOf(ctx).failed.get(kind) ?? restarted)
}

/** By its session, which is sealed: a generation that came to nothing may leave its epoch to another. */
function isEntered(ctx: NodeContext, kind: string, { epoch, session, at }: Led): Promise<boolean> {
  const fits = (event: LeafFields) =>
    event.type === 'key.failed' && event.kind === kind && event.epoch === epoch
  return isWritten(ctx, at, fits, ['session', session])
}

async function alone<Value>(
  ctx: NodeContext,
  kind: string,
  work: () => Promise<Value>,
): Promise<Value> {
  const { busy } = stateOf(ctx)
  if (busy.has(kind)) fail('BUSY', { at: kind })
  busy.add(kind)
  try {
    return await work()
  } finally {
    busy.delete(kind)
  }
}

function stateOf({ store }: NodeContext): State {
  const state = states.get(store) ?? { busy: new Set(), failed: new Map() }
  states.set(store, state)
  return state
}

async function readLed({ store }: NodeContext, kind: string): Promise<Led | null> {
  const text = await store.meta.get(placeOf(kind))
  return text ? (JSON.parse(text) as Led) : null
}

function placeOf(kind: string): string {
  return `dkg-led/${kind}`
}
