/**
 * flag import: a CSV file into the own node, in chunks. Importing a file again changes nothing, so an
 * import that broke off is simply repeated. Rejected rows go to a file: row number and code, never
 * the value.
 */

import {
  IMPORT_CHUNK,
  type ImportRequest,
  importFinishRequest,
  importFinishResponse,
  importRequest,
  importResponse,
} from '@drempel/protocol/api'
import { EVIDENCE_CLASSES, isEvidenceClass, taxonomyEntry } from '@drempel/protocol/convenant'
import { hex, isProtocolError } from '@drempel/protocol/encoding'
import { type CsvFile, type CsvRow, isTooWide, locatedRows, openCsv } from '../client/csv.ts'
import { checkApart } from '../client/files.ts'
import type { NodeClient } from '../client/node.ts'
import { fail } from '../output/errors.ts'
import { EXIT } from '../output/exit.ts'
import { startProgress } from '../output/progress.ts'
import { rejectionText } from '../output/rejections.ts'
import { pairs } from '../output/render.ts'
import type { Context } from './context.ts'
import { type CommandSpec, KIND_OPTION, type KindOptions, usage } from './define.ts'
import { type FieldOptions, fieldReader, type Rejected } from './flag-fields.ts'
import { writeRejected } from './rejected.ts'

type Options = KindOptions &
  FieldOptions & {
    readonly delimiter?: string
    readonly replace?: boolean
    readonly rejected?: string
  }

type Counts = { rows: number; added: number; updated: number; unchanged: number }

// A chunk also ends at this many characters, whatever it holds of a row's fields.
const CHUNK_LENGTH = 1_500_000

export const flagImport: CommandSpec<Options> = {
  usage: 'flag import <file>',
  about: {
    nl: 'breng meldingen uit een CSV-bestand naar de eigen node',
    en: 'bring flags from a CSV file to the own node',
  },
  args: { file: { nl: 'CSV met kopregel, UTF-8', en: 'CSV with a header, UTF-8' } },
  options: [
    KIND_OPTION,
    {
      flags: '--column <name>',
      about: { nl: 'kolom met de identificator', en: 'column of the identifier' },
      required: true,
    },
    ...fieldOptions(),
    {
      flags: '--delimiter <char>',
      about: {
        nl: 'scheidingsteken (anders herkend uit de kopregel)',
        en: 'separator (else seen from the header)',
      },
    },
    {
      flags: '--replace',
      about: {
        nl: 'trek meldingen van deze soort in die niet in het bestand staan',
        en: 'withdraw flags of this kind that are not in the file',
      },
    },
    {
      flags: '--rejected <file>',
      about: {
        nl: 'afgekeurde rijen: nummer en code (anders BESTAND.rejected.csv)',
        en: 'rejected rows: number and code (else FILE.rejected.csv)',
      },
    },
  ],
  examples: [
    'flag import list.csv --kind host --column domain',
    {
      nl: 'flag import lijst.csv --kind iban --column rekening --since-column datum --taxonomy geldezel --evidence aangifte',
      en: 'flag import list.csv --kind iban --column account --since-column date --taxonomy geldezel --evidence aangifte',
    },
  ],
  notes: {
    nl: 'Rijnummers tellen zoals in een rekenblad: de kopregel is rij 1. Datums: 2026-01-31 of 2026-01-31T12:00:00Z.\nCodes voor --taxonomy en --evidence: drempel flag codes.',
    en: 'Row numbers count as in a spreadsheet: the header is row 1. Dates: 2026-01-31 or 2026-01-31T12:00:00Z.\nCodes for --taxonomy and --evidence: drempel flag codes.',
  },
  async run(ctx, options, name: string) {
    checkFixed(ctx, options)
    const path = ctx.path(name)
    if (options.rejected !== undefined) await checkApart(ctx.path(options.rejected), path)
    const file = await openCsv(path, options.delimiter)
    const read = fieldReader(file, options)
    const node = await ctx.node()
    const id = `import-${hex(ctx.world.random(6))}`
    const rejected: Rejected[] = []
    const counts: Counts = { rows: 0, added: 0, updated: 0, unchanged: 0 }
    const send = sender(node, { kind: options.kind, import: id }, counts, rejected)
    const progress = startProgress(ctx.world, {
      label: name,
      total: file.size,
      quiet: ctx.json,
      interrupted: () =>
        ctx.say({
          nl: 'afgebroken; herhaal de import, wat al binnen is verandert niet',
          en: 'interrupted; repeat the import, what is in already stays as it is',
        }),
    })
    try {
      await sendRows(file, read, send, counts, rejected, (bytes) => progress.update(bytes))
    } finally {
      progress.stop()
    }
    const rejectedFile = await writeRejected(ctx, options.rejected, path, rejected)
    const accepted = counts.added + counts.updated + counts.unchanged
    const replace = options.replace === true
    if (replace && accepted === 0)
      fail('IMPORT_EMPTY', rejectedFile === null ? {} : { at: rejectedFile })
    const finished = await node.send(
      'POST',
      'flags/import/finish',
      [importFinishRequest, { kind: options.kind, import: id, replace }],
      importFinishResponse,
      { repeatable: true, timeoutMs: 5 * 60_000 },
    )
    const json = {
      kind: options.kind,
      ...counts,
      rejected: rejected.length,
      ...finished,
      rejectedFile,
    }
    const exit = accepted === 0 && counts.rows > 0 ? EXIT.failed : EXIT.ok
    return { json, text: summary(ctx, json, rejected), exit }
  },
}

