/** The node's own flags: identifiers are sealed on the way in and opened only for the node's work. */

import {
  CRIMINAL_EVIDENCE,
  isEvidenceClass,
  kindOf,
  mayBeCriminal,
  taxonomyEntry,
} from '@drempel/protocol/convenant'
import { type Bytes, fromUtf8, hex, isProtocolError, utf8 } from '@drempel/protocol/encoding'
import { canonicalize, type IdentifierKind, isMadeUp } from '@drempel/protocol/identifiers'
import { type FlagRow, isOfRehearsal, type UpsertCounts } from '../store/index.ts'
import { watchExpired } from './alerts/index.ts'
import { behind } from './behind.ts'
import type { InForce, NodeContext } from './context.ts'
import { END_REHEARSAL, fail } from './errors.ts'
import { knownKind } from './federation.ts'
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

const PAGE = 1_024
/** Rows written at a time: a larger transaction writes the index of all flags fewer times. */
const BATCH = 2_500
const UNSPECIFIED = 'unspecified'

/**
 * Every identifier that enters the node passes here.
 * @throws ProtocolError of the identifiers layer, without the value; `REHEARSING` for a real one
 */
export function canonical(ctx: NodeContext, kind: IdentifierKind, value: string): string {
  const { convenant, rehearsed } = ctx.inForce()
  const region = kindOf(convenant, kind)?.defaultRegion
  const name = canonicalize(kind, value, region ? { defaultRegion: region } : {})
  if (rehearsed !== null && !isMadeUp(kind, name)) fail('REHEARSING', { hint: END_REHEARSAL })
  return name
}

function flagPlace(kind: string, index: Bytes): string {
  return `flag/${kind}/${hex(index)}`
}

export function openFlag(
  ctx: NodeContext,
  kind: string,
  row: { readonly index: Bytes; readonly sealed: Bytes },
): string {
  return fromUtf8(ctx.vault.open(flagPlace(kind, row.index), row.sealed))
}

/** A flag's identifier as the store keeps it. @throws ProtocolError of the identifiers layer */
export function sealFlag(
  ctx: NodeContext,
  kind: IdentifierKind,
  value: string,
): Pick<FlagRow, 'index' | 'sealed'> {
  const identifier = canonical(ctx, kind, value)
  const index = ctx.vault.blindIndex(kind, identifier)
  return { index, sealed: ctx.vault.seal(flagPlace(kind, index), utf8(identifier), ctx.random) }
}

/**
 * Whether an import is of what is in force: the end of one that is late would else withdraw all others.
 * @throws ProtocolError `REHEARSING`, `NOT_REHEARSING`
 */
export function checkImport(ctx: NodeContext, importId: string): InForce {
  const inForce = ctx.inForce()
  // Imports of made-up flags name themselves, so that one that is late does not land among real ones.
  const madeUp = isOfRehearsal(importId)
  if (madeUp !== (inForce.rehearsed !== null)) {
    fail(madeUp ? 'NOT_REHEARSING' : 'REHEARSING', madeUp ? {} : { hint: END_REHEARSAL })
  }
  return inForce
}

export async function importFlags(
  ctx: NodeContext,
  kind: IdentifierKind,
  importId: string,
  rows: readonly FlagInput[],
): Promise<UpsertCounts & { readonly rejected: readonly Rejected[] }> {
  knownKind(ctx.inForce(), kind)
  const { rehearsed } = checkImport(ctx, importId)
  const blockedSince = await epochBegin(ctx, kind)
  const total = { added: 0, updated: 0, unchanged: 0, blocked: 0 }
  const rejected: Rejected[] = []
  for (let at = 0; at < rows.length; at += BATCH) {
    const read = rows.slice(at, at + BATCH).flatMap((input) => {
      try {
        return [readFlag(ctx, kind, input)]
      } catch (error) {
        if (!isProtocolError(error) || error.code === 'REHEARSING') throw error
        rejected.push({ row: input.row, code: error.code })
        return []
      }
    })
    const sealed = ctx.vault.sealAll(read, ctx.random)
    const flags = read.map(({ flag }, i) => ({ ...flag, sealed: sealed[i]! }))
    // In the tick of the write, at each batch: a rehearsal may have begun or ended meanwhile.
    if (ctx.inForce().rehearsed !== rehearsed) fail('REHEARSING', { hint: END_REHEARSAL })
    const counts = await ctx.store.flags.upsert(kind, flags, importId, { blockedSince })
    for (const name of COUNTS) total[name] += counts[name]
    const ended = flags.filter(({ expires }) => expires !== null && expires <= ctx.clock())
    if (counts.updated > 0 && ended.length > 0) {
      const indexes = ended.map(({ index }) => index)
      behind(ctx, 'watch', watchExpired(ctx, kind, indexes))
    }
  }
  return { ...total, rejected }
}

