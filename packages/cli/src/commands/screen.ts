/** screen: a file of identifiers, asked in as few queries as the convenant allows. */

import {
  questionRequest,
  question as questionSchema,
  SCREEN_LIMIT,
  type ScreenResponse,
  screenRequest,
  screenResponse,
} from '@drempel/protocol/api'
import {
  type CsvFile,
  type CsvRow,
  columnIndex,
  csvLine,
  isTooWide,
  locatedRows,
  openCsv,
} from '../client/csv.ts'
import { draftOf } from '../client/draft.ts'
import { checkApart } from '../client/files.ts'
import { fail } from '../output/errors.ts'
import { EXIT } from '../output/exit.ts'
import { startProgress } from '../output/progress.ts'
import { rejectionText } from '../output/rejections.ts'
import { pairs } from '../output/render.ts'
import { ADVICE, PROPOSE_OPTION, QUESTION_OPTIONS, type QuestionOptions } from './check.ts'
import type { Context, Outcome } from './context.ts'
import { nodeConvenant, withChoices } from './convenant.ts'
import { type CommandSpec, OUT_OPTION, usage } from './define.ts'
import { questionView } from './question-text.ts'
import { expectReceipt, tryReceipt } from './receipt-file.ts'

type Options = QuestionOptions & {
  readonly column: string
  readonly delimiter?: string
  readonly batch?: number
  readonly output?: string
  readonly propose?: boolean
}

/** By txid and place, from 1, `feedback` and `recall list` name it; null for what was not sent. */
type Answer = {
  readonly row: number
  readonly answer: string
  readonly txid: string | null
  readonly place: number | null
}

const MAX_VALUE = 2_000

