/** log verify, log show: a node's logs, recomputed here from their entries. */

import { isAlert, MEANINGS } from '@drempel/protocol/convenant'
import { type Bytes, isProtocolError, ProtocolError } from '@drempel/protocol/encoding'
import {
  EVENT_TYPES,
  type LeafFields,
  openCheckpoint,
  parseEvent,
  TILE_WIDTH,
  verifyLog,
} from '@drempel/protocol/log'
import { type Entry, isOfType, selector } from '../audit/entry.ts'
import { type SetBack, setBackText, watchTimes } from '../audit/times.ts'
import { EXIT } from '../output/exit.ts'
import { explain, NodeProblem } from '../output/explain.ts'
import { startProgress } from '../output/progress.ts'
import { clean, table } from '../output/render.ts'
import type { Context } from './context.ts'
import { type CommandSpec, KIND_OPTION, usage } from './define.ts'
import { listing } from './listing.ts'
import {
  chosenOrigins,
  keepingHashes,
  ORIGIN_OPTION,
  PERIOD_OPTION,
  periodOf,
  provedBundle,
  TOKEN_FILE_OPTION,
} from './log-entries.ts'
import { goneLogs, openSeen, type Seen } from './log-seen.ts'
import { type KeySource, type LogSource, logSources, type SourceOptions } from './log-source.ts'
import { CONVENANT_OPTION } from './receipt.ts'

type VerifyOptions = SourceOptions & { readonly origin?: string; readonly seen?: string }

type Verified = {
  readonly node: string
  readonly origin: string
  readonly size: number | null
  readonly verified: boolean
  /** Size of the checkpoint that this one was found to extend. */
  readonly extends: number | null
  readonly key: KeySource | null
  readonly types?: Readonly<Record<string, number>>
  /** Entries that say an earlier time than one before them. */
  readonly setBack?: SetBack | null
  readonly error?: string
  readonly next?: string | undefined
}

export const logVerify: CommandSpec<VerifyOptions> = {
  usage: 'log verify',
  about: {
    nl: 'haal een logboek helemaal op en reken het na',
    en: 'fetch a whole log and recompute it',
  },
  options: [
    ORIGIN_OPTION,
    CONVENANT_OPTION,
    TOKEN_FILE_OPTION,
    {
      flags: '--seen <dir>',
      about: {
        nl: 'map met eerder geziene checkpoints (anders seen in de map van de node)',
        en: "folder of checkpoints seen before (else seen in the node's folder)",
      },
    },
  ],
  examples: [
    'log verify --home bank-a',
    'log verify --node https://a.example:7101 --node https://b.example:7101 --token-file a.token b.token --convenant convenant.json',
  ],
  notes: {
    nl: 'Controleert de handtekening, elke regel, elke hash en de wortel, en dat het logboek alleen gegroeid is sinds de vorige keer. Meldt ook regels met een vroegere tijd dan een regel ervoor.',
    en: 'Checks the signature, each entry, each hash and the root, and that the log has only grown since the last time. Also tells of entries that say an earlier time than one before them.',
  },
  async run(ctx, options) {
    const sources = await logSources(ctx, options)
    const home = await ctx.home()
    const folder = options.seen ?? (home === undefined ? undefined : `${home.path}/seen`)
    const seen = folder === undefined ? undefined : openSeen(ctx.path(folder), ctx.world.random)
    const logs: Verified[] = []
    for (const source of sources)
      logs.push(...(await verifySource(ctx, source, seen, options.origin)))
    const verified = logs.length > 0 && logs.every((log) => log.verified)
    if (seen === undefined) {
      ctx.note(
        ctx.say({
          nl: 'Zonder --home of --seen wordt niets onthouden: alleen dit moment is gecontroleerd.',
          en: 'Without --home or --seen nothing is remembered: this moment alone was checked.',
        }),
      )
    }
    const exit = verified
      ? EXIT.ok
      : logs.some(({ error }) => error === 'NODE_UNREACHABLE')
        ? EXIT.unreachable
        : EXIT.failed
    return { json: { verified, logs }, text: logTable(ctx, logs), exit }
  },
}

type ShowOptions = SourceOptions & {
  readonly origin?: string
  readonly limit?: number
  readonly type?: string
  readonly purpose?: string
  readonly kind?: string
  readonly party?: string
  readonly period?: string
  readonly refused?: boolean
  readonly changed?: string
}

/** What a version can change that its members have to see; all else is no alert. */
const CHANGES = Object.keys(MEANINGS).filter(isAlert)

