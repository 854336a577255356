/** The node's own flags: identifiers are sealed on the way in and opened only for the node's work. */

import { isEvidenceClass, kindOf, taxonomyEntry } from '@drempel/protocol/convenant'
import { type Bytes, fromUtf8, hex, isProtocolError, utf8 } from '@drempel/protocol/encoding'
import { canonicalize, type IdentifierKind } from '@drempel/protocol/identifiers'
import type { FlagRow, UpsertCounts } from '../store/index.ts'
import type { NodeContext } from './context.ts'
import { fail } from './errors.ts'
import type { SignedList } from './round/messages.ts'

export type FlagInput = {
  readonly row: number
  readonly value: string
  readonly taxonomy?: string | undefined
  readonly evidence?: string | undefined
  readonly reports?: number | undefined
  readonly since?: string | undefined
  readonly expires?: string | undefined
}

export type Rejected = { readonly row: number; readonly code: string }

const PAGE = 5_000
const UNSPECIFIED = 'unspecified'

/** @throws ProtocolError of the identifiers layer, without the value */
export function canonical(ctx: NodeContext, kind: IdentifierKind, value: string): string {
  const region = kindOf(ctx.inForce().convenant, kind)?.defaultRegion
  return canonicalize(kind, value, region ? { defaultRegion: region } : {})
}

export function sealFlag(ctx: NodeContext, kind: IdentifierKind, identifier: string) {
  const index = ctx.vault.blindIndex(kind, identifier)
  const sealed = ctx.vault.seal(`flag/${kind}/${hex(index)}`, utf8(identifier), ctx.random)
  return { index, sealed }
}

export function openFlag(
  ctx: NodeContext,
  kind: string,
  row: { readonly index: Bytes; readonly sealed: Bytes },
): string {
  return fromUtf8(ctx.vault.open(`flag/${kind}/${hex(row.index)}`, row.sealed))
}

export async function importFlags(
  ctx: NodeContext,
  kind: IdentifierKind,
  importId: string,
  rows: readonly FlagInput[],
): Promise<UpsertCounts & { readonly rejected: readonly Rejected[] }> {
  const now = ctx.clock()
  const rejected: Rejected[] = []
  const accepted: FlagRow[] = []
  for (const input of rows) {
    try {
      accepted.push(await readFlag(ctx, kind, input, now))
    } catch (error) {
      if (!isProtocolError(error)) throw error
      rejected.push({ row: input.row, code: error.code })
    }
  }
  const counts = await ctx.store.flags.upsert(kind, accepted, importId, {
    blockedSince: await epochBegin(ctx, kind),
  })
  return { ...counts, rejected }
}

async function readFlag(
  ctx: NodeContext,
  kind: IdentifierKind,
  input: FlagInput,
  now: number,
): Promise<FlagRow> {
  const { taxonomy = UNSPECIFIED, evidence = UNSPECIFIED, reports = 1 } = input
  if (taxonomy !== UNSPECIFIED && taxonomyEntry(taxonomy) === undefined) {
    fail('BAD_FLAG', { at: 'taxonomy' })
  }
  if (evidence !== UNSPECIFIED && !isEvidenceClass(evidence)) fail('BAD_FLAG', { at: 'evidence' })
  const flag = sealFlag(ctx, kind, canonical(ctx, kind, input.value))
  // The same file imported again changes nothing: a flag without a date of its own keeps its first.
  const since =
    input.since === undefined
      ? ((await ctx.store.flags.get(kind, flag.index))?.since ?? now)
      : Date.parse(input.since)
  return {
    ...flag,
    taxonomy,
    evidence,
    reports,
    since,
    expires: input.expires === undefined ? null : Date.parse(input.expires),
  }
}

/** A flag withdrawn in this key epoch stays withdrawn: toggling a flag is a probe. */
async function epochBegin(ctx: NodeContext, kind: string): Promise<number> {
  return (await ctx.store.keys.current(kind))?.createdAt ?? Number.MAX_SAFE_INTEGER
}

/** Active flags with their identifiers, in order of id. */
export async function activeIdentifiers(
  ctx: NodeContext,
  kind: string,
): Promise<{ readonly index: Bytes; readonly identifier: string }[]> {
  const flags: { index: Bytes; identifier: string }[] = []
  const now = ctx.clock()
  for (let afterId = 0; ; ) {
    const page = await ctx.store.flags.active(kind, now, { afterId, limit: PAGE })
    if (page.length === 0) return flags
    for (const row of page) flags.push({ index: row.index, identifier: openFlag(ctx, kind, row) })
    afterId = page.at(-1)!.id
    await ctx.pause()
  }
}

/** What the convenant's `decide` wants to know of earlier rounds of a kind. */
export async function contributionUsage(
  ctx: NodeContext,
  kind: string,
): Promise<{ lastContributors: readonly string[] | null; contributed: boolean }> {
  const last = await lastList(ctx, kind)
  const contributors = last?.contributors ?? null
  return { lastContributors: contributors, contributed: contributors?.includes(ctx.self) ?? false }
}

export async function changesSinceLastRound(
  ctx: NodeContext,
  kind: string,
): Promise<{ newFlags: number; withdrawnFlags: number }> {
  const { added, withdrawn } = await ctx.store.flags.changes(
    kind,
    (await lastList(ctx, kind))?.createdAt ?? 0,
  )
  return { newFlags: added, withdrawnFlags: withdrawn }
}

async function lastList(ctx: NodeContext, kind: string) {
  const lists = (await ctx.store.lists.inForce()).filter((list) => list.kind === kind)
  const last = lists.sort((a, b) => b.createdAt - a.createdAt)[0]
  if (last === undefined) return undefined
  const [statement] = last.signatures as unknown as readonly SignedList[]
  const { contributors, convenant } = statement!.body
  // A new version of the convenant is the members' word that the set may be another.
  const same = convenant === ctx.inForce().digest
  return { createdAt: last.createdAt, contributors: same ? contributors : null }
}
