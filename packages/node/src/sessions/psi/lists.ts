/**
 * Lists of intersections: what a person brought from a file or the node's own flags, sealed in parts
 * from the moment they come in, dropped when the session ends. Results are kept in the same way, for as
 * long as the purpose says.
 */

import { hex, isProtocolError, type Json, jcs, parseJcs } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { itemCount, type PsiItems } from '@drempel/protocol/psi'
import type { NodeContext } from '../context.ts'
import { fail } from '../errors.ts'
import { knownKind } from '../federation.ts'
import { activeIdentifiers, canonical, type Rejected, unlicensedFlags } from '../flags.ts'

/** Canonical, with the row of a file that it stood in; for flags the rows are 0. */
export type Row = { readonly row: number; readonly value: string }

/** Values of a part: some milliseconds of sealing. */
const PART = 5_000
const PAGE = 8

/** @param name of an upload, or of the session that the list belongs to by now */
const listPlace = (name: string) => `list/${name}`
const resultPlace = (id: string) => `result/${id}`

/** Values that can't be read are named by row and left out. */
export async function addToList(
  ctx: NodeContext,
  kind: IdentifierKind,
  name: string,
  rows: readonly Row[],
): Promise<{ readonly accepted: number; readonly rejected: readonly Rejected[] }> {
  knownKind(ctx.inForce(), kind)
  const rejected: Rejected[] = []
  const good = rows.flatMap(({ row, value }) => {
    try {
      return [{ row, value: canonical(ctx, kind, value) }]
    } catch (error) {
      if (!isProtocolError(error)) throw error
      rejected.push({ row, code: error.code })
      return []
    }
  })
  if (good.length > 0) await addPart(ctx, listPlace(`${kind}/${name}`), good)
  return { accepted: good.length, rejected }
}

/** The list of a session: an upload, which is used once, or a copy of the flags as they are now. */
export async function takeList(
  ctx: NodeContext,
  kind: IdentifierKind,
  input: 'flags' | { readonly list: string } | { readonly of: string },
  id: string,
): Promise<void> {
  const to = listPlace(id)
  if (input === 'flags') {
    const unlicensed = await unlicensedFlags(ctx, kind)
    const flags = (await activeIdentifiers(ctx, kind)).filter(
      ({ index }) => unlicensed.size === 0 || !unlicensed.has(hex(index)),
    )
    for (let at = 0; at < flags.length; at += PART) {
      const rows = flags
        .slice(at, at + PART)
        .map(({ identifier }) => ({ row: 0, value: identifier }))
      await addPart(ctx, to, rows)
    }
    return
  }
  const from = listPlace('of' in input ? input.of : `${kind}/${input.list}`)
  let found = false
  for await (const rows of partsOf(ctx, from)) {
    found = true
    await addPart(ctx, to, rows)
  }
  if (!found) fail('LIST_UNKNOWN', { at: 'list' })
  await ctx.store.psi.dropParts(from)
}

export type Loaded = {
  readonly items: PsiItems
  /** For each item the row that it first stood in. */
  readonly rows: Uint32Array
}

/** A session's list in memory: its distinct items. */
export function loadList(ctx: NodeContext, id: string): Promise<Loaded> {
  return loadParts(ctx, listPlace(id))
}

/** @param place of parts of rows */
export async function loadParts(ctx: NodeContext, place: string): Promise<Loaded> {
  const values: string[] = []
  const numbers: number[] = []
  for await (const rows of partsOf(ctx, place)) {
    for (const { row, value } of rows) {
      values.push(value)
      numbers.push(row)
    }
  }
  const text = new TextEncoder().encode(values.join('\n'))
  const { items, rows } = await ctx.workers.run(
    'psiItems',
    { text },
    { elements: values.length, urgent: true, move: [text] },
  )
  return { items, rows: rows.map((at) => numbers[at]!) }
}

export function commitmentTo(
  ctx: NodeContext,
  items: PsiItems,
  salt: Uint8Array,
): Promise<Uint8Array> {
  return ctx.workers.run('psiCommit', { items, salt }, { elements: itemCount(items), urgent: true })
}

/** By which this node knows a list again, whatever the order; nobody else can make it. */
export function knownDigest(ctx: NodeContext, items: PsiItems): Promise<Uint8Array> {
  return commitmentTo(ctx, items, ctx.vault.blindIndex('psi', ''))
}

/** Some items of a list, by their numbers. */
export function rowsOf({ items, rows }: Loaded, numbers: Uint32Array): readonly Row[] {
  const decoder = new TextDecoder()
  return Array.from(numbers, (i) => ({
    row: rows[i]!,
    value: decoder.decode(items.bytes.subarray(items.offsets[i]!, items.offsets[i + 1]!)),
  }))
}

export async function saveResult(
  ctx: NodeContext,
  id: string,
  rows: readonly Row[],
): Promise<void> {
  for (let at = 0; at < rows.length; at += PART) {
    await addPart(ctx, resultPlace(id), rows.slice(at, at + PART))
  }
}

/** One part of a result, and where the next begins. */
export async function resultPart(
  ctx: NodeContext,
  id: string,
  after: number,
): Promise<{ readonly rows: readonly Row[]; readonly next: number | null }> {
  const place = resultPlace(id)
  const [found, more] = await ctx.store.psi.parts(place, { after, limit: 2 })
  if (found === undefined) return { rows: [], next: null }
  return { rows: openPart(ctx, place, found.sealed), next: more === undefined ? null : found.part }
}

export async function dropList(ctx: NodeContext, id: string): Promise<void> {
  await ctx.store.psi.dropParts(listPlace(id))
}

export async function dropResult(ctx: NodeContext, id: string): Promise<void> {
  await ctx.store.psi.dropParts(resultPlace(id))
}

/** Sessions of which a result is kept. */
export async function keptResults(ctx: NodeContext): Promise<readonly string[]> {
  const names = await ctx.store.psi.partsBefore(ctx.clock())
  return names.filter((name) => name.startsWith('result/')).map((name) => name.slice(7))
}

/** Uploads that no session took. @param open sessions whose lists stay */
export async function dropUploads(
  ctx: NodeContext,
  before: number,
  open: ReadonlySet<string>,
): Promise<void> {
  for (const name of await ctx.store.psi.partsBefore(before)) {
    const [kind, id] = name.split('/', 2)
    if (kind === 'list' && !open.has(id!)) await ctx.store.psi.dropParts(name)
  }
}

/** Rows and values apart, so that the text is short. */
export async function addPart(
  ctx: NodeContext,
  place: string,
  part: readonly Row[],
): Promise<void> {
  const content: Json = { rows: part.map(({ row }) => row), values: part.map(({ value }) => value) }
  await ctx.store.psi.addPart(place, ctx.vault.seal(`psi/${place}`, jcs(content), ctx.random))
  await ctx.pause()
}

async function* partsOf(ctx: NodeContext, place: string): AsyncGenerator<readonly Row[]> {
  for (let after = 0; ; ) {
    const page = await ctx.store.psi.parts(place, { after, limit: PAGE })
    if (page.length === 0) return
    for (const { sealed } of page) {
      yield openPart(ctx, place, sealed)
      await ctx.pause()
    }
    after = page.at(-1)!.part
  }
}

export function openPart(ctx: NodeContext, place: string, sealed: Uint8Array): Row[] {
  const { rows, values } = parseJcs(ctx.vault.open(`psi/${place}`, sealed)) as {
    readonly rows: readonly number[]
    readonly values: readonly string[]
  }
  return rows.map((row, i) => ({ row, value: values[i]! }))
}