export const logShow: CommandSpec<ShowOptions> = {
  usage: 'log show',
  about: {
    nl: 'toon de laatste regels van het logboek, met bewijs gecontroleerd, ook van wat ertussen ligt',
    en: "show the log's last entries, with the proof of each checked and of those between",
  },
  options: [
    {
      flags: '--limit <n>',
      about: { nl: 'hoogstens zoveel (anders 20)', en: 'at most so many (else 20)' },
      number: { least: 1, most: 100_000 },
    },
    {
      flags: '--type <type>',
      about: {
        nl: 'alleen dit type (query.intent), of alle van een soort (query, psi, round)',
        en: 'this type only (query.intent), or all of a sort (query, psi, round)',
      },
    },
    {
      flags: '--purpose <id>',
      about: { nl: 'alleen voor dit doel', en: 'for this purpose only' },
    },
    { ...KIND_OPTION, required: false },
    {
      flags: '--party <member>',
      about: { nl: 'alleen met deze deelnemer', en: 'with this member only' },
    },
    {
      flags: '--refused',
      about: { nl: 'alleen weigeringen en fouten', en: 'refusals and failures only' },
    },
    {
      flags: '--changed <what>',
      about: {
        nl: 'alleen nieuwe versies van het convenant die dit veranderden',
        en: 'new versions of the convenant that changed this only',
      },
      choices: CHANGES,
    },
    ...[PERIOD_OPTION, ORIGIN_OPTION, CONVENANT_OPTION, TOKEN_FILE_OPTION],
  ],
  examples: [
    'log show --limit 50 --type query.intent',
    'log show --refused --party bank-b --period 2026-11',
    'log show --changed threshold',
  ],
  notes: {
    nl: 'Zonder --period of --origin: het laatste logboek. Met een periode: elk logboek dat er regels van kan hebben.',
    en: 'Without --period or --origin: the latest log. With a period: each log that may have entries of it.',
  },
  async run(ctx, options) {
    const { type } = options
    if (type !== undefined && !EVENT_TYPES.some((known) => isOfType(known, type))) {
      const all = EVENT_TYPES.join(', ')
      return usage('--type', { nl: `een van ${all}`, en: `one of ${all}` }, ctx.lang)
    }
    const [source] = await logSources(ctx, options)
    const period = options.period === undefined ? undefined : periodOf(ctx, options.period)
    const origins = await chosenOrigins(ctx, source!, { origin: options.origin, period })
    let left = options.limit ?? 20
    const logs: { origin: string; entries: readonly Entry[] }[] = []
    for (const origin of origins) {
      const entries = await lastEntries(source!, origin, left, selector({ ...options, period }))
      if (entries.length > 0) logs.unshift({ origin, entries })
      left -= entries.length
      if (left === 0) break
    }
    const entries = logs.flatMap(({ origin, entries }) =>
      entries.map(({ index, event }) => ({ origin, index, event })),
    )
    const shown = logs.length === 0 ? [{ origin: origins[0]!, entries: [] }] : logs
    return {
      json: { origin: shown.at(-1)!.origin, entries },
      text: shown
        .map(({ origin, entries }) => `${origin}\n${entryTable(ctx, entries)}`)
        .join('\n\n'),
    }
  },
}

async function verifySource(
  ctx: Context,
  source: LogSource,
  seen: Seen | undefined,
  only: string | undefined,
): Promise<Verified[]> {
  const node = source.node.target.url
  const failed = (origin: string, error: unknown): Verified => {
    const { code, next } = explain(error, ctx.lang)
    return {
      node,
      origin,
      size: null,
      verified: false,
      extends: null,
      key: null,
      error: code,
      next,
    }
  }
  let listed: readonly string[]
  try {
    listed = (await source.origins()).map(({ origin }) => origin).sort()
  } catch (error) {
    if (ctx.options.node === undefined || ctx.options.node.length <= 1) throw error
    return [failed(only ?? node, error)]
  }
  const wanted = only === undefined ? listed : [only]
  const gone = only === undefined && seen !== undefined ? await goneLogs(listed, seen) : []
  // Nothing to verify is not verified: among others its silence would pass for a sound log.
  if (wanted.length + gone.length === 0)
    return [failed(node, new ProtocolError('NO_LOG', { at: node }))]
  const logs: Verified[] = []
  for (const origin of wanted) {
    try {
      logs.push(await verifyOne(ctx, source, origin, seen))
    } catch (error) {
      if (!isProtocolError(error) && !(error instanceof NodeProblem)) throw error
      logs.push(failed(origin, error))
    }
  }
  return [...logs, ...gone.map(({ origin, error }) => failed(origin, error))]
}

