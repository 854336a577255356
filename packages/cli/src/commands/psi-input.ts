/** A list for an intersection: the node's own flags, or a column of a CSV file, sent in parts. */

import { IMPORT_CHUNK, psiListRequest, psiListResponse } from '@drempel/protocol/api'
import { hex } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { columnIndex, isTooWide, locatedRows, openCsv } from '../client/csv.ts'
import { checkApart } from '../client/files.ts'
import { fail } from '../output/errors.ts'
import { startProgress } from '../output/progress.ts'
import { rejectionText } from '../output/rejections.ts'
import type { Context } from './context.ts'
import { type OptionSpec, usage } from './define.ts'
import { writeRejected } from './rejected.ts'

export type InputOptions = {
  readonly flags?: boolean
  readonly csv?: string
  readonly column?: string
  readonly delimiter?: string
  readonly rejected?: string
}

export type Brought = {
  readonly input: 'flags' | { readonly list: string } | undefined
  readonly rejected: number
  readonly rejectedFile: string | null
}

export const PURPOSE_OPTION: OptionSpec = {
  flags: '--purpose <id>',
  about: { nl: 'doel uit het convenant', en: 'purpose of the convenant' },
  required: true,
}

export const INPUT_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--flags',
    about: {
      nl: 'de eigen actieve meldingen van de soort',
      en: 'the own active flags of the kind',
    },
  },
  {
    flags: '--csv <file>',
    about: { nl: 'of een CSV met kopregel, UTF-8', en: 'or a CSV with a header, UTF-8' },
  },
  {
    flags: '--column <name>',
    about: { nl: 'kolom met de identificator', en: 'column of the identifier' },
  },
  { flags: '--delimiter <char>', about: { nl: 'scheidingsteken', en: 'separator' } },
  {
    flags: '--rejected <file>',
    about: {
      nl: 'afgekeurde rijen: nummer en code (anders BESTAND.rejected.csv)',
      en: 'rejected rows: number and code (else FILE.rejected.csv)',
    },
  },
]

const MAX_VALUE = 2_000
/** A part also ends at this many characters. */
const PART_LENGTH = 1_500_000
const FLAGS: Brought = { input: 'flags', rejected: 0, rejectedFile: null }
const NOTHING: Brought = { ...FLAGS, input: undefined }

/** @param needed whether there must be one */
export async function bringInput(
  ctx: Context,
  kind: IdentifierKind,
  options: InputOptions,
  needed: boolean,
): Promise<Brought> {
  const { flags = false, csv, column } = options
  if (flags && csv !== undefined) either(ctx)
  if (flags) return FLAGS
  if (csv === undefined) return needed ? either(ctx) : NOTHING
  if (column === undefined) return usage('--column', COLUMN, ctx.lang)
  return bringFile(ctx, kind, ctx.path(csv), column, options)
}

async function bringFile(
  ctx: Context,
  kind: IdentifierKind,
  path: string,
  column: string,
  { delimiter, rejected: asked }: InputOptions,
): Promise<Brought> {
  if (delimiter !== undefined && delimiter.length !== 1) {
    usage('--delimiter', { nl: 'één teken', en: 'one character' }, ctx.lang)
  }
  if (asked !== undefined) await checkApart(ctx.path(asked), path)
  const file = await openCsv(path, delimiter)
  const index = columnIndex(file, column)
  const node = await ctx.node()
  const list = `list-${hex(ctx.world.random(6))}`
  const rejected: { readonly row: number; readonly code: string }[] = []
  let accepted = 0
  let rows: { row: number; value: string }[] = []
  let length = 0
  const progress = startProgress(ctx.world, {
    label: path,
    total: file.size,
    quiet: ctx.json,
    interrupted: () => ctx.say(BROKEN_OFF),
  })
  const flush = async () => {
    if (rows.length === 0) return
    const body = [psiListRequest, { kind, list, rows }] as const
    const answer = await node.send('POST', 'psi/lists', body, psiListResponse)
    accepted += answer.accepted
    rejected.push(...answer.rejected)
    rows = []
    length = 0
  }
  try {
    for await (const located of locatedRows(file)) {
      for (const [row, end] of located) {
        const value = row.cells[index] ?? ''
        if (isTooWide(file, row)) rejected.push({ row: row.row, code: 'ROW_WIDTH' })
        else if (value.length > MAX_VALUE) rejected.push({ row: row.row, code: 'VALUE_TOO_LONG' })
        else {
          rows.push({ row: row.row, value })
          length += value.length + 20
        }
        if (rows.length === IMPORT_CHUNK || length > PART_LENGTH) await flush()
        progress.update(end)
      }
    }
    await flush()
  } finally {
    progress.stop()
  }
  const rejectedFile = await writeRejected(ctx, asked, path, rejected)
  if (rejectedFile !== null) {
    const codes = rejected.map(({ code }) => code)
    ctx.note(`${ctx.say(REJECTED)}:\n${rejectionText(codes, ctx.lang)}\n${rejectedFile}`)
  }
  if (accepted === 0) fail('LIST_EMPTY', rejectedFile === null ? {} : { at: rejectedFile })
  return { input: { list }, rejected: rejected.length, rejectedFile }
}

function either({ lang }: Context): never {
  return usage('--flags, --csv', ONE_OF_TWO, lang)
}

const ONE_OF_TWO = { nl: 'een van beide: --flags of --csv', en: 'one of the two: --flags or --csv' }
const COLUMN = { nl: 'nodig bij --csv', en: 'needed with --csv' }
const REJECTED = { nl: 'Afgekeurde rijen', en: 'Rejected rows' }
const BROKEN_OFF = {
  nl: 'afgebroken; er is niets voorgesteld of begonnen',
  en: 'interrupted; nothing was proposed or begun',
}
