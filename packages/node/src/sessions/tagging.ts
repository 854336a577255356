/**
 * Tags of own flags: the same audited OPRF as a check, under the budget of the convenant. They are
 * cached for the key epoch, so that a round tags only what is new.
 *
 * Batches overlap: while one is blinded here, others are at the key holders or being combined. A batch
 * is stored as soon as it is done, so that an end without warning loses what was under way, no more.
 */

import { type Bytes, hex } from '@drempel/protocol/encoding'
import { type IdentifierKind, oprfInput } from '@drempel/protocol/identifiers'
import { TAG_BYTES, tagOf } from '@drempel/protocol/oprf'
import { paddedSize } from '@drempel/protocol/threshold'
import type { NodeContext } from './context.ts'
import { permit } from './federation.ts'
import { openFlag } from './flags.ts'
import { evaluateInputs } from './oprf/asker.ts'

/**
 * Elements of one query. Entries, signatures and fsyncs come once a query, so a small one pays more for
 * them than for its elements; what is under way when a node dies is asked again and counts twice.
 */
const BATCH = 4_096
/** Queries under way beside those that the workers compute on: these are at the holders. */
const AHEAD = 2
/** Rows that are read and opened, or tags that are sealed, at a time: some milliseconds of work. */
const PAGE = 256
/** Tags that are stored at a time, with one fsync: what a write takes, the event loop waits. */
const STORED = 1_024

type Tagging = {
  readonly kind: IdentifierKind
  readonly epoch: number
  readonly listSize: number
  readonly signal: AbortSignal
  readonly onTagged: (ids: readonly number[], outputs: readonly Bytes[]) => void
  /** Key holders that let a batch's time run out. */
  readonly late: Set<string>
}

type Flag = { readonly id: number; readonly index: Bytes; readonly input: Bytes }

type SealedTag = { readonly id: number; readonly sealed: Bytes }

/** Tags by their flags' ids, in one array: a million small ones would cost the collector dearly. */
class Tags {
  readonly #places = new Map<number, number>()
  #bytes = new Uint8Array(TAG_BYTES * STORED)

  get size(): number {
    return this.#places.size
  }

  has(id: number): boolean {
    return this.#places.has(id)
  }

  /** A view. */
  get(id: number): Bytes | undefined {
    const at = this.#places.get(id)
    return at === undefined ? undefined : this.#bytes.subarray(at, at + TAG_BYTES)
  }