const COUNTS = ['added', 'updated', 'unchanged', 'blocked'] as const

type Read = {
  readonly flag: Omit<FlagRow, 'sealed'>
  readonly context: string
  readonly plaintext: Bytes
}

function readFlag(ctx: NodeContext, kind: IdentifierKind, input: FlagInput): Read {
  const { taxonomy = UNSPECIFIED, evidence = UNSPECIFIED, reports = 1 } = input
  checkGround(ctx, kind, {
    ...(taxonomy === UNSPECIFIED ? {} : { taxonomy }),
    ...(evidence === UNSPECIFIED ? {} : { evidence }),
  })
  const identifier = canonical(ctx, kind, input.value)
  const index = ctx.vault.blindIndex(kind, identifier)
  const flag = {
    index,
    taxonomy,
    evidence,
    reports,
    // The same file imported again changes nothing: a flag without a date of its own keeps its first.
    since: input.since === undefined ? null : Date.parse(input.since),
    expires: input.expires === undefined ? null : Date.parse(input.expires),
  }
  return { flag, context: flagPlace(kind, index), plaintext: utf8(identifier) }
}

/** @throws ProtocolError `BAD_FLAG`, `CRIMINAL_DATA` */
export function checkGround(
  ctx: NodeContext,
  kind: IdentifierKind,
  { taxonomy, evidence }: { readonly taxonomy?: string; readonly evidence?: string },
): void {
  if (taxonomy !== undefined && taxonomyEntry(taxonomy) === undefined) {
    fail('BAD_FLAG', { at: 'taxonomy' })
  }
  if (evidence !== undefined && !isEvidenceClass(evidence)) fail('BAD_FLAG', { at: 'evidence' })
  if (evidence === CRIMINAL_EVIDENCE && !mayBeCriminal(ctx.inForce().convenant, kind)) {
    fail('CRIMINAL_DATA', { at: 'evidence', hint: 'the convenant names no licence for these data' })
  }
}

/** When the key epoch began; where no key is used, the days of one back from now. */
async function epochBegin(ctx: NodeContext, kind: string): Promise<number> {
  const key = await ctx.store.keys.current(kind)
  if (key !== null) return key.createdAt
  const { keyEpochDays } = ctx.inForce().convenant.round
  return keyEpochDays === 'round' ? ctx.clock() : ctx.clock() - keyEpochDays * 86_400_000
}

/** Active flags with their identifiers, in order of id. */
export async function activeIdentifiers(
  ctx: NodeContext,
  kind: string,
): Promise<{ readonly index: Bytes; readonly identifier: string }[]> {
  const flags: { index: Bytes; identifier: string }[] = []
  for await (const page of activePages(ctx, kind)) {
    for (const row of page) flags.push({ index: row.index, identifier: openFlag(ctx, kind, row) })
    await ctx.pause()
  }
  return flags
}

/** Blind indexes of active flags, in order of id. */
export async function activeIndexes(ctx: NodeContext, kind: string): Promise<Bytes[]> {
  const now = ctx.clock()
  const indexes: Bytes[] = []
  for (let afterId = 0; ; ) {
    const page = await ctx.store.flags.indexes(kind, now, { afterId, limit: PAGE })
    if (page.length === 0) return indexes
    for (const { index } of page) indexes.push(index)
    afterId = page.at(-1)!.id
  }
}

/** How many reports stand behind each active flag, by its index in hex. */
export async function activeReports(
  ctx: NodeContext,
  kind: string,
): Promise<ReadonlyMap<string, number>> {
  const reports = new Map<string, number>()
  for await (const page of activePages(ctx, kind)) {
    for (const flag of page) reports.set(hex(flag.index), flag.reports)
    await ctx.pause()
  }
  return reports
}

