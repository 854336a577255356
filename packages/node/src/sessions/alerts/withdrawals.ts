/**
 * A flag that is made, asked about and gone within days may have been a question in disguise: at t = 2
 * whoever flags an identifier learns from the next list whether another flagged it too. It can go by
 * being withdrawn, by an import that lacks it, or by an expiry that was set for it.
 */

import { quotaDay } from '@drempel/protocol/convenant'
import type { Bytes } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { parseEvent, timeOf } from '@drempel/protocol/log'
import type { AskedPosition, FlagRecord } from '../../store/index.ts'
import type { NodeContext } from '../context.ts'
import { askedIndex } from '../subject/asked.ts'
import { raise } from './raise.ts'

const WINDOW_MS = 7 * 86_400_000
const MINUTE_MS = 60_000
const PAGE = 256

type Withdrawn = Pick<FlagRecord, 'index' | 'createdAt'>

/** @param flag as it was before it was withdrawn */
export async function watchWithdrawal(
  ctx: NodeContext,
  kind: IdentifierKind,
  flag: Withdrawn,
): Promise<void> {
  if (ctx.clock() - flag.createdAt > WINDOW_MS) return
  const { find } = await askedIndex(ctx, quotaDay(flag.createdAt))
  if (await wasAsked(ctx, flag, ctx.clock(), find)) await tell(ctx, kind, ctx.clock())
}

/**
 * What was withdrawn since a node that was killed last looked: each withdrawal is looked at behind its
 * answer, which a crash cuts off. An alert that was raised then is raised once.
 */
export async function watchWithdrawn(ctx: NodeContext, since: number): Promise<void> {
  for (const { kind } of ctx.inForce().convenant.kinds) await watchReplacement(ctx, kind, since)
}

/**
 * What an import that replaces all flags left out, and so withdrew. The first that was asked about
 * is enough: one alert a day says it.
 * @param since when the withdrawing began
 */
export async function watchReplacement(
  ctx: NodeContext,
  kind: IdentifierKind,
  since: number,
): Promise<void> {
  const madeSince = ctx.clock() - WINDOW_MS
  const span = { madeSince, goneSince: since }
  await watchAll(ctx, kind, madeSince, (options) => ctx.store.flags.withdrawn(kind, span, options))
}

/**
 * Flags that expired in a span of time, at most so long after they were made.
 * @param span `after` is not in it, `until` is
 */
export async function watchExpiry(
  ctx: NodeContext,
  span: { readonly after: number; readonly until: number },
): Promise<void> {
  const madeSince = ctx.clock() - WINDOW_MS
  for (const { kind } of ctx.inForce().convenant.kinds) {
    await watchAll(ctx, kind, madeSince, (options) =>
      ctx.store.flags.expired(kind, { ...span, within: WINDOW_MS }, options),
    )
  }
}

/** Flags whose expiry an import set to what is past: for them none of those times comes. */
export async function watchExpired(
  ctx: NodeContext,
  kind: IdentifierKind,
  indexes: readonly Bytes[],
): Promise<void> {
  for (const index of indexes) {
    const flag = await ctx.store.flags.get(kind, index)
    if (flag?.state === 'active') await watchWithdrawal(ctx, kind, flag)
    await ctx.pause()
  }
}

type Gone = Withdrawn &
  Pick<FlagRecord, 'id'> &
  Partial<Pick<FlagRecord, 'withdrawnAt' | 'expires'>>

async function watchAll(
  ctx: NodeContext,
  kind: IdentifierKind,
  madeSince: number,
  read: (page: { readonly afterId: number; readonly limit: number }) => Promise<readonly Gone[]>,
): Promise<void> {
  const { find } = await askedIndex(ctx, quotaDay(madeSince))
  for (let afterId = 0; ; ) {
    const page = await read({ afterId, limit: PAGE })
    for (const flag of page) {
      const at = flag.withdrawnAt ?? ctx.clock()
      if (await wasAsked(ctx, flag, flag.expires ?? at, find)) return tell(ctx, kind, at)
    }
    if (page.length < PAGE) return
    afterId = page.at(-1)!.id
    await ctx.pause()
  }
}

/** While there was the flag: what was asked before it, or after, was no test of it. */
async function wasAsked(
  ctx: NodeContext,
  { index, createdAt }: Withdrawn,
  goneAt: number,
  find: (index: Bytes) => Promise<readonly AskedPosition[]>,
): Promise<boolean> {
  for (const txid of new Set((await find(index)).map((position) => position.txid))) {
    const at = await askedAt(ctx, txid)
    // A leaf knows the minute only.
    if (at !== null && at + MINUTE_MS > createdAt && at <= goneAt) return true
  }
  return false
}

async function tell(ctx: NodeContext, kind: IdentifierKind, at: number): Promise<void> {
  await raise(ctx, { code: 'FLAG_AS_QUESTION', kind, span: quotaDay(at) })
}

async function askedAt({ store }: NodeContext, txid: string): Promise<number | null> {
  const intent = (await store.log.findTxid(txid)).find(({ type }) => type === 'query.intent')
  if (intent === undefined) return null
  const [leaf] = await store.log.leaves(intent.origin, intent.index, intent.index + 1)
  return leaf === undefined ? null : timeOf(parseEvent(leaf).time)
}