export const screenCommand: CommandSpec<Options> = {
  usage: 'screen <file>',
  about: {
    nl: 'welke identificatoren uit een bestand zijn boven de drempel?',
    en: 'which identifiers of a file are over the threshold?',
  },
  args: { file: { nl: 'CSV met kopregel, UTF-8', en: 'CSV with a header, UTF-8' } },
  options: [
    ...QUESTION_OPTIONS,
    {
      flags: '--column <name>',
      about: { nl: 'kolom met de identificator', en: 'column of the identifier' },
      required: true,
    },
    { flags: '--delimiter <char>', about: { nl: 'scheidingsteken', en: 'separator' } },
    {
      flags: '--batch <n>',
      about: {
        nl: 'identificatoren per vraag (anders wat het doel toestaat)',
        en: 'identifiers per query (else what the purpose allows)',
      },
      number: { least: 1, most: SCREEN_LIMIT },
    },
    OUT_OPTION,
    PROPOSE_OPTION,
  ],
  examples: [
    'screen customers.csv --kind iban --column iban --purpose fraude-onderzoek --rule iban-t2 -o answers.csv',
  ],
  notes: {
    nl: 'Uitvoer: CSV met rij, antwoord (over, not-over, of de code waarom niet gevraagd), en de txid en plaats waarmee feedback en recall list het aanwijzen. Zonder -o op de standaarduitvoer.\nElke identificator telt voor het quotum. Breekt het af, dan staan de antwoorden tot daar in het bestand.',
    en: 'Output: CSV with row, answer (over, not-over, or the code for which it was not asked), and the txid and place by which feedback and recall list name it. Without -o on standard output.\nEach identifier counts for the quota. If it breaks off, the file holds the answers up to there.',
  },
  async run(ctx, options, name: string) {
    if (options.delimiter !== undefined && options.delimiter.length !== 1) {
      usage('--delimiter', { nl: 'één teken', en: 'one character' }, ctx.lang)
    }
    const path = ctx.path(name)
    for (const written of [options.output, options.receipt]) {
      if (written !== undefined) await checkApart(ctx.path(written), path)
    }
    const file = await openCsv(path, options.delimiter)
    const index = columnIndex(file, options.column)
    if (options.propose === true) return proposeScreen(ctx, options, file, index)
    await expectReceipt(ctx, options.receipt)
    const batch = options.batch ?? (await allowedBatch(ctx, options.purpose))
    const sink = await openSink(ctx, options.output)
    let answered = { row: 0, bytes: 0 }
    const progress = startProgress(ctx.world, {
      label: name,
      total: file.size,
      quiet: ctx.json,
      interrupted: () => interrupted(ctx, answered.row, sink.file),
    })
    const ask = asker(ctx, options)
    const counts = { rows: 0, over: 0, notOver: 0, rejected: 0 }
    const codes: string[] = []
    let last: ScreenResponse | undefined
    const txids: string[] = []
    let waiting: { row: number; value: string }[] = []
    let done: Answer[] = []
    const flush = async (upTo: typeof answered) => {
      if (waiting.length > 0) {
        last = await ask(waiting.map(({ value }) => value))
        const { txid } = last
        txids.push(txid)
        for (const [i, result] of last.results.entries()) {
          const answer = 'answer' in result ? result.answer : result.rejected
          done.push({ row: waiting[i]!.row, answer, txid, place: i + 1 })
        }
      }
      done.sort((a, b) => a.row - b.row)
      for (const { answer } of done) {
        if (answer === 'over') counts.over++
        else if (answer === 'not-over') counts.notOver++
        else {
          counts.rejected++
          codes.push(answer)
        }
      }
      sink.write(done)
      waiting = []
      done = []
      answered = upTo
      progress.update(answered.bytes)
    }
    try {
      let reached = answered
      for await (const rows of locatedRows(file)) {
        for (const [row, bytes] of rows) {
          counts.rows++
          const value = row.cells[index] ?? ''
          if (isTooWide(file, row)) done.push(unsent(row, 'ROW_WIDTH'))
          else if (value.length > MAX_VALUE) done.push(unsent(row, 'VALUE_TOO_LONG'))
          else waiting.push({ row: row.row, value })
          reached = { row: row.row, bytes }
          if (waiting.length === batch) await flush(reached)
        }
      }
      await flush(reached)
      sink.write([])
    } finally {
      progress.stop()
      sink.close()
    }
    const json = {
      ...counts,
      ...{ txids, file: sink.file, humanDecisionRequired: true },
      ...(sink.kept ? { results: sink.kept } : {}),
    }
    const rejections = codes.length === 0 ? '' : `\n${rejectionText(codes, ctx.lang)}`
    const told = `${summary(ctx, counts, sink.file)}${rejections}\n${ctx.say(ADVICE)}`
    if (sink.file === null) ctx.note(told)
    const text = sink.file === null && !ctx.json ? '' : told
    const lost = await tryReceipt(ctx, options.receipt, last?.receipt)
    if (lost !== undefined) return { json: { ...json, error: lost }, text, exit: EXIT.failed }
    return { json, text }
  },
}

function unsent({ row }: CsvRow, answer: string): Answer {
  return { row, answer, txid: null, place: null }
}

/** One question for a second person, so all of the file in one query; nothing is left out of it. */
async function proposeScreen(
  ctx: Context,
  { kind, purpose, rule, case: reference }: Options,
  file: CsvFile,
  index: number,
): Promise<Outcome> {
  const values: string[] = []
  for await (const rows of locatedRows(file)) {
    for (const [row] of rows) {
      if (isTooWide(file, row)) {
        const which = {
          nl: `rij ${row.row} heeft te veel cellen`,
          en: `row ${row.row} is too wide`,
        }
        usage('file', which, ctx.lang)
      }
      values.push(row.cells[index] ?? '')
    }
  }
  const about = { kind, purpose, rule, ...(reference === undefined ? {} : { case: reference }) }
  const asked = screenRequest.safeParse({ ...about, values })
  if (!asked.success) {
    usage(
      'file',
      {
        nl: `1 tot ${SCREEN_LIMIT} identificatoren, elk hooguit ${MAX_VALUE} tekens`,
        en: `1 to ${SCREEN_LIMIT} identifiers of at most ${MAX_VALUE} characters each`,
      },
      ctx.lang,
    )
  }
  const node = await ctx.node()
  const made = await node.send('POST', 'questions', [questionRequest, asked.data], questionSchema)
  return { json: made, text: questionView(ctx, made) }
}

