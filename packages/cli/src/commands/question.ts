/** question list, approve, ask: questions of purposes that the convenant lets nobody ask alone. */

import {
  checkResponse,
  questionAsk,
  questionDecision,
  question as questionSchema,
  questions as questionsSchema,
} from '@drempel/protocol/api'
import { EXIT } from '../output/exit.ts'
import { table } from '../output/render.ts'
import { answerText } from './check.ts'
import type { Context } from './context.ts'
import { type CommandSpec, usage } from './define.ts'
import { questionView, STATES } from './question-text.ts'
import { expectReceipt, tryReceipt } from './receipt-file.ts'

export const questionList: CommandSpec = {
  usage: 'question list',
  about: {
    nl: 'toon vragen die op een tweede persoon wachten, en wat besloten is',
    en: 'show questions that wait for a second person, and what was decided',
  },
  examples: ['question list'],
  async run(ctx) {
    const node = await ctx.node()
    const list = await node.get('questions', questionsSchema)
    const head = ctx.say({
      nl: 'id,toestand,soort,doel,regel,zaak,door,besluit van,tot',
      en: 'id,state,kind,purpose,rule,case,by,decided by,until',
    })
    const rows = list.questions.map((one) => [
      ...[one.id, ctx.say(STATES[one.state]), one.kind, one.purpose, one.rule, one.case],
      ...[one.proposer.name, one.decider?.name ?? null, one.expiresAt],
    ])
    return { json: list, text: table(head.split(','), rows) }
  },
}

export const questionApprove: CommandSpec<{ readonly deny?: boolean }> = {
  usage: 'question approve <id>',
  about: {
    nl: 'keur als tweede persoon een vraag goed, of wijs haar af',
    en: 'approve a question as the second person, or deny it',
  },
  args: { id: { nl: 'id uit question list', en: 'id of question list' } },
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

export const questionAskCommand: CommandSpec<{ readonly receipt?: string }> = {
  usage: 'question ask <id>',
  about: {
    nl: 'stel een goedgekeurde vraag, één keer',
    en: 'ask an approved question, once',
  },
  args: { id: { nl: 'id uit question list', en: 'id of question list' } },
  options: [
    {
      flags: '--receipt <file>',
      about: { nl: 'bewaar de ontvangstbevestiging', en: 'save the receipt' },
    },
  ],
  examples: ['question ask 00112233445566778899aabbccddeeff --receipt z-123.proof'],
  async run(ctx, { receipt }, id: string) {
    await expectReceipt(ctx, receipt)
    const node = await ctx.node()
    const path = `questions/${checked(ctx, id)}/answer`
    const answer = await node.send('POST', path, [questionAsk, {}], checkResponse)
    const lost = await tryReceipt(ctx, receipt, answer.receipt)
    const text = answerText(ctx, answer)
    if (lost !== undefined) return { json: { ...answer, error: lost }, text, exit: EXIT.failed }
    return { json: answer, text }
  },
}

function checked(ctx: Context, id: string): string {
  if (!/^[0-9a-f]{32}$/.test(id)) {
    usage('id', { nl: '32 hexadecimale cijfers', en: '32 hexadecimal digits' }, ctx.lang)
  }
  return id
}
