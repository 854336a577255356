/** flag list, withdraw, codes: the own flags. */

import {
  type Flag,
  flagPage,
  flagState,
  givenReason,
  IMPORT_CHUNK,
  MAX_FLAGS,
  withdrawRequest,
  withdrawResponse,
} from '@drempel/protocol/api'
import { EVIDENCE_CLASSES, FRAUD_TAXONOMY } from '@drempel/protocol/convenant'
import { columnIndex, csvLine, openCsv } from '../client/csv.ts'
import { readText, writeText } from '../client/files.ts'
import type { Text } from '../output/language.ts'
import { pairs, table } from '../output/render.ts'
import { ADVICE } from './check.ts'
import type { Context } from './context.ts'
import { type CommandSpec, KIND_OPTION, type KindOptions, OUT_OPTION, usage } from './define.ts'
import { listing } from './listing.ts'

const PAGE = 1_000

type ListOptions = KindOptions & {
  readonly state?: Flag['state']
  readonly over?: string
  readonly limit?: number
  readonly all?: boolean
  readonly output?: string
}

export const flagList: CommandSpec<ListOptions> = {
  usage: 'flag list',
  about: { nl: 'toon de eigen meldingen', en: 'show the own flags' },
  options: [
    KIND_OPTION,
    {
      flags: '--state <state>',
      about: { nl: 'alleen in deze toestand', en: 'only those in this state' },
      choices: flagState.options,
    },
    {
      flags: '--over <rule>',
      about: {
        nl: 'alleen wat boven de drempel van deze regel is',
        en: "only those over this rule's threshold",
      },
    },
    {
      flags: '--limit <n>',
      about: { nl: 'hoogstens zoveel (anders 100)', en: 'at most so many (else 100)' },
      number: { least: 1 },
    },
    { flags: '--all', about: { nl: 'allemaal', en: 'all of them' } },
    OUT_OPTION,
  ],
  notes: {
    nl: 'Toestanden: active doet mee in de volgende ronde, withdrawn is ingetrokken, bezwaar staat stil na een bezwaar van een betrokkene.',
    en: 'States: active takes part in the next round, withdrawn was withdrawn, bezwaar is held after an objection of a data subject.',
  },
  examples: [
    'flag list --kind host --limit 20',
    'flag list --kind host --over host-t2 --all -o over.csv',
  ],
  async run(ctx, { kind, state, over, limit = 100, all, output }) {
    const node = await ctx.node()
    const wanted = all === true || output !== undefined ? Number.POSITIVE_INFINITY : limit
    const flags: Flag[] = []
    // A node that leaves out what is not over sends pages with little on them.
    const range =
      over === undefined ? { limit: PAGE } : { limit: MAX_FLAGS, rule: over, only: 'over' }
    let after: number | null = 0
    while (after !== null && flags.length < wanted) {
      const query = { kind, state, after, ...range }
      const answer: typeof flagPage._output = await node.get('flags', flagPage, { query })
      flags.push(...answer.flags.filter((flag) => over === undefined || flag.over === true))
      after = answer.next
    }
    const more = after !== null || flags.length > wanted
    const shown = flags.slice(0, wanted)
    // Over a threshold is an answer too.
    const answers = over !== undefined && shown.length > 0
    const decision = answers ? { humanDecisionRequired: true } : {}
    const advice = answers ? `\n${ctx.say(ADVICE)}` : ''
    if (output === undefined) {
      const text = `${flagTable(ctx, shown, more, { state, over })}${advice}`
      return { json: { flags: shown, more, ...decision }, text }
    }
    const file = ctx.path(output)
    await writeText(file, flagCsv(shown), ctx.world.random)
    const told = ctx.say({ nl: 'meldingen in', en: 'flags in' })
    const text = `${shown.length} ${told} ${file}${advice}`
    return { json: { file, count: shown.length, ...decision }, text }
  },
}

type WithdrawOptions = KindOptions & {
  readonly file?: string
  readonly column?: string
  readonly reason?: (typeof givenReason.options)[number]
}

