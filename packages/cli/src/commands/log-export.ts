/** log export: verified entries as CSV, JSON, logregels, or the record of processing activities. */

import { parseOrigin } from '@drempel/protocol/log'
import { type Selection, selector, type VerifiedLog } from '../audit/entry.ts'
import { csvOf, logregelsOf } from '../audit/export.ts'
import { type Activity, registerOf } from '../audit/register.ts'
import { csvLine } from '../client/csv.ts'
import { writeText } from '../client/files.ts'
import type { Context } from './context.ts'
import { type CommandSpec, OUT_OPTION } from './define.ts'
import {
  ORIGIN_OPTION,
  PERIOD_OPTION,
  periodOf,
  readLogs,
  TOKEN_FILE_OPTION,
} from './log-entries.ts'
import { type LogSource, logSources, type SourceOptions } from './log-source.ts'
import { CONVENANT_OPTION } from './receipt.ts'

const FORMATS = ['csv', 'json', 'logregels', 'register'] as const

type Options = SourceOptions & {
  readonly origin?: string
  readonly period?: string
  readonly format: (typeof FORMATS)[number]
  readonly output: string
}

export const logExport: CommandSpec<Options> = {
  usage: 'log export',
  about: {
    nl: 'geverifieerde regels voor andere systemen, of het register van verwerkingen',
    en: 'verified entries for other systems, or the record of processing activities',
  },
  options: [
    {
      flags: '--format <format>',
      about: {
        nl: 'csv, json, logregels (Logboek Dataverwerkingen) of register (AVG art. 30)',
        en: 'csv, json, logregels (Logboek Dataverwerkingen) or register (GDPR art. 30)',
      },
      choices: FORMATS,
      required: true,
    },
    { ...OUT_OPTION, required: true },
    ...[PERIOD_OPTION, ORIGIN_OPTION, CONVENANT_OPTION, TOKEN_FILE_OPTION],
  ],
  examples: [
    'log export --format csv --period 2026Q4 -o log.csv',
    'log export --format register --period 2026 -o register.csv --convenant convenant.json',
  ],
  notes: {
    nl: 'Er staat geen identificator, antwoord, persoon of zaak in: die staan in de verzegelde records.',
    en: 'It names no identifier, answer, person or case: those are in the sealed records.',
  },
  async run(ctx, options) {
    const period = options.period === undefined ? undefined : periodOf(ctx, options.period)
    const selects = selector({ period } satisfies Selection)
    const files: string[] = []
    const logs: VerifiedLog[] = []
    for (const source of await logSources(ctx, options)) {
      const read = await readLogs(ctx, source, { origin: options.origin, period })
      const chosen = read.map((log) => ({
        ...log,
        entries: log.entries.filter(({ event }) => selects(event)),
      }))
      logs.push(...chosen)
      files.push(await contentOf(ctx, source, chosen, options.format))
    }
    const path = ctx.path(options.output)
    await writeText(path, joined(files, options.format), ctx.world.random)
    const entries = logs.reduce((sum, log) => sum + log.entries.length, 0)
    return {
      json: { file: path, entries, logs: logs.map(({ origin, size }) => ({ origin, size })) },
      text: ctx.say({
        nl: `${path}: ${entries} geverifieerde regels`,
        en: `${path}: ${entries} verified entries`,
      }),
    }
  },
}

async function contentOf(
  ctx: Context,
  source: LogSource,
  logs: readonly VerifiedLog[],
  format: Options['format'],
): Promise<string> {
  switch (format) {
    case 'csv':
      return csvOf(logs)
    case 'logregels':
      return logregelsOf(logs)
    case 'json':
      return logs
        .flatMap(({ origin, entries }) =>
          entries.map(({ index, event }) => `${JSON.stringify({ origin, index, event })}\n`),
        )
        .join('')
    case 'register': {
      const { member } = parseOrigin(logs[0]!.origin)
      return registerCsv(registerOf(await source.convenant(), member, logs, ctx.lang))
    }
  }
}

function registerCsv(activities: readonly Activity[]): string {
  const columns = Object.keys(activities[0] ?? {}) as (keyof Activity)[]
  const rows = activities.map((activity) => columns.map((column) => activity[column]))
  return [columns, ...rows].map(csvLine).join('')
}

/** Tables of several nodes share one header. */
function joined(files: readonly string[], format: Options['format']): string {
  if (format !== 'csv' && format !== 'register') return files.join('')
  return files.map((file, i) => (i === 0 ? file : file.slice(file.indexOf('\n') + 1))).join('')
}
