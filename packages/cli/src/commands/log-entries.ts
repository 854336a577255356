/** Whole logs for commands that conclude something from them: nothing is read that was not verified. */

import { type Bytes, fromBase64url, fromUtf8 } from '@drempel/protocol/encoding'
import {
  type Checkpoint,
  cosignatureKey,
  encodeHashTile,
  encodeTilePath,
  type FetchTile,
  inclusionProof,
  type LeafFields,
  leafHashes,
  openCheckpoint,
  openCosigned,
  parseBundle,
  parseEvent,
  parseOrigin,
  TILE_WIDTH,
  tileAt,
  tileReader,
  verifyInclusion,
  verifyLog,
} from '@drempel/protocol/log'
import type { Entry, VerifiedLog } from '../audit/entry.ts'
import { type Period, parsePeriod } from '../audit/period.ts'
import { type OfRehearsal, rehearsalsIn } from '../audit/rehearsed.ts'
import { fail } from '../output/errors.ts'
import type { Text } from '../output/language.ts'
import { startProgress } from '../output/progress.ts'
import type { Context } from './context.ts'
import { type OptionSpec, usage } from './define.ts'
import type { KeySource, LogSource } from './log-source.ts'

export const ORIGIN_OPTION: OptionSpec = {
  flags: '--origin <origin>',
  about: { nl: 'alleen dit logboek', en: 'this log only' },
}

export const TOKEN_FILE_OPTION: OptionSpec = {
  flags: '--token-file <file...>',
  about: {
    nl: 'token per --node, in dezelfde volgorde',
    en: 'token for each --node, in their order',
  },
  many: true,
}

export const PERIOD_OPTION: OptionSpec = {
  flags: '--period <period>',
  about: {
    nl: '2026, 2026Q4, 2026-11, 2026-11-22, of van..tot en met; in UTC',
    en: '2026, 2026Q4, 2026-11, 2026-11-22, or first..last; in UTC',
  },
}

const FORM: Text = {
  nl: 'bijvoorbeeld 2026Q4, 2026-11-22, of 2026-11-20..2026-11-22',
  en: 'for example 2026Q4, 2026-11-22, or 2026-11-20..2026-11-22',
}
const TURNED: Text = {
  nl: 'het begin komt na het einde: van..tot en met',
  en: 'it begins after its end: first..last',
}

export function periodOf(ctx: Context, text: string): Period {
  const period = parsePeriod(text)
  if (period !== undefined) return period
  const [first, last] = text.split('..')
  const isTurned = last !== undefined && parsePeriod(`${last}..${first}`) !== undefined
  return usage('--period', isTurned ? TURNED : FORM, ctx.lang)
}

/** The wanted log of a node, or its latest. @throws ProtocolError `NO_LOG`, `USAGE` if there is no such log */
export async function chosenOrigin(
  ctx: Context,
  source: LogSource,
  wanted: string | undefined,
): Promise<string> {
  const listed = (await source.origins()).map(({ origin }) => origin).sort()
  if (listed.length === 0) fail('NO_LOG', { at: source.node.target.url })
  const origin = wanted ?? listed.at(-1)
  return origin !== undefined && listed.includes(origin) ? origin : noSuchLog(ctx, '--origin')
}

/** The logs that may hold a period, newest first; without one as `chosenOrigin`. @throws as that */
export async function chosenOrigins(
  ctx: Context,
  source: LogSource,
  {
    origin,
    period,
  }: { readonly origin?: string | undefined; readonly period?: Period | undefined },
): Promise<readonly string[]> {
  const latest = await chosenOrigin(ctx, source, origin)
  if (origin !== undefined || period === undefined) return [latest]
  const listed = (await source.origins()).map((log) => log.origin).sort()
  const chosen = listed.filter((name) => mayHold(name, period)).reverse()
  return chosen.length === 0 ? noSuchLog(ctx, '--period') : chosen
}

function noSuchLog(ctx: Context, at: string): never {
  const text = { nl: 'de node heeft dit logboek niet', en: 'the node has no such log' }
  return usage(at, text, ctx.lang)
}

export type ReadLog = VerifiedLog & { readonly key: KeySource }

/**
 * The logs of a node, oldest first, each verified from its entries up.
 * @param wanted one origin, or all that begin before the period ends
 * @throws ProtocolError as `verifyLog`; `LOG_OF_OTHER`; `NO_LOG`; `USAGE` if there is no such log
 */
export async function readLogs(
  ctx: Context,
  source: LogSource,
  wanted: { readonly origin?: string | undefined; readonly period?: Period | undefined },
): Promise<ReadLog[]> {
  const { origin, period } = wanted
  const listed = (await source.origins()).map((log) => log.origin).sort()
  if (listed.length === 0) fail('NO_LOG', { at: source.node.target.url })
  const chosen = listed.filter((name) =>
    origin === undefined ? period === undefined || mayHold(name, period) : name === origin,
  )
  if (chosen.length === 0) noSuchLog(ctx, origin === undefined ? '--period' : '--origin')
  const logs: ReadLog[] = []
  for (const name of chosen) logs.push(await readLog(ctx, source, name))
  return logs
}

/** As `readLogs`, of each log the entries that are wanted; and which of them are of a rehearsal. */
export async function selectLogs(
  ctx: Context,
  source: LogSource,
  wanted: Parameters<typeof readLogs>[2],
  selects: (event: LeafFields) => boolean,
): Promise<{ readonly logs: readonly ReadLog[]; readonly ofRehearsal: OfRehearsal }> {
  const whole = await readLogs(ctx, source, wanted)
  const ofRehearsal = await rehearsalsOf(ctx, source, whole)
  const logs = whole.map((log) => ({
    ...log,
    entries: log.entries.filter(({ event }) => selects(event)),
  }))
  return { logs, ofRehearsal }
}

