/**
 * Tags of own flags: the same audited OPRF as a check, under the budget of the convenant. They are
 * cached for the key epoch, so that a round tags only what is new.
 */

import { type Bytes, hex } from '@drempel/protocol/encoding'
import { type IdentifierKind, oprfInput } from '@drempel/protocol/identifiers'
import { tagOf } from '@drempel/protocol/oprf'
import { paddedSize } from '@drempel/protocol/threshold'
import type { ActiveFlag } from '../store/index.ts'
import type { NodeContext } from './context.ts'
import { permit } from './federation.ts'
import { openFlag } from './flags.ts'
import { evaluateInputs } from './oprf/asker.ts'

/** One query; memory and the time until a batch is durable stay small. */
const BATCH = 1_024
const PAGE = 5_000
const ALL = 2 ** 31

/** @throws ProtocolError `REFUSED` (`BUDGET_EXCEEDED`, ...), `QUORUM_LOST` */
export async function tagMissing(
  ctx: NodeContext,
  kind: IdentifierKind,
  epoch: number,
  onProgress: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const name = String(epoch)
  const total = await ctx.store.flags.countActive(kind, ctx.clock())
  for (let done = 0; ; ) {
    const rows = await ctx.store.tags.missing(kind, name, ctx.clock(), ALL)
    if (rows.length === 0) return
    // The holders may learn of a first list what its commitment will say of its size, and no more.
    const sent = paddedSize(rows.length)
    for (let at = 0; at < sent; at += BATCH) {
      signal.throwIfAborted()
      onProgress(done, total)
      const batch = rows.slice(at, at + BATCH)
      await tagBatch(ctx, kind, epoch, batch, Math.min(BATCH, sent - at), total, signal)
      done += batch.length
    }
  }
}

/** @param count elements to send: the flags' and padding, or padding alone */
async function tagBatch(
  ctx: NodeContext,
  kind: IdentifierKind,
  epoch: number,
  flags: readonly ActiveFlag[],
  count: number,
  listSize: number,
  signal: AbortSignal,
): Promise<void> {
  const name = String(epoch)
  const counter = { scope: 'tagged', key: `${kind}/${name}` }
  const used = await ctx.store.usage.used(counter.scope, counter.key)
  permit(
    ctx,
    { type: 'tag', member: ctx.self, kind, epoch, listSize, count },
    { tagged: { epoch, count: used } },
  )
  await ctx.store.usage.reserve({ ...counter, amount: count, limit: Number.MAX_SAFE_INTEGER })
  const { outputs } = await evaluateInputs(ctx, {
    protocol: 'tag',
    kind,
    epoch: name,
    inputs: flags.map((flag) => oprfInput(kind, openFlag(ctx, kind, flag))),
    count,
    record: { purpose: 'round' },
    signal,
  })
  await ctx.store.tags.put(
    kind,
    name,
    flags.map(({ index }, i) => ({
      index,
      sealed: ctx.vault.seal(tagPlace(kind, name, index), tagOf(outputs[i]!), ctx.random),
    })),
  )
}

/** Tags of the node's active flags, in order of their ids; all of them, or at most `limit` after an id. */
export async function activeTags(
  ctx: NodeContext,
  kind: IdentifierKind,
  epoch: string,
  { afterId = 0, limit = Number.POSITIVE_INFINITY } = {},
): Promise<{ readonly index: Bytes; readonly tag: Bytes }[]> {
  const now = ctx.clock()
  const tags: { index: Bytes; tag: Bytes }[] = []
  for (let after = afterId; tags.length < limit; ) {
    const page = await ctx.store.tags.page(kind, epoch, now, {
      afterId: after,
      limit: Math.min(PAGE, limit - tags.length),
    })
    if (page.length === 0) return tags
    for (const row of page) {
      const place = tagPlace(kind, epoch, row.index)
      tags.push({ index: row.index, tag: ctx.vault.open(place, row.sealed) })
    }
    after = page.at(-1)!.id
    await ctx.pause()
  }
  return tags
}

function tagPlace(kind: string, epoch: string, index: Bytes): string {
  return `tag/${kind}/${epoch}/${hex(index)}`
}