async function verifyOne(
  ctx: Context,
  source: LogSource,
  origin: string,
  seen: Seen | undefined,
): Promise<Verified> {
  const { key, source: keySource } = await source.keyOf(origin)
  const note = await source.checkpoint(origin)
  const checkpoint = openCheckpoint(note, key)
  const fetch = source.fetchTile(origin)
  const types: Record<string, number> = {}
  const times = watchTimes()
  const progress = startProgress(ctx.world, {
    interrupted: () =>
      ctx.say({
        nl: 'afgebroken; er is niets onthouden',
        en: 'interrupted; nothing was remembered',
      }),
    label: origin,
    total: checkpoint.size,
    quiet: ctx.json,
  })
  try {
    const count = (index: number, leaf: Bytes) => {
      const { type, time } = parseEvent(leaf)
      types[type] = (types[type] ?? 0) + 1
      times.see(index, time)
      if (index % TILE_WIDTH === 0) progress.update(index)
    }
    await verifyLog(checkpoint, fetch, count)
  } finally {
    progress.stop()
  }
  const before = (await seen?.compare(checkpoint, note, key, fetch)) ?? null
  await seen?.remember(origin, note)
  const { size } = checkpoint
  const node = source.node.target.url
  const setBack = times.found()
  return { node, origin, size, verified: true, extends: before, key: keySource, types, setBack }
}

/** From the end backwards; what is passed over is proved like what is shown. */
async function lastEntries(
  source: LogSource,
  origin: string,
  limit: number,
  selects: (event: LeafFields) => boolean,
): Promise<Entry[]> {
  const { key } = await source.keyOf(origin)
  const checkpoint = openCheckpoint(await source.checkpoint(origin), key)
  const fetch = keepingHashes(source.fetchTile(origin))
  const found: Entry[] = []
  for (
    let bundle = Math.ceil(checkpoint.size / TILE_WIDTH) - 1;
    bundle >= 0 && found.length < limit;
    bundle--
  ) {
    const entries = await provedBundle(fetch, checkpoint, bundle)
    const wanted = entries.filter(({ event }) => selects(event))
    found.unshift(...wanted.slice(-(limit - found.length)))
  }
  return found
}

function logTable(ctx: Context, logs: readonly Verified[]): string {
  const label = (nl: string, en: string) => ctx.say({ nl, en })
  if (logs.length === 0) {
    return label(
      'De node heeft nog geen logboek; dat begint bij drempel convenant install.',
      'The node has no log yet; it begins with drempel convenant install.',
    )
  }
  const head = label(
    'logboek,regels,geverifieerd,groeide van,sleutel uit',
    'log,entries,verified,grew from,key from',
  )
  const rows = logs.map((log) => [
    log.origin,
    log.size,
    log.verified ? label('ja', 'yes') : `${label('NEE', 'NO')}: ${log.error}`,
    log.extends,
    log.key,
  ])
  const parts = [table(head.split(','), rows)]
  for (const next of new Set(logs.map((log) => log.next))) if (next) parts.push(`-> ${clean(next)}`)
  for (const { origin, setBack } of logs) {
    if (setBack) parts.push(`${origin}: ${ctx.say(setBackText(setBack))}`)
  }
  if (logs.some(({ key }) => key === 'node')) {
    parts.push(
      label(
        'De sleutel komt van de node zelf; geef --convenant BESTAND voor een onafhankelijke controle.',
        'The key comes from the node itself; give --convenant FILE for an independent check.',
      ),
    )
  }
  return parts.join('\n')
}

function entryTable(ctx: Context, entries: readonly Entry[]): string {
  const head = {
    nl: 'nr,tijd,type,rol,partijen,soort,doel,regel,reden,txid/ronde',
    en: 'no,time,type,role,parties,kind,purpose,rule,reason,txid/round',
  }
  return listing(
    ctx,
    head,
    entries.map(({ index, event }) => {
      const fields: Readonly<Record<string, unknown>> = event
      const text = (name: string) => {
        const value = fields[name]
        return Array.isArray(value) ? value.join(' ') : (value as string | undefined)
      }
      return [
        ...[index, event.time, event.type, text('role'), text('parties'), text('kind')],
        ...[text('purpose'), text('rule') ?? text('rules')],
        text('reason') ?? text('alerts'),
        text('txid') ?? text('round'),
      ]
    }),
    {
      nl: 'Geen regel in dit logboek voldoet daaraan.',
      en: 'No entry of this log is like that.',
    },
  )
}