/**
 * Tells entries of a rehearsal from others by the convenant, and where that does not say it by what stands
 * in earlier logs of the node.
 * @param logs whole ones of the source, oldest first
 */
export async function rehearsalsOf(
  ctx: Context,
  source: LogSource,
  logs: readonly VerifiedLog[],
): Promise<OfRehearsal> {
  const entries = logs.flatMap((log) => log.entries)
  const alone = rehearsalsIn(logs, [])
  if (entries.every(({ event }) => alone(event) === false)) return alone
  const versions = await source.versions()
  const read = [...logs]
  const earlier = (await source.origins())
    .map(({ origin }) => origin)
    .filter((origin) => logs.every((log) => origin < log.origin))
    .sort()
  for (;;) {
    const told = rehearsalsIn(read, versions)
    const before = entries.some(({ event }) => told(event) === null) ? earlier.pop() : undefined
    if (before === undefined) return told
    read.push(await readLog(ctx, source, before))
  }
}

async function readLog(ctx: Context, source: LogSource, origin: string): Promise<ReadLog> {
  const { key, source: from } = await source.keyOf(origin)
  const note = await source.checkpoint(origin)
  const checkpoint = openCheckpoint(note, key)
  const entries: Entry[] = []
  const progress = startProgress(ctx.world, {
    interrupted: () => ctx.say({ nl: 'afgebroken', en: 'interrupted' }),
    label: origin,
    total: checkpoint.size,
    quiet: ctx.json,
  })
  try {
    const take = (index: number, leaf: Bytes, hash: Bytes) => {
      entries.push({ index, event: parseEvent(leaf), hash })
      if (index % TILE_WIDTH === 0) progress.update(index)
    }
    await verifyLog(checkpoint, source.fetchTile(origin), take)
  } finally {
    progress.stop()
  }
  const { member } = parseOrigin(origin)
  return { origin, member, checkpoint: note, size: checkpoint.size, entries, key: from }
}

/**
 * Entries from an index on, each proved to stand in the tree.
 * @param checkpoint opened under the owner's key
 * @throws ProtocolError as `provedBundle`
 */
export async function* provedEntries(
  source: LogSource,
  origin: string,
  checkpoint: Checkpoint,
  from: number,
): AsyncGenerator<Entry> {
  const fetch = keepingHashes(source.fetchTile(origin))
  for (let i = Math.floor(from / TILE_WIDTH); i * TILE_WIDTH < checkpoint.size; i++) {
    for (const entry of await provedBundle(fetch, checkpoint, i)) {
      if (entry.index >= from) yield entry
    }
  }
}

/**
 * The entries of one bundle, proved to stand in the tree: all of them, so that none that somebody would have
 * chosen has another in its place. The audit path of the first is computed from the others.
 * @param checkpoint opened under the owner's key
 * @throws ProtocolError `BAD_INCLUSION_PROOF`, `BAD_BUNDLE`, `BAD_TILE`, `TILE_MISSING`, `BAD_EVENT`, `BAD_RESPONSE`
 */
export async function provedBundle(
  fetch: FetchTile,
  { origin, size, root }: Checkpoint,
  bundle: number,
): Promise<readonly Entry[]> {
  const tile = tileAt('entries', bundle, size)!
  const bytes = (await fetch(tile)) ?? fail('BAD_RESPONSE', { at: origin })
  const leaves = parseBundle(bytes, tile.width)
  const hashes = leafHashes(leaves)
  const own = encodeHashTile(hashes)
  const read = tileReader(size, (wanted) =>
    wanted.level === 0 && wanted.index === bundle ? own : fetch(wanted),
  )
  const first = bundle * TILE_WIDTH
  verifyInclusion(hashes[0]!, first, size, await inclusionProof(first, size, read), root)
  return leaves.map((leaf, i) => ({
    index: first + i,
    event: parseEvent(leaf),
    hash: hashes[i]!,
  }))
}

/** Bundles that lie side by side have most of their proofs in common. */
export function keepingHashes(fetch: FetchTile): FetchTile {
  const kept = new Map<string, ReturnType<FetchTile>>()
  return (tile) => {
    if (tile.level === 'entries') return fetch(tile)
    const path = encodeTilePath(tile)
    const bytes = kept.get(path) ?? fetch(tile)
    if (kept.size >= MOST_KEPT) kept.clear()
    kept.set(path, bytes)
    return bytes
  }
}

const MOST_KEPT = 64

/** A log has one quarter's entries; one that was written late in the last minute may stand in the next. */
function mayHold(origin: string, { from, until }: Period): boolean {
  const quarter = parsePeriod(parseOrigin(origin).quarter) ?? fail('BAD_RESPONSE', { at: origin })
  const hour = 3_600_000
  return quarter.from - hour < until && from < quarter.until + hour
}

/** Entries under a quorum of the convenant's witnesses; null without one. */
export async function cosignedSize(source: LogSource, origin: string): Promise<number | null> {
  const note = await source.node.bytes(`log/${origin}/cosigned`)
  if (note === undefined) return null
  const { key } = await source.keyOf(origin)
  const { witnesses, ...wanted } = await source.witnesses(origin)
  const keys = witnesses.map(({ keyName, signingKey }) =>
    cosignatureKey(keyName, fromBase64url(signingKey)),
  )
  try {
    return openCosigned(fromUtf8(note), key, keys, wanted).size
  } catch {
    return null
  }
}