export const flagWithdraw: CommandSpec<WithdrawOptions> = {
  usage: 'flag withdraw [value...]',
  about: { nl: 'trek eigen meldingen in', en: 'withdraw own flags' },
  args: { value: { nl: 'identificatoren', en: 'identifiers' } },
  options: [
    KIND_OPTION,
    {
      flags: '--file <file>',
      about: { nl: 'één per regel, of CSV met --column', en: 'one a line, or CSV with --column' },
    },
    { flags: '--column <name>', about: { nl: 'kolom in --file', en: 'column of --file' } },
    {
      flags: '--reason <class>',
      about: {
        nl: 'waarom: ongegrond, de verkeerde, door de melder ingetrokken, afgedaan of anders',
        en: 'why: unfounded, the wrong one, retracted by who reported it, settled or other',
      },
      choices: givenReason.options,
    },
  ],
  examples: [
    'flag withdraw --kind host spam.example --reason mistaken-identity',
    'flag withdraw --kind iban --file corrected.txt',
  ],
  notes: {
    nl: 'Wat nu wordt ingetrokken, telt pas in de volgende ronde niet meer mee, en kan in dezelfde sleutelperiode niet terug.',
    en: 'What is withdrawn now no longer counts from the next round on, and cannot come back in the same key epoch.',
  },
  async run(ctx, options, ...values: string[]) {
    const { kind } = options
    const all = options.file === undefined ? values : await valuesOf(ctx, options)
    if (all.length === 0 || (options.file !== undefined && values.length > 0)) {
      usage('value', { nl: 'waarden, of --file', en: 'values, or --file' }, ctx.lang)
    }
    const node = await ctx.node()
    const total = {
      withdrawn: 0,
      missing: [] as number[],
      rejected: [] as { row: number; code: string }[],
    }
    for (let at = 0; at < all.length; at += IMPORT_CHUNK) {
      const chunk = all.slice(at, at + IMPORT_CHUNK)
      const reason = options.reason === undefined ? {} : { reason: options.reason }
      const body = [withdrawRequest, { kind, values: chunk, ...reason }] as const
      const answer = await node.send('POST', 'flags/withdraw', body, withdrawResponse)
      total.withdrawn += answer.withdrawn
      total.missing.push(...answer.missing.map((index) => at + index))
      total.rejected.push(...answer.rejected.map(({ row, code }) => ({ row: at + row, code })))
    }
    const label = (nl: string, en: string) => ctx.say({ nl, en })
    const text = pairs([
      [label('ingetrokken', 'withdrawn'), total.withdrawn],
      [label('niet gevonden', 'not found'), total.missing.length],
      [label('afgekeurd', 'rejected'), total.rejected.length],
    ])
    return { json: total, text }
  },
}

export const flagCodes: CommandSpec = {
  usage: 'flag codes',
  about: { nl: 'toon taxonomie en bewijsklassen', en: 'show taxonomy and evidence classes' },
  examples: ['flag codes --lang nl'],
  async run(ctx) {
    const { id, version, entries } = FRAUD_TAXONOMY
    const rows = (list: typeof entries) =>
      list.map(({ code, name, definition }) => [code, name[ctx.lang], definition[ctx.lang]])
    const head = ctx.say({ nl: 'code,naam,betekenis', en: 'code,name,meaning' }).split(',')
    const evidence = ctx.paint('bold', ctx.say({ nl: 'Bewijsklassen', en: 'Evidence classes' }))
    const text = `${ctx.paint('bold', `${id} v${version}`)}\n${table(head, rows(entries))}\n\n${evidence}\n${table(head, rows(EVIDENCE_CLASSES))}`
    return { json: { taxonomy: FRAUD_TAXONOMY, evidence: EVIDENCE_CLASSES }, text }
  },
}

async function valuesOf(ctx: Context, { file, column }: WithdrawOptions): Promise<string[]> {
  const path = ctx.path(file!)
  if (column === undefined) {
    const lines = (await readText(path)).replace(/^\ufeff/, '').split(/\r\n|\r|\n/)
    return lines.map((line) => line.trim()).filter((line) => line !== '')
  }
  const csv = await openCsv(path)
  const index = columnIndex(csv, column)
  const values: string[] = []
  for await (const rows of csv.rows()) for (const { cells } of rows) values.push(cells[index] ?? '')
  return values.filter((value) => value !== '')
}

function flagTable(
  ctx: Context,
  flags: readonly Flag[],
  more: boolean,
  { state, over }: { readonly state: Flag['state'] | undefined; readonly over: string | undefined },
): string {
  const head = {
    nl: 'identificator,toestand,taxonomie,bewijs,meldingen,sinds,vervalt',
    en: 'identifier,state,taxonomy,evidence,reports,since,expires',
  }
  const [nothing, next] =
    over !== undefined ? NONE_OVER : state !== undefined ? NONE_IN_STATE : NONE
  const rows = flags.map((flag) => [
    ...[flag.value, flag.state, flag.taxonomy, flag.evidence, flag.reports],
    ...[flag.since.slice(0, 10), flag.expires?.slice(0, 10)],
  ])
  const rest = ctx.say({ nl: '... en meer: --all', en: '... and more: --all' })
  return `${listing(ctx, head, rows, nothing, next)}${more ? `\n${rest}` : ''}`
}

const NONE: readonly [Text, Text] = [
  {
    nl: 'Er zijn nog geen eigen meldingen van deze soort.',
    en: 'There are no own flags of this kind yet.',
  },
  { nl: 'drempel flag import --help', en: 'drempel flag import --help' },
]
const NONE_IN_STATE: readonly [Text, Text] = [
  {
    nl: 'Geen eigen melding van deze soort is in die toestand.',
    en: 'No own flag of this kind is in that state.',
  },
  { nl: 'zonder --state: alle meldingen', en: 'without --state: all flags' },
]
const NONE_OVER: readonly [Text, Text] = [
  {
    nl: 'Geen eigen melding is boven de drempel van deze regel.',
    en: "No own flag is over this rule's threshold.",
  },
  {
    nl: 'was er al een ronde met deze meldingen? drempel round status',
    en: 'was there a round with these flags? drempel round status',
  },
]

function flagCsv(flags: readonly Flag[]): string {
  const names = ['value', 'state', 'taxonomy', 'evidence', 'reports', 'since', 'expires'] as const
  const lines = flags.map((flag) => csvLine(names.map((name) => flag[name] ?? '')))
  return `${csvLine(names)}${lines.join('')}`
}
