/**
 * A flag that is made, asked about and withdrawn within days may have been a question in disguise: at
 * t = 2 whoever flags an identifier learns from the next list whether another flagged it too.
 */

import { quotaDay } from '@drempel/protocol/convenant'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { parseEvent, timeOf } from '@drempel/protocol/log'
import type { FlagRecord } from '../../store/index.ts'
import type { NodeContext } from '../context.ts'
import { findAsked } from '../subject/asked.ts'
import { raise } from './raise.ts'

const WINDOW_MS = 7 * 86_400_000
const MINUTE_MS = 60_000

/** @param flag as it was before it was withdrawn @param value its identifier, canonical */
export async function watchWithdrawal(
  ctx: NodeContext,
  kind: IdentifierKind,
  value: string,
  { createdAt }: Pick<FlagRecord, 'createdAt'>,
): Promise<void> {
  const now = ctx.clock()
  if (now - createdAt > WINDOW_MS) return
  const { found } = await findAsked(ctx, kind, value)
  for (const txid of new Set(found.map((position) => position.txid))) {
    // A leaf knows the minute only.
    if (((await askedAt(ctx, txid)) ?? 0) + MINUTE_MS <= createdAt) continue
    await raise(ctx, { code: 'FLAG_AS_QUESTION', kind, span: quotaDay(now) })
    return
  }
}

async function askedAt({ store }: NodeContext, txid: string): Promise<number | null> {
  const intent = (await store.log.findTxid(txid)).find(({ type }) => type === 'query.intent')
  if (intent === undefined) return null
  const [leaf] = await store.log.leaves(intent.origin, intent.index, intent.index + 1)
  return leaf === undefined ? null : timeOf(parseEvent(leaf).time)
}