function interrupted(ctx: Context, row: number, file: string | null): string {
  const where = file ?? ctx.say({ nl: 'de uitvoer', en: 'the output' })
  return row === 0
    ? ctx.say({
        nl: 'afgebroken; er zijn nog geen antwoorden',
        en: 'interrupted; there are no answers yet',
      })
    : ctx.say({
        nl: `afgebroken; antwoorden tot en met rij ${row} staan in ${where}`,
        en: `interrupted; answers up to row ${row} are in ${where}`,
      })
}

function asker(
  ctx: Context,
  { kind, purpose, rule, case: reference }: Options,
): (values: string[]) => Promise<ScreenResponse> {
  return async (values) => {
    const node = await ctx.node()
    const about = { kind, purpose, rule, ...(reference === undefined ? {} : { case: reference }) }
    const body = [screenRequest, { ...about, values }] as const
    const answer = await node
      .send('POST', 'screens', body, screenResponse, { timeoutMs: 5 * 60_000 })
      .catch(async (error) => {
        throw await withChoices(ctx, error, purpose)
      })
    return answer.results.length === values.length
      ? answer
      : fail('BAD_RESPONSE', { at: 'results' })
  }
}

/** A purpose that the convenant lacks is asked all the same: the node refuses it, and logs that. */
async function allowedBatch(ctx: Context, purpose: string): Promise<number> {
  const { convenant } = await nodeConvenant(ctx)
  const known = convenant.purposes.find(({ id }) => id === purpose)
  return Math.min(SCREEN_LIMIT, known?.maxBatch ?? SCREEN_LIMIT)
}

type AnswerSink = {
  readonly file: string | null
  /** With --json and no file, the answers are part of the one object. */
  readonly kept: Answer[] | undefined
  /** With none of them, the header alone. */
  write(answers: readonly Answer[]): void
  close(): void
}

/** Writes nothing before the first answers: the node may refuse the purpose, or the quota be used up. */
async function openSink(ctx: Context, output: string | undefined): Promise<AnswerSink> {
  let head = csvLine(['row', 'answer', 'txid', 'place'])
  const lines = (answers: readonly Answer[]) => {
    const rows = answers.map(({ row, answer, txid, place }) =>
      csvLine([row, answer, txid ?? '', place ?? '']),
    )
    const text = head + rows.join('')
    head = ''
    return text
  }
  if (output !== undefined) {
    const path = ctx.path(output)
    const draft = await draftOf(path, ctx.world.random)
    const write = (answers: readonly Answer[]) => draft.write(lines(answers))
    return { file: path, kept: undefined, write, close: () => draft.place() }
  }
  const close = () => {}
  if (ctx.json) {
    const kept: Answer[] = []
    return { file: null, kept, write: (answers) => void kept.push(...answers), close }
  }
  const write = (answers: readonly Answer[]) => void ctx.world.stdout.write(lines(answers))
  return { file: null, kept: undefined, write, close }
}

function summary(
  ctx: Context,
  counts: { rows: number; over: number; notOver: number; rejected: number },
  file: string | null,
): string {
  const label = (nl: string, en: string) => ctx.say({ nl, en })
  return pairs([
    [label('rijen', 'rows'), counts.rows],
    [label('boven de drempel', 'over the threshold'), counts.over],
    [label('niet boven', 'not over'), counts.notOver],
    [label('niet gevraagd', 'not asked'), counts.rejected],
    ...(file === null ? [] : ([[label('bestand', 'file'), file]] as const)),
  ])
}
