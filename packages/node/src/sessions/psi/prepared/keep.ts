/** What a list masked ahead takes in the store: items, records and their order, each sealed in parts. */

import type { Bytes } from '@drempel/protocol/encoding'
import type { NodeContext } from '../../context.ts'
import { fail } from '../../errors.ts'
import { addPart, type Loaded, loadParts, openPart, type Row, rowsOf } from '../lists.ts'

const BYTES = 1 << 18
const PAGE = 16
/** Items of a part. */
const ITEMS = 5_000

type What = 'items' | 'records' | 'order'
const WHATS = ['items', 'records', 'order'] as const

const nameOf = (id: string, what: What) => `prepared/${id}/${what}`

export async function keepBytes(
  ctx: NodeContext,
  id: string,
  what: 'records' | 'order',
  bytes: Bytes,
): Promise<void> {
  const name = nameOf(id, what)
  await ctx.store.psi.dropParts(name)
  for (let at = 0; at < bytes.length; at += BYTES) {
    const part = bytes.subarray(at, at + BYTES)
    await ctx.store.psi.addPart(name, ctx.vault.seal(`psi/${name}/${at}`, part, ctx.random))
    await ctx.pause()
  }
}

/** @throws ProtocolError `PSI_PREPARED_ENDED` where they are not there whole */
export async function keptBytes(
  ctx: NodeContext,
  id: string,
  what: 'records' | 'order',
  length: number,
): Promise<Bytes> {
  const name = nameOf(id, what)
  const bytes = new Uint8Array(length)
  let at = 0
  for (let after = 0; at < length; ) {
    const page = await ctx.store.psi.parts(name, { after, limit: PAGE })
    if (page.length === 0) return fail('PSI_PREPARED_ENDED')
    for (const { part, sealed } of page) {
      const opened = ctx.vault.open(`psi/${name}/${at}`, sealed)
      bytes.set(opened, at)
      at += opened.length
      after = part
    }
    await ctx.pause()
  }
  return bytes
}

/** Distinct, in their order, so that each can be found by its number. */
export async function keepItems(ctx: NodeContext, id: string, loaded: Loaded): Promise<void> {
  const name = nameOf(id, 'items')
  const all = Uint32Array.from({ length: loaded.rows.length }, (_, i) => i)
  for (let at = 0; at < all.length; at += ITEMS) {
    await addPart(ctx, name, rowsOf(loaded, all.subarray(at, at + ITEMS)))
  }
}

export function keptItems(ctx: NodeContext, id: string): Promise<Loaded> {
  return loadParts(ctx, nameOf(id, 'items'))
}

/** Some of them, without reading the rest. @param numbers rising */
export async function keptRows(
  ctx: NodeContext,
  id: string,
  numbers: Uint32Array,
): Promise<readonly Row[]> {
  const name = nameOf(id, 'items')
  const rows: Row[] = []
  let open: { readonly after: number; readonly rows: readonly Row[] } | undefined
  for (const number of numbers) {
    const after = Math.floor(number / ITEMS)
    if (open?.after !== after) {
      const [found] = await ctx.store.psi.parts(name, { after, limit: 1 })
      if (found === undefined) return fail('PSI_PREPARED_ENDED')
      open = { after, rows: openPart(ctx, name, found.sealed) }
      await ctx.pause()
    }
    rows.push(open.rows[number % ITEMS]!)
  }
  return rows
}

/** Drops what there is of a list. */
export async function dropKept(ctx: NodeContext, id: string): Promise<void> {
  for (const what of WHATS) await ctx.store.psi.dropParts(nameOf(id, what))
}

/** What a crash left behind of lists that are not there. @param live ids of those that are */
export async function dropOrphans(
  ctx: NodeContext,
  before: number,
  live: ReadonlySet<string>,
): Promise<void> {
  for (const name of await ctx.store.psi.partsBefore(before)) {
    const [kind, id] = name.split('/', 2)
    if (kind === 'prepared' && !live.has(id!)) await ctx.store.psi.dropParts(name)
  }
}