  add(id: number, tag: Bytes): void {
    const at = this.#places.get(id) ?? TAG_BYTES * this.size
    if (at === this.#bytes.length) {
      const larger = new Uint8Array(2 * at)
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes.set(tag, at)
    this.#places.set(id, at)
  }
}

/**
 * @param listSize active flags, tagged or not
 * @returns the tags that were made, which are stored by then
 * @throws ProtocolError `REFUSED` (`BUDGET_EXCEEDED`, ...), `QUORUM_LOST`
 */
export async function tagMissing(
  ctx: NodeContext,
  kind: IdentifierKind,
  epoch: number,
  listSize: number,
  onProgress: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<Tags> {
  const made = new Tags()
  let done = 0
  const onTagged = (ids: readonly number[], tags: readonly Bytes[]) => {
    ids.forEach((id, i) => void made.add(id, tags[i]!))
    done += ids.length
    onProgress(done, listSize)
  }
  const tagging = { kind, epoch, listSize, signal, onTagged, late: new Set<string>() }
  onProgress(0, listSize)
  // Flags may come back while others are tagged, also ones that were passed.
  while ((await tagOnce(ctx, tagging)) > 0);
  return made
}

/** All flags that have no tag now. @returns how many there were */
async function tagOnce(ctx: NodeContext, tagging: Tagging): Promise<number> {
  const stop = new AbortController()
  const signal = AbortSignal.any([tagging.signal, stop.signal])
  const running = new Set<Promise<void>>()
  const most = ctx.workers.size + AHEAD
  let turn = ctx.random(1)[0]!
  let rows = 0
  let sent = 0
  const send = async (flags: readonly Flag[], count: number) => {
    while (running.size >= most) await Promise.race(running)
    await spend(ctx, tagging, count)
    const batch = tagBatch(ctx, { ...tagging, signal }, flags, count, turn++)
    running.add(batch)
    batch.then(
      () => running.delete(batch),
      () => {},
    )
    sent += count
  }
  try {
    for await (const flags of missingFlags(ctx, tagging)) {
      rows += flags.length
      // The holders may learn of a first list what its commitment will say of its size, and no more.
      if (flags.length < BATCH) await send(flags, Math.min(BATCH, paddedSize(rows) - sent))
      else await send(flags, BATCH)
    }
    while (sent < paddedSize(rows) && rows > 0)
      await send([], Math.min(BATCH, paddedSize(rows) - sent))
    await Promise.all(running)
    return rows
  } finally {
    stop.abort()
    await Promise.allSettled(running)
  }
}

/** Batches of flags without a tag, in order of id; only the last is shorter than the others. */
async function* missingFlags(
  ctx: NodeContext,
  { kind, epoch, signal }: Tagging,
): AsyncGenerator<readonly Flag[]> {
  let batch: Flag[] = []
  for (let afterId = 0; ; ) {
    signal.throwIfAborted()
    const limit = Math.min(PAGE, BATCH - batch.length)
    const options = { afterId, limit }
    const page = await ctx.store.tags.missing(kind, String(epoch), ctx.clock(), options)
    if (page.lastId === null) break
    for (const row of page.flags) {
      const { id, index } = row
      batch.push({ id, index, input: oprfInput(kind, openFlag(ctx, kind, row)) })
    }
    afterId = page.lastId
    if (batch.length === BATCH) {
      yield batch
      batch = []
    }
    await ctx.pause()
  }
  if (batch.length > 0) yield batch
}

/** One after the other, so that no two batches find the same budget left. */
async function spend(
  ctx: NodeContext,
  { kind, epoch, listSize }: Tagging,
  count: number,
): Promise<void> {
  const counter = { scope: 'tagged', key: `${kind}/${epoch}` }
  const used = await ctx.store.usage.used(counter.scope, counter.key)
  permit(
    ctx,
    { type: 'tag', member: ctx.self, kind, epoch, listSize, count },
    { tagged: { epoch, count: used } },
  )
  const spent = { ...counter, amount: count, limit: Number.MAX_SAFE_INTEGER }
  await (await ctx.store.usage.claim(spent)).durable
}

/** @param count elements to send: the flags' and padding, or padding alone */
async function tagBatch(
  ctx: NodeContext,
  { kind, epoch, signal, onTagged, late }: Tagging,
  flags: readonly Flag[],
  count: number,
  turn: number,
): Promise<void> {
  const name = String(epoch)
  const { outputs } = await evaluateInputs(ctx, {
    protocol: 'tag',
    kind,
    epoch: name,
    inputs: flags.map(({ input }) => input),
    count,
    record: { purpose: 'round' },
    turn,
    late,
    signal,
  })
  const tags = outputs.map(tagOf)
  for (let at = 0; at < flags.length; at += STORED) {
    const end = Math.min(flags.length, at + STORED)
    const rows: SealedTag[] = []
    for (let from = at; from < end; from += PAGE) {
      const to = Math.min(end, from + PAGE)
      rows.push(...sealTags(ctx, kind, name, flags.slice(from, to), tags.slice(from, to)))
      await ctx.pause()
    }
    await ctx.store.tags.put(kind, name, rows)
    const ids = rows.map(({ id }) => id)
    onTagged(ids, tags.slice(at, end))
  }
}

/** @param tags of the flags, in their order */
function sealTags(
  ctx: NodeContext,
  kind: IdentifierKind,
  epoch: string,
  flags: readonly Flag[],
  tags: readonly Bytes[],
): SealedTag[] {
  const entries = flags.map(({ index }, i) => ({
    context: tagPlace(kind, epoch, index),
    plaintext: tags[i]!,
  }))
  const sealed = ctx.vault.sealAll(entries, ctx.random)
  return flags.map(({ id }, i) => ({ id, sealed: sealed[i]! }))
}

/**
 * Tags of the node's active flags, in order of their ids; all of them, or at most `limit` after an id.
 * @param made tags that need not be opened
 */
export async function activeTags(
  ctx: NodeContext,
  kind: IdentifierKind,
  epoch: string,
  options: { readonly afterId?: number; readonly limit?: number; readonly made?: Tags } = {},
): Promise<{ readonly index: Bytes; readonly tag: Bytes }[]> {
  const { afterId = 0, limit = Number.POSITIVE_INFINITY, made = NONE } = options
  const now = ctx.clock()
  const tags: { index: Bytes; tag: Bytes }[] = []
  for (let after = afterId; tags.length < limit; ) {
    const range = { afterId: after, limit: Math.min(PAGE, limit - tags.length) }
    const known = made.size === 0 ? [] : await ctx.store.flags.indexes(kind, now, range)
    if (known.length > 0 && known.every(({ id }) => made.has(id))) {
      for (const { id, index } of known) tags.push({ index, tag: made.get(id)! })
      after = known.at(-1)!.id
    } else {
      const page = await ctx.store.tags.page(kind, epoch, now, range)
      if (page.length === 0) return tags
      for (const { index, sealed } of page) {
        tags.push({ index, tag: ctx.vault.open(tagPlace(kind, epoch, index), sealed) })
      }
      after = page.at(-1)!.id
    }
    await ctx.pause()
  }
  return tags
}

const NONE = new Tags()

function tagPlace(kind: string, epoch: string, index: Bytes): string {
  return `tag/${kind}/${epoch}/${hex(index)}`
}
