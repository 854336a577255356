/**
 * A flag that is made, asked about and withdrawn within days may have been a question in disguise: at
 * t = 2 whoever flags an identifier learns from the next list whether another flagged it too.
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
  const { find } = await askedIndex(ctx)
  if (await wasAsked(ctx, flag, find)) await tell(ctx, kind)
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
  const span = { madeSince: ctx.clock() - WINDOW_MS, goneSince: since }
  const { find } = await askedIndex(ctx)
  for (let afterId = 0; ; ) {
    const page = await ctx.store.flags.goneFromSource(kind, span, { afterId, limit: PAGE })
    for (const flag of page) if (await wasAsked(ctx, flag, find)) return tell(ctx, kind)
    if (page.length < PAGE) return
    afterId = page.at(-1)!.id
    await ctx.pause()
  }
}

/** Since the flag was made: what was asked before was no test of it. */
async function wasAsked(
  ctx: NodeContext,
  { index, createdAt }: Withdrawn,
  find: (index: Bytes) => Promise<readonly AskedPosition[]>,
): Promise<boolean> {
  for (const txid of new Set((await find(index)).map((position) => position.txid))) {
    // A leaf knows the minute only.
    if (((await askedAt(ctx, txid)) ?? 0) + MINUTE_MS > createdAt) return true
  }
  return false
}

async function tell(ctx: NodeContext, kind: IdentifierKind): Promise<void> {
  await raise(ctx, { code: 'FLAG_AS_QUESTION', kind, span: quotaDay(ctx.clock()) })
}

async function askedAt({ store }: NodeContext, txid: string): Promise<number | null> {
  const intent = (await store.log.findTxid(txid)).find(({ type }) => type === 'query.intent')
  if (intent === undefined) return null
  const [leaf] = await store.log.leaves(intent.origin, intent.index, intent.index + 1)
  return leaf === undefined ? null : timeOf(parseEvent(leaf).time)
}
