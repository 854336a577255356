/** check: one identifier, asked of the threshold list; the answer is advice to a person. */

import {
  type CheckResponse,
  checkRequest,
  checkResponse,
  questionRequest,
  question as questionSchema,
} from '@drempel/protocol/api'
import { EXIT } from '../output/exit.ts'
import type { Text } from '../output/language.ts'
import { pairs } from '../output/render.ts'
import { type Context, readValue } from './context.ts'
import { withChoices } from './convenant.ts'
import { type CommandSpec, KIND_OPTION, type KindOptions, type OptionSpec } from './define.ts'
import { questionView } from './question-text.ts'
import { expectReceipt, tryReceipt } from './receipt-file.ts'

export type QuestionOptions = KindOptions & {
  readonly purpose: string
  readonly rule: string
  readonly case?: string
  readonly receipt?: string
}

export const QUESTION_OPTIONS: readonly OptionSpec[] = [
  KIND_OPTION,
  {
    flags: '--purpose <id>',
    about: { nl: 'doel uit het convenant', en: 'purpose of the convenant' },
    required: true,
  },
  {
    flags: '--rule <id>',
    about: { nl: 'regel uit het convenant', en: 'rule of the convenant' },
    required: true,
  },
  {
    flags: '--case <ref>',
    about: {
      nl: 'zaakkenmerk; verzegeld in het eigen logboek',
      en: 'case reference; sealed in the own log',
    },
  },
  {
    flags: '--receipt <file>',
    about: { nl: 'bewaar de ontvangstbevestiging', en: 'save the receipt' },
  },
]

export const PROPOSE_OPTION: OptionSpec = {
  flags: '--propose',
  about: {
    nl: 'leg de vraag aan een tweede persoon voor, waar het doel dat eist',
    en: 'put the question to a second person, where the purpose asks that',
  },
}

export const checkCommand: CommandSpec<
  QuestionOptions & { readonly exitCode?: boolean; readonly propose?: boolean }
> = {
  usage: 'check <value>',
  about: {
    nl: 'is deze identificator boven de drempel?',
    en: 'is this identifier over the threshold?',
  },
  args: {
    value: {
      nl: 'identificator, of - om hem van de invoer te lezen',
      en: 'identifier, or - to read it from the input',
    },
  },
  options: [
    ...QUESTION_OPTIONS,
    {
      flags: '--exit-code',
      about: {
        nl: 'exitcode 10 als het antwoord "boven" is',
        en: 'exit code 10 when the answer is "over"',
      },
    },
    PROPOSE_OPTION,
  ],
  examples: [
    'check mailinator.com --kind host --purpose fraude-onderzoek --rule host-t2',
    'check - --kind iban --purpose fraude-onderzoek --rule iban-t2 --case Z-123 --receipt z-123.proof < iban.txt',
  ],
  notes: {
    nl: 'Elke vraag staat in het logboek en telt voor het quotum. Een mens beslist; het antwoord is advies.',
    en: 'Each question stands in the log and counts for the quota. A person decides; the answer is advice.',
  },
  async run(ctx, options, given: string) {
    await expectReceipt(ctx, options.receipt)
    const value = await readValue(ctx, given)
    const { kind, purpose, rule } = options
    const reference = options.case === undefined ? {} : { case: options.case }
    const node = await ctx.node()
    const asked = { kind, purpose, rule, value, ...reference }
    if (options.propose === true) {
      const made = await node.send('POST', 'questions', [questionRequest, asked], questionSchema)
      return { json: made, text: questionView(ctx, made) }
    }
    const body = [checkRequest, asked] as const
    const answer = await node.send('POST', 'checks', body, checkResponse).catch(async (error) => {
      throw await withChoices(ctx, error, purpose)
    })
    const over = answer.answer === 'over'
    const text = answerText(ctx, answer)
    const lost = await tryReceipt(ctx, options.receipt, answer.receipt)
    if (lost !== undefined) return { json: { ...answer, error: lost }, text, exit: EXIT.failed }
    return { json: answer, text, exit: over && options.exitCode === true ? EXIT.over : EXIT.ok }
  },
}

export function answerText(ctx: Context, answer: CheckResponse): string {
  const label = (nl: string, en: string) => ctx.say({ nl, en })
  const verdict =
    answer.answer === 'over'
      ? ctx.paint('red', label('BOVEN DE DREMPEL', 'OVER THE THRESHOLD'))
      : ctx.paint('green', label('niet boven de drempel', 'not over the threshold'))
  return `${verdict}\n${questionText(ctx, answer)}`
}

/** What holds for an answer, of a check and a screen alike. */
export function questionText(
  ctx: Context,
  about: Omit<CheckResponse, 'answer' | 'receipt' | 'humanDecisionRequired'>,
): string {
  const label = (nl: string, en: string) => ctx.say({ nl, en })
  const stale = about.stale ? ` (${label('VEROUDERD', 'STALE')})` : ''
  const facts = pairs([
    [label('regel', 'rule'), about.rule],
    [label('doel', 'purpose'), about.purpose],
    [label('lijst van', 'list of'), `${about.listTime}${stale}`],
    [label('ronde', 'round'), about.round],
    ['txid', about.txid],
  ])
  return `${facts}\n${ctx.say(ADVICE)}`
}

export const ADVICE: Text = {
  nl: 'Een mens beslist; dit is advies.',
  en: 'A person decides; this is advice.',
}