async function* activePages(ctx: NodeContext, kind: string) {
  const now = ctx.clock()
  for (let afterId = 0; ; ) {
    const page = await ctx.store.flags.active(kind, now, { afterId, limit: PAGE })
    if (page.length === 0) return
    yield page
    afterId = page.at(-1)!.id
  }
}

/**
 * What stays out of a round: flags that left a list in this key epoch, since toggling a flag is a probe, and
 * those that no list may have.
 */
export async function blockedFlags(ctx: NodeContext, kind: string): Promise<ReadonlySet<string>> {
  const left = await ctx.store.contributions.leftSince(kind, await epochBegin(ctx, kind))
  return new Set([...left.map(hex), ...(await unlicensedFlags(ctx, kind))])
}

/** Of a court's decision, taken when the convenant named a licence for such data, and it names none now. */
export async function unlicensedFlags(
  ctx: NodeContext,
  kind: string,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  if (mayBeCriminal(ctx.inForce().convenant, kind)) return found
  for (let afterId = 0; ; ) {
    const page = await ctx.store.flags.ofCourts(kind, { afterId, limit: PAGE })
    if (page.length === 0) return found
    for (const { index } of page) found.add(hex(index))
    afterId = page.at(-1)!.id
  }
}

/**
 * Whose lists the last round of a kind opened results of; null before the first, and after a change of
 * convenant, which is the members' word that the set may be another.
 */
export async function lastContributors(
  ctx: NodeContext,
  kind: string,
): Promise<readonly string[] | null> {
  const known = [await openedBy(ctx, kind), await publishedBy(ctx, kind)].filter(
    (entry) => entry !== null && entry.convenant === ctx.inForce().digest,
  )
  known.sort((a, b) => Date.parse(b!.createdAt) - Date.parse(a!.createdAt))
  return known[0]?.contributors ?? null
}

type Opened = Pick<SignedList['body'], 'convenant' | 'createdAt' | 'contributors'>

/** A compute node, before any result leaves it: also a round that fails after this has shown something. */
export async function rememberOpened(
  ctx: NodeContext,
  kind: string,
  opened: Opened,
): Promise<void> {
  const { convenant, createdAt, contributors } = opened
  await ctx.store.meta.set(`opened/${kind}`, JSON.stringify({ convenant, createdAt, contributors }))
}

/** When counts of a kind were last opened here, or released as far as this node has heard. */
export async function releasedAt(ctx: NodeContext, kind: string): Promise<number | null> {
  const opened = await ctx.store.meta.get(`released/${kind}`)
  const times = (await ctx.store.lists.inForce()).flatMap((list) => {
    const { body } = (list.signatures as unknown as readonly SignedList[])[0]!
    return list.kind === kind && body.aggregates !== undefined ? [list.createdAt] : []
  })
  if (opened !== null) times.push(Number(opened))
  return times.length === 0 ? null : Math.max(...times)
}

/** Before anything is opened: what becomes of the round, the period's release is spent. */
export async function rememberRelease(ctx: NodeContext, kind: string): Promise<void> {
  await ctx.store.meta.set(`released/${kind}`, String(ctx.clock()))
}

/** What `decide` is to know of earlier rounds of a kind. */
export async function roundUsage(ctx: NodeContext, kind: string) {
  return {
    lastContributors: await lastContributors(ctx, kind),
    releasedAt: await releasedAt(ctx, kind),
  }
}

async function openedBy(ctx: NodeContext, kind: string): Promise<Opened | null> {
  const text = await ctx.store.meta.get(`opened/${kind}`)
  return text === null ? null : (JSON.parse(text) as Opened)
}

async function publishedBy(ctx: NodeContext, kind: string): Promise<Opened | null> {
  const lists = (await ctx.store.lists.inForce()).filter((list) => list.kind === kind)
  const last = lists.sort((a, b) => b.createdAt - a.createdAt)[0]
  if (last === undefined) return null
  return (last.signatures as unknown as readonly SignedList[])[0]!.body
}
