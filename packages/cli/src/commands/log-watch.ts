/**
 * log watch: follows logs from the heads that were seen last. Each new head must extend the old one
 * (RFC 9162, section 2.1.4), each new entry is proved in it, and what a reviewer would want to know at
 * once is told: refusals, faults, changed terms, opened records.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { isProtocolError, ProtocolError } from '@drempel/protocol/encoding'
import { openCheckpoint } from '@drempel/protocol/log'
import { type Entry, fieldsOf, isNotable } from '../audit/entry.ts'
import { EXIT, type ExitCode } from '../output/exit.ts'
import { explain, NodeProblem } from '../output/explain.ts'
import { clean } from '../output/render.ts'
import type { Context } from './context.ts'
import { type CommandSpec, usage } from './define.ts'
import { provedEntries, TOKEN_FILE_OPTION } from './log-entries.ts'
import { goneLogs, openSeen, type Seen } from './log-seen.ts'
import { type LogSource, logSources, type SourceOptions } from './log-source.ts'
import { CONVENANT_OPTION } from './receipt.ts'

type Options = SourceOptions & {
  readonly seen?: string
  readonly interval?: number
  readonly once?: boolean
}

type Line = {
  readonly time: string
  readonly node: string
  readonly origin: string | null
  readonly event: 'grew' | 'entry' | 'alarm' | 'unreachable'
  readonly [field: string]: unknown
}

export const logWatch: CommandSpec<Options> = {
  usage: 'log watch',
  about: {
    nl: 'volg logboeken vanaf wat eerder gezien is, en meld wat opvalt',
    en: 'follow logs from what was seen before, and tell what stands out',
  },
  options: [
    {
      flags: '--seen <dir>',
      about: {
        nl: 'map met eerder geziene checkpoints (anders seen in de map van de node)',
        en: "folder of checkpoints seen before (else seen in the node's folder)",
      },
    },
    {
      flags: '--interval <seconds>',
      about: { nl: 'tijd tussen twee keer kijken (anders 60)', en: 'time between looks (else 60)' },
      number: { least: 1, most: 86_400 },
    },
    {
      flags: '--once',
      about: { nl: 'één keer kijken, voor cron', en: 'look once, for cron' },
    },
    ...[CONVENANT_OPTION, TOKEN_FILE_OPTION],
  ],
  examples: [
    'log watch --home bank-a --convenant convenant.json',
    'log watch --node https://a.example:7101 --node https://b.example:7101 --token-file a.token b.token --convenant convenant.json --seen checkpoints --once',
  ],
  notes: {
    nl: 'Eindigt met 1 zodra een logboek iets anders toont dan eerder, of er niet meer is; beide checkpoints blijven bewaard. Met --json één object per regel.',
    en: 'Ends with 1 as soon as a log shows something else than before, or is gone; both checkpoints are kept. With --json one object a line.',
  },
  async run(ctx, options) {
    const sources = await logSources(ctx, options)
    const home = await ctx.home()
    const folder = options.seen ?? (home === undefined ? undefined : `${home.path}/seen`)
    if (folder === undefined) {
      const where = { nl: 'een map, of --home van een node', en: "a folder, or a node's --home" }
      return usage('--seen', where, ctx.lang)
    }
    const seen = openSeen(ctx.path(folder), ctx.world.random)
    const pause = 1000 * (options.interval ?? 60)
    for (;;) {
      const exit = await look(ctx, sources, seen)
      if (exit === EXIT.failed || options.once === true) {
        return { json: null, text: '', exit, printed: true }
      }
      await sleep(pause)
    }
  },
}

/** One look at every log of every node. */
async function look(ctx: Context, sources: readonly LogSource[], seen: Seen): Promise<ExitCode> {
  let worst: ExitCode = EXIT.ok
  for (const source of sources) {
    const node = source.node.target.url
    const failed = (origin: string | null, error: unknown) => {
      if (!isProtocolError(error) && !(error instanceof NodeProblem)) throw error
      const { code, exit } = explain(error, ctx.lang)
      const away = exit === EXIT.unreachable
      tell(ctx, { node, origin, event: away ? 'unreachable' : 'alarm', code })
      if (worst !== EXIT.failed) worst = away ? EXIT.unreachable : EXIT.failed
    }
    try {
      const listed = (await source.origins()).map(({ origin }) => origin)
      // Silence would pass for a log in which nothing happens.
      if (listed.length === 0) failed(null, new ProtocolError('NO_LOG', { at: node }))
      for (const origin of listed) {
        await lookAt(ctx, source, origin, seen).catch((error) => failed(origin, error))
      }
      for (const { origin, error } of await goneLogs(listed, seen)) failed(origin, error)
    } catch (error) {
      failed(null, error)
    }
  }
  return worst
}

async function lookAt(ctx: Context, source: LogSource, origin: string, seen: Seen): Promise<void> {
  const { key } = await source.keyOf(origin)
  const note = await source.checkpoint(origin)
  const checkpoint = openCheckpoint(note, key)
  const before = await seen.compare(checkpoint, note, key, source.fetchTile(origin))
  const node = source.node.target.url
  // What stood there before anybody looked is for `log verify`.
  const from = before ?? checkpoint.size
  for await (const entry of provedEntries(source, origin, checkpoint, from)) {
    if (isNotable(entry.event)) tell(ctx, { node, origin, event: 'entry', ...toldOf(entry) })
  }
  if (before === checkpoint.size) return
  await seen.remember(origin, note)
  tell(ctx, { node, origin, event: 'grew', from: before, size: checkpoint.size })
}

function toldOf({ index, event }: Entry) {
  const { reason, alerts, parties, kind, purpose } = fieldsOf(event)
  return { index, type: event.type, reason, alerts, parties, kind, purpose, at: event.time }
}

function tell(
  ctx: Context,
  line: Omit<Line, 'time'> & Pick<Line, 'event' | 'node' | 'origin'>,
): void {
  const time = new Date(ctx.world.clock()).toISOString().replace(/\.\d+/, '')
  if (ctx.json) {
    ctx.world.stdout.write(`${JSON.stringify({ time, ...line })}\n`)
    return
  }
  const { node, origin, event, ...rest } = line
  const facts = Object.entries(rest).flatMap(([name, value]) =>
    value === undefined || value === null ? [] : [`${name}=${[value].flat().join(',')}`],
  )
  const text = clean([time, event, origin ?? node, ...facts].join('  '))
  const colour = event === 'alarm' ? 'red' : event === 'grew' ? 'dim' : 'yellow'
  ctx.world.stdout.write(`${ctx.paint(colour, text)}\n`)
}
