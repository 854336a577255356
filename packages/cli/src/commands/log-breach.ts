/**
 * log breach: what a verified log knows for the notification of a breach (AVG art. 33 and 34): which
 * processing took place in a period, on which kinds of data, with whom. It can't know about whom: no
 * leaf says that, so the number of data subjects has an upper bound at best.
 */

import { type Entry, fieldsOf, selector, type VerifiedLog } from '../audit/entry.ts'
import { csvOf, joinTables } from '../audit/export.ts'
import { withoutRehearsals } from '../audit/rehearsed.ts'
import { writeText } from '../client/files.ts'
import type { Text } from '../output/language.ts'
import { pairs } from '../output/render.ts'
import type { Context } from './context.ts'
import { type CommandSpec, KIND_OPTION, OUT_OPTION } from './define.ts'
import { listing } from './listing.ts'
import {
  ORIGIN_OPTION,
  PERIOD_OPTION,
  periodOf,
  selectLogs,
  TOKEN_FILE_OPTION,
} from './log-entries.ts'
import { logSources, type SourceOptions } from './log-source.ts'
import { CONVENANT_OPTION } from './receipt.ts'

type Options = SourceOptions & {
  readonly period: string
  readonly origin?: string
  readonly kind?: string
  readonly party?: string
  readonly output?: string
}

type Affected = {
  readonly type: string
  readonly kind: string
  readonly purpose: string
  readonly entries: number
  /** Identifiers, from the sizes that the log rounds up. */
  readonly identifiersAtMost: number
  readonly parties: readonly string[]
}

export const logBreach: CommandSpec<Options> = {
  usage: 'log breach',
  about: {
    nl: 'regels die een datalek raakt, voor de melding aan de AP',
    en: 'entries that a breach touches, for the notification to the authority',
  },
  options: [
    { ...PERIOD_OPTION, required: true },
    { ...KIND_OPTION, required: false },
    {
      flags: '--party <member>',
      about: { nl: 'alleen met deze deelnemer', en: 'with this member only' },
    },
    { ...OUT_OPTION, about: { nl: 'de regels als CSV', en: 'the entries as CSV' } },
    ...[ORIGIN_OPTION, CONVENANT_OPTION, TOKEN_FILE_OPTION],
  ],
  examples: ['log breach --period 2026-11-20..2026-11-22 -o affected.csv'],
  notes: {
    nl: 'Een melding aan de AP moet binnen 72 uur na kennisneming (AVG art. 33). Over wie de vragen gingen, staat in de verzegelde records.',
    en: 'The authority must be notified within 72 hours (GDPR art. 33). About whom the queries were is in the sealed records.',
  },
  async run(ctx, options) {
    const period = periodOf(ctx, options.period)
    const { kind, party } = options
    const selects = selector({ period, kind, party })
    const logs: VerifiedLog[] = []
    const tables: string[] = []
    let ofRehearsals = 0
    for (const source of await logSources(ctx, options)) {
      const wanted = { origin: options.origin, period }
      const { logs: touched, ofRehearsal } = await selectLogs(ctx, source, wanted, selects)
      // Of flags that are nobody's there is nothing to notify.
      const real = withoutRehearsals(touched, ofRehearsal)
      logs.push(...real)
      tables.push(csvOf(real, ofRehearsal))
      ofRehearsals += entriesIn(touched) - entriesIn(real)
    }
    const entries = logs.flatMap((log) => log.entries)
    const affected = affectedBy(entries)
    const periods = [...new Set(entries.map(({ event }) => event.period))].sort()
    const epochs = [...new Set(entries.flatMap(({ event }) => fieldsOf(event).epoch ?? []))].sort()
    const file = options.output === undefined ? null : ctx.path(options.output)
    if (file !== null) await writeText(file, joinTables(tables), ctx.world.random)
    const refs = logs.map((log) => ({
      origin: log.origin,
      size: log.size,
      entries: log.entries.length,
    }))
    return {
      json: {
        ...{ logs: refs, affected, ofRehearsals },
        ...{ sealedPeriods: periods, keyEpochs: epochs, file },
      },
      text: breachText(ctx, affected, { ofRehearsals, periods, epochs, file }),
    }
  },
}

function entriesIn(logs: readonly VerifiedLog[]): number {
  return logs.reduce((sum, { entries }) => sum + entries.length, 0)
}

function affectedBy(entries: readonly Entry[]): Affected[] {
  const groups = new Map<string, Affected>()
  for (const { event } of entries) {
    const { kind = '', purpose = '', sizeBucket = 0, parties = [] } = fieldsOf(event)
    const key = `${event.type}\n${kind}\n${purpose}`
    const before = groups.get(key)
    groups.set(key, {
      ...{ type: event.type, kind, purpose, entries: (before?.entries ?? 0) + 1 },
      identifiersAtMost: (before?.identifiersAtMost ?? 0) + sizeBucket,
      parties: [...new Set([...(before?.parties ?? []), ...parties])].sort(),
    })
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group)
}

function breachText(
  ctx: Context,
  affected: readonly Affected[],
  told: {
    readonly ofRehearsals: number
    readonly periods: readonly string[]
    readonly epochs: readonly string[]
    readonly file: string | null
  },
): string {
  const { ofRehearsals, periods, epochs, file } = told
  const head = {
    nl: 'gebeurtenis,soort,doel,regels,identificatoren hoogstens,partijen',
    en: 'event,kind,purpose,entries,identifiers at most,parties',
  }
  const rows = affected.map((group) => [
    ...[group.type, group.kind || null, group.purpose || null, group.entries],
    ...[group.identifiersAtMost || null, group.parties.join(' ') || null],
  ])
  const facts = pairs([
    [ctx.say({ nl: 'verzegeld onder', en: 'sealed under' }), periods.join(' ') || null],
    [ctx.say({ nl: 'sleutelperioden', en: 'key epochs' }), epochs.join(' ') || null],
    ...(ofRehearsals === 0
      ? []
      : [
          [
            ctx.say({ nl: 'van repetities, niet geteld', en: 'of rehearsals, not counted' }),
            ofRehearsals,
          ] as const,
        ]),
    ...(file === null ? [] : [[ctx.say({ nl: 'bestand', en: 'file' }), file] as const]),
  ])
  return `${listing(ctx, head, rows, NOTHING)}\n\n${facts}`
}

const NOTHING: Text = {
  nl: 'In die periode raakt het geen enkele regel.',
  en: 'It touches no entry of that period.',
}