async function sendRows(
  file: CsvFile,
  read: ReturnType<typeof fieldReader>,
  send: (rows: ImportRequest['rows']) => Promise<void>,
  counts: Counts,
  rejected: Rejected[],
  onBytes: (count: number) => void,
): Promise<void> {
  let chunk: ImportRequest['rows'] = []
  let length = 0
  let reached = 0
  const flush = async () => {
    if (chunk.length > 0) await send(chunk)
    chunk = []
    length = 0
    onBytes(reached)
  }
  const take = (row: CsvRow) => {
    counts.rows++
    const entry = isTooWide(file, row) ? { row: row.row, code: 'ROW_WIDTH' } : read(row)
    if ('code' in entry) {
      rejected.push(entry)
    } else {
      chunk.push(entry)
      length += entry.value.length + 100
    }
  }
  for await (const rows of locatedRows(file)) {
    for (const [row, end] of rows) {
      take(row)
      reached = end
      if (chunk.length === IMPORT_CHUNK || length > CHUNK_LENGTH) await flush()
    }
  }
  await flush()
}

function sender(
  node: NodeClient,
  about: Omit<ImportRequest, 'rows'>,
  counts: Counts,
  rejected: Rejected[],
): (rows: ImportRequest['rows']) => Promise<void> {
  return async (rows) => {
    const body = [importRequest, { ...about, rows }] as const
    const answer = await node
      .send('POST', 'flags/import', body, importResponse, { repeatable: true })
      .catch((error) => {
        // The place in a chunk means nothing to a person; the row in the file does.
        if (isProtocolError(error, 'USAGE')) return fail('USAGE', { at: `row ${rows[0]?.row}` })
        throw error
      })
    counts.added += answer.added
    counts.updated += answer.updated
    counts.unchanged += answer.unchanged
    rejected.push(...answer.rejected)
  }
}

function summary(
  ctx: Context,
  json: Counts & { withdrawn: number; active: number; rejectedFile: string | null },
  rejected: readonly Rejected[],
): string {
  const label = (nl: string, en: string) => ctx.say({ nl, en })
  const lines = pairs([
    [label('rijen', 'rows'), json.rows],
    [label('nieuw', 'added'), json.added],
    [label('gewijzigd', 'updated'), json.updated],
    [label('ongewijzigd', 'unchanged'), json.unchanged],
    [label('afgekeurd', 'rejected'), rejected.length],
    [label('ingetrokken', 'withdrawn'), json.withdrawn],
    [label('actief', 'active'), json.active],
  ])
  if (json.rejectedFile === null) return lines
  const codes = rejected.map(({ code }) => code)
  const told = rejectionText(codes, ctx.lang)
  return `${lines}\n${ctx.paint('yellow', label('Afgekeurde rijen', 'Rejected rows'))}:\n${told}\n${json.rejectedFile}`
}

/** A fixed code that the taxonomy lacks would reject every row, one by one. */
function checkFixed({ lang }: Context, { taxonomy, evidence, delimiter }: Options): void {
  if (taxonomy !== undefined && taxonomyEntry(taxonomy) === undefined) {
    usage('--taxonomy', { nl: 'zie: drempel flag codes', en: 'see: drempel flag codes' }, lang)
  }
  if (evidence !== undefined && !isEvidenceClass(evidence)) {
    const known = EVIDENCE_CLASSES.map(({ code }) => code).join(', ')
    usage('--evidence', { nl: known, en: known }, lang)
  }
  if (delimiter !== undefined && (delimiter.length !== 1 || /["\r\n]/.test(delimiter))) {
    usage('--delimiter', { nl: 'één teken', en: 'one character' }, lang)
  }
}

function fieldOptions() {
  const field = (name: string, nl: string, en: string) => [
    { flags: `--${name}-column <name>`, about: { nl: `kolom: ${nl}`, en: `column: ${en}` } },
    {
      flags: `--${name} <value>`,
      about: { nl: `voor alle rijen: ${nl}`, en: `for all rows: ${en}` },
    },
  ]
  return [
    ...field('since', 'gemeld sinds', 'flagged since'),
    ...field('expires', 'vervalt op', 'expires'),
    ...field('taxonomy', 'code uit de taxonomie', 'code of the taxonomy'),
    ...field('evidence', 'bewijsklasse', 'evidence class'),
    ...field('reports', 'aantal meldingen', 'number of reports'),
  ]
}
