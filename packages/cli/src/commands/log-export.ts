/** log export: verified entries as CSV, JSON, logregels, or the record of processing activities. */

import { parseOrigin } from '@drempel/protocol/log'
import { type Selection, selector, type VerifiedLog } from '../audit/entry.ts'
import { csvOf, joinTables, logregelsOf } from '../audit/export.ts'
import { type Activity, HEADS, registerOf } from '../audit/register.ts'
import { type OfRehearsal, withoutRehearsals } from '../audit/rehearsed.ts'
import { csvLine } from '../client/csv.ts'
import { writeText } from '../client/files.ts'
import type { Lang } from '../output/language.ts'
import type { Context } from './context.ts'
import { type CommandSpec, OUT_OPTION } from './define.ts'
import {
  ORIGIN_OPTION,
  PERIOD_OPTION,
  periodOf,
  selectLogs,
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
    nl: 'Er staat geen identificator, antwoord, persoon of zaak in: die staan in de verzegelde records. Wat van een repetitie is, zegt csv en json bij de regel, en tellen logregels en register niet mee.',
    en: 'It names no identifier, answer, person or case: those are in the sealed records. What is of a rehearsal is marked in csv and json, and left out of logregels and register.',
  },
  async run(ctx, options) {
    const period = options.period === undefined ? undefined : periodOf(ctx, options.period)
    const selects = selector({ period } satisfies Selection)
    const files: string[] = []
    const logs: VerifiedLog[] = []
    let ofRehearsals = 0
    for (const source of await logSources(ctx, options)) {
      const wanted = { origin: options.origin, period }
      const { logs: chosen, ofRehearsal } = await selectLogs(ctx, source, wanted, selects)
      logs.push(...chosen)
      ofRehearsals += chosen
        .flatMap(({ entries }) => entries)
        .filter(({ event }) => ofRehearsal(event) === true).length
      files.push(await contentOf(ctx, source, chosen, ofRehearsal, options.format))
    }
    const path = ctx.path(options.output)
    await writeText(path, joined(files, options.format), ctx.world.random)
    const entries = logs.reduce((sum, log) => sum + log.entries.length, 0)
    return {
      json: {
        ...{ file: path, entries, ofRehearsals },
        logs: logs.map(({ origin, size }) => ({ origin, size })),
      },
      text: ctx.say({
        nl: `${path}: uit ${entries} geverifieerde regels${ofRehearsals === 0 ? '' : `, waarvan ${ofRehearsals} van repetities`}`,
        en: `${path}: from ${entries} verified entries${ofRehearsals === 0 ? '' : `, ${ofRehearsals} of them of rehearsals`}`,
      }),
    }
  },
}

async function contentOf(
  ctx: Context,
  source: LogSource,
  logs: readonly VerifiedLog[],
  ofRehearsal: OfRehearsal,
  format: Options['format'],
): Promise<string> {
  switch (format) {
    case 'csv':
      return csvOf(logs, ofRehearsal)
    case 'logregels':
      return logregelsOf(withoutRehearsals(logs, ofRehearsal))
    case 'json':
      return logs
        .flatMap(({ origin, entries }) =>
          entries.map(({ index, event }) => {
            const line = { origin, index, event, rehearsal: ofRehearsal(event) }
            return `${JSON.stringify(line)}\n`
          }),
        )
        .join('')
    case 'register': {
      const { member } = parseOrigin(logs[0]!.origin)
      const counted = withoutRehearsals(logs, ofRehearsal)
      const activities = registerOf(await source.convenant(), member, counted, ctx.lang)
      return registerCsv(activities, ctx.lang)
    }
  }
}

function registerCsv(activities: readonly Activity[], lang: Lang): string {
  const columns = Object.keys(activities[0] ?? {}) as (keyof Activity)[]
  const rows = activities.map((activity) => columns.map((column) => activity[column]))
  return [columns.map((column) => HEADS[column][lang]), ...rows].map(csvLine).join('')
}

function joined(files: readonly string[], format: Options['format']): string {
  return format === 'csv' || format === 'register' ? joinTables(files) : files.join('')
}
