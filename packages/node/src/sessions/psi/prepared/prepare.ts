/**
 * A list masked ahead of the questions of one other member, as an operator asks: read and committed to at
 * once, masked behind, ready when all of it is durable. Nothing leaves the node before a session is agreed
 * to. What a crash interrupts is masked anew, under another key.
 */

import { base64, hex, isProtocolError } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { prepareList } from '@drempel/protocol/psi'
import type { Operator } from '../../../http/index.ts'
import { pooledWork } from '../../../workers/index.ts'
import { behind } from '../../behind.ts'
import type { NodeContext } from '../../context.ts'
import { permit } from '../../federation.ts'
import { mostOf, padded, requestOf, termsOf } from '../agree.ts'
import { listFor, type PsiInput, refuser } from '../bring.ts'
import { dropList } from '../lists.ts'
import { copyingFlags } from '../rights.ts'
import type { Intersections, Masking } from '../runs.ts'
import {
  becomeReady,
  endPrepared,
  endReplaced,
  livePrepared,
  preparedOf,
  tidyPrepared,
} from './end.ts'
import { keepBytes, keepItems, keptItems } from './keep.ts'
import { type Bound, contextOf, nameOf, type Prepared, sealPrepared, sizesOf } from './terms.ts'

const DAY_MS = 86_400_000

export type PrepareAsked = {
  /** Whose questions it will answer. */
  readonly partner: string
  readonly purpose: string
  readonly kind: IdentifierKind
  readonly input: PsiInput
  /** As many as the convenant has where null. */
  readonly days: number | null
}

/** @throws ProtocolError `REFUSED` (entered), `LIST_UNKNOWN` */
export async function prepareIntersection(
  ctx: NodeContext,
  runs: Intersections,
  operator: Operator,
  { partner, purpose, kind, input, days }: PrepareAsked,
): Promise<Prepared> {
  // Until it has one of its own.
  const name = hex(ctx.random(16))
  const now = ctx.clock()
  const about = { id: name, side: 'partner', peer: partner, purpose, kind } as const
  const refusing = refuser(ctx, about, operator)
  const allowed = (sizes: { readonly partner: number | null }, listSize: number | null) => {
    const terms = termsOf(ctx, purpose)
    const to = terms.to.find((one) => one !== 'partner') ?? 'partner'
    const asked = {
      proposer: partner,
      partner: ctx.self,
      purpose,
      kind,
      output: 'items',
      to,
    } as const
    const lives = (days ?? terms.preparedDays ?? 0) * DAY_MS
    const prepared = { createdAt: now, expiresAt: now + lives }
    const known = { sizes: { proposer: null, ...sizes }, listSize, prepared }
    permit(ctx, requestOf({ ...asked, protocol: 'prepared' }, 'partner', known))
    return prepared
  }
  await refusing(async () => allowed({ partner: null }, null))
  const id = await copyingFlags(runs, kind, async () => {
    const { own, size, loaded } = await refusing(() =>
      listFor(ctx, about, input, (size, listSize) => void allowed({ partner: size }, listSize)),
    )
    const { createdAt, expiresAt } = allowed({ partner: size }, own.size)
    const terms = {
      createdAt: new Date(createdAt).toISOString(),
      expiresAt: new Date(expiresAt).toISOString(),
      most: padded(ctx, purpose, 'proposer', mostOf(ctx, purpose)),
    }
    const said = {
      convenant: ctx.inForce().digest,
      ...{ owner: ctx.self, asker: partner, purpose, kind, size, list: own.commitment },
    }
    const id = nameOf({ ...said, terms })
    const bound: Bound = { ...said, terms: { id, ...terms } }
    await keepItems(ctx, id, loaded)
    await dropList(ctx, name)
    await ctx.store.psi.prepared.create({
      ...{ id, side: 'owner', peer: partner, purpose, kind, state: 'masking' },
      sealed: sealPrepared(ctx, id, { bound, own, key: null }),
      ...{ expiresAt, reason: null },
    })
    return id
  })
  maskBehind(ctx, runs, id)
  return preparedOf(ctx, id)
}

/** After a start, and from time to time: ends what is over, and masks what is to be and nobody is at work on. */
export async function tendPrepared(ctx: NodeContext, runs: Intersections): Promise<void> {
  await tidyPrepared(ctx, runs)
  for (const { id, state } of await livePrepared(ctx)) {
    if (state === 'masking' && !runs.masking.has(id)) maskBehind(ctx, runs, id)
  }
}

function maskBehind(ctx: NodeContext, runs: Intersections, id: string): void {
  const abort = new AbortController()
  const live: Masking = { abort, done: 0, total: 0, work: Promise.resolve() }
  runs.masking.set(id, live)
  // One at a time: each takes all threads.
  live.work = runs
    .inTurnOf('masking', () => mask(ctx, runs, id, live))
    .finally(() => runs.masking.delete(id))
  behind(ctx, 'psi', live.work)
}

async function mask(
  ctx: NodeContext,
  runs: Intersections,
  id: string,
  live: Masking,
): Promise<void> {
  const list = await preparedOf(ctx, id)
  if (list.state !== 'masking') return
  try {
    await masked(ctx, runs, list, live)
  } catch (error) {
    // A node that stops goes on when it starts, as with what only its threads met; or the list ended.
    if (live.abort.signal.aborted || isProtocolError(error, 'WORKER_LOST')) return
    await endPrepared(ctx, runs, list, 'FAILED')
    throw error
  }
  // A question that one of them answers now has all it needs in memory.
  if ((await preparedOf(ctx, id)).state === 'ready') await endReplaced(ctx, runs, list)
}

async function masked(
  ctx: NodeContext,
  runs: Intersections,
  { id, content }: Prepared,
  live: Masking,
): Promise<void> {
  const { signal } = live.abort
  const { items } = await keptItems(ctx, id)
  const made = await prepareList(
    {
      context: contextOf(content.bound),
      sizes: sizesOf(content.bound),
      random: ctx.random,
      signal,
      progress: (done, total) => Object.assign(live, { done, total }),
    },
    items,
    pooledWork(ctx.workers, signal),
  )
  try {
    await keepBytes(ctx, id, 'records', made.records)
    const { buffer, byteOffset, byteLength } = made.order
    await keepBytes(ctx, id, 'order', new Uint8Array(buffer, byteOffset, byteLength))
    await becomeReady(ctx, runs, id, { ...content, key: base64(made.scalar) })
  } finally {
    made.scalar.fill(0)
  }
}
