/** question list, approve, ask: questions of purposes that the convenant lets nobody ask alone. */

import {
  type CheckResponse,
  questionAnswer,
  questionAsk,
  questionDecision,
  question as questionSchema,
  questions as questionsSchema,
  questionValues,
  type ScreenResponse,
} from '@drempel/protocol/api'
import { csvLine } from '../client/csv.ts'
import { checkWritable, writeText } from '../client/files.ts'
import { EXIT } from '../output/exit.ts'
import type { Text } from '../output/language.ts'
import { clean, minute } from '../output/render.ts'
import { answerText, questionText } from './check.ts'
import type { Context } from './context.ts'
import { type CommandSpec, OUT_OPTION, usage } from './define.ts'
import { listing } from './listing.ts'
import { questionView, STATES } from './question-text.ts'
import { expectReceipt, tryReceipt } from './receipt-file.ts'

export const questionList: CommandSpec = {
  usage: 'question list',
  about: {
    nl: 'toon vragen die op een tweede persoon wachten, en wat over de eigen besloten is',
    en: 'show questions that wait for a second person, and what was decided on the own ones',
  },
  examples: ['question list'],
  async run(ctx) {
    const node = await ctx.node()
    const list = await node.get('questions', questionsSchema)
    const head = {
      nl: 'id,toestand,soort,aantal,doel,regel,zaak,door,besluit van,tot',
      en: 'id,state,kind,number,purpose,rule,case,by,decided by,until',
    }
    const rows = list.questions.map((one) => [
      ...[one.id, ctx.say(STATES[one.state]), one.kind, one.count, one.purpose],
      ...[one.rule, one.case],
      ...[one.proposer.name, one.decider?.name ?? null, minute(one.expiresAt)],
    ])
    return { json: list, text: listing(ctx, head, rows, NOTHING, NEXT) }
  },
}

export const questionApprove: CommandSpec<{ readonly deny?: boolean }> = {
  usage: 'question approve <id>',
  about: {
    nl: 'keur als tweede persoon een vraag goed, of wijs haar af',
    en: 'approve a question as the second person, or deny it',
  },
  args: { id: { nl: 'id uit question list', en: 'id, from question list' } },
  options: [
    { flags: '--deny', about: { nl: 'wijs haar af; dat is blijvend', en: 'deny it, for good' } },
  ],
  examples: ['question approve 00112233445566778899aabbccddeeff'],
  async run(ctx, { deny = false }, id: string) {
    const node = await ctx.node()
    const body = [questionDecision, { approve: !deny }] as const
    const path = `questions/${checked(ctx, id)}/decision`
    const decided = await node.send('POST', path, body, questionSchema)
    return { json: decided, text: questionView(ctx, decided) }
  },
}

export const questionShow: CommandSpec = {
  usage: 'question show <id>',
  about: {
    nl: 'toon waarover een vraag gaat en in welke zaak, voor wie beslist',
    en: 'show what a question asks about and in which case, for who decides',
  },
  args: { id: { nl: 'id uit question list', en: 'id, from question list' } },
  examples: ['question show 00112233445566778899aabbccddeeff'],
  async run(ctx, _, id: string) {
    const node = await ctx.node()
    const asked = await node.get(`questions/${checked(ctx, id)}/values`, questionValues)
    if (asked.case !== null)
      ctx.note(`${ctx.say({ nl: 'zaak', en: 'case' })}: ${clean(asked.case)}`)
    return { json: asked, text: asked.values.map(clean).join('\n') }
  },
}

type AskOptions = { readonly receipt?: string; readonly output?: string }

export const questionAskCommand: CommandSpec<AskOptions> = {
  usage: 'question ask <id>',
  about: {
    nl: 'stel een goedgekeurde vraag, één keer',
    en: 'ask an approved question, once',
  },
  args: { id: { nl: 'id uit question list', en: 'id, from question list' } },
  options: [
    {
      flags: '--receipt <file>',
      about: { nl: 'bewaar de ontvangstbevestiging', en: 'save the receipt' },
    },
    OUT_OPTION,
  ],
  examples: [
    'question ask 00112233445566778899aabbccddeeff --receipt z-123.proof',
    'question ask 00112233445566778899aabbccddeeff -o answers.csv',
  ],
  notes: {
    nl: 'Van een vraag over een bestand: CSV met identificator en antwoord, in de volgorde van het bestand. Bij drempel feedback is de plaats het nummer in die volgorde, vanaf 1.',
    en: 'Of a question about a file: CSV with identifier and answer, in the order of the file. For drempel feedback the place is the number in that order, from 1.',
  },
  async run(ctx, { receipt, output }, id: string) {
    await expectReceipt(ctx, receipt)
    if (output !== undefined) await checkWritable(ctx.path(output), ctx.world.random)
    const node = await ctx.node()
    const one = `questions/${checked(ctx, id)}`
    const { values } = await node.get(`${one}/values`, questionValues)
    const answer = await node.send('POST', `${one}/answer`, [questionAsk, {}], questionAnswer, {
      timeoutMs: 5 * 60_000,
    })
    const lost = await tryReceipt(ctx, receipt, answer.receipt)
    const text = await answersText(ctx, values, answer, output)
    if (lost !== undefined) return { json: { ...answer, error: lost }, text, exit: EXIT.failed }
    return { json: answer, text }
  },
}

/** Of one identifier in words; of many as CSV. With a file the CSV goes there. */
async function answersText(
  ctx: Context,
  values: readonly string[],
  answer: CheckResponse | ScreenResponse,
  output: string | undefined,
): Promise<string> {
  if ('answer' in answer && output === undefined) return answerText(ctx, answer)
  const results = 'answer' in answer ? [answer] : answer.results
  const lines = results.map((result, i) =>
    csvLine([values[i] ?? '', 'answer' in result ? result.answer : result.rejected]),
  )
  const csv = [csvLine(['identifier', 'answer']), ...lines].join('')
  if (output === undefined) {
    ctx.note(questionText(ctx, answer))
    return csv.trimEnd()
  }
  const path = ctx.path(output)
  await writeText(path, csv, ctx.world.random)
  return `${path}\n${questionText(ctx, answer)}`
}

function checked(ctx: Context, id: string): string {
  if (!/^[0-9a-f]{32}$/.test(id)) {
    usage('id', { nl: '32 hexadecimale cijfers', en: '32 hexadecimal digits' }, ctx.lang)
  }
  return id
}

const NOTHING: Text = {
  nl: 'Er zijn geen vragen die op een tweede persoon wachten of wachtten.',
  en: 'There are no questions that wait, or waited, for a second person.',
}
const NEXT: Text = {
  nl: 'leg er een voor: drempel check --propose, of drempel screen --propose',
  en: 'put one: drempel check --propose, or drempel screen --propose',
}
