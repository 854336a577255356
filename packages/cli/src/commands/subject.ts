/** subject list, extend, close: the cases of data subjects and their terms. */

import {
  caseOutcome,
  closeRequest,
  extendRequest,
  type SubjectCase,
  subjectCase,
  subjectCases,
} from '@drempel/protocol/api'
import type { Text } from '../output/language.ts'
import type { CommandSpec } from './define.ts'
import { listing } from './listing.ts'
import { caseText, OUTCOMES, TYPES } from './subject-about.ts'

const CASE_ARG = { case: { nl: 'zaaknummer', en: 'case number' } } as const

export const subjectList: CommandSpec<{ readonly all?: boolean }> = {
  usage: 'subject list',
  about: {
    nl: 'toon de open zaken van betrokkenen en hun termijn',
    en: 'show the open cases of data subjects and their terms',
  },
  options: [{ flags: '--all', about: { nl: 'ook gesloten zaken', en: 'closed ones too' } }],
  examples: ['subject list'],
  async run(ctx, { all = false }) {
    const node = await ctx.node()
    const answer = await node.get('subjects', subjectCases, { query: { all: String(all) } })
    const head = {
      nl: 'zaak,verzoek,soort,ontvangen,uiterlijk,dagen over,verlengd,uitkomst',
      en: 'case,request,kind,received,due,days left,extended,outcome',
    }
    const late = ctx.say({ nl: 'TE LAAT', en: 'LATE' })
    const yes = ctx.say({ nl: 'ja', en: 'yes' })
    const rows = answer.cases.map((of) => [
      ...[of.case, TYPES[of.type][ctx.lang], of.kind, of.receivedAt.slice(0, 10)],
      ...[of.dueAt.slice(0, 10), (of.daysLeft ?? 0) < 0 ? late : of.daysLeft],
      ...[of.extended ? yes : null, of.outcome === null ? null : OUTCOMES[of.outcome][ctx.lang]],
    ])
    const text = all
      ? listing(ctx, head, rows, NONE_EVER, OPEN_ONE)
      : listing(ctx, head, rows, NONE_OPEN, OPEN_OR_ALL)
    return { json: answer, text }
  },
}

export const subjectExtend: CommandSpec<{ readonly reason: string }> = {
  usage: 'subject extend <case>',
  about: {
    nl: 'verleng de termijn met twee maanden (AVG art. 12, lid 3)',
    en: 'extend the term by two months (GDPR art. 12(3))',
  },
  args: CASE_ARG,
  options: [
    {
      flags: '--reason <text>',
      about: {
        nl: 'waarom; verzegeld in het logboek, en aan de betrokkene te melden',
        en: 'why; sealed in the log, and to be told to the data subject',
      },
      required: true,
    },
  ],
  examples: [
    {
      nl: 'subject extend 2026-0007 --reason "veel verzoeken tegelijk"',
      en: 'subject extend 2026-0007 --reason "many requests at once"',
    },
  ],
  async run(ctx, { reason }, name: string) {
    const node = await ctx.node()
    const path = `subjects/${encodeURIComponent(name)}/extension`
    const of = await node.send('POST', path, [extendRequest, { reason }], subjectCase)
    return { json: of, text: caseText(ctx, of) }
  },
}

type CloseOptions = {
  readonly outcome: NonNullable<SubjectCase['outcome']>
  readonly reason?: string
}

export const subjectClose: CommandSpec<CloseOptions> = {
  usage: 'subject close <case>',
  about: { nl: 'sluit een zaak', en: 'close a case' },
  args: CASE_ARG,
  options: [
    {
      flags: '--outcome <outcome>',
      about: { nl: 'hoe het verzoek is afgedaan', en: 'how the request was settled' },
      required: true,
      choices: caseOutcome.options,
    },
    {
      flags: '--reason <text>',
      about: { nl: 'toelichting; verzegeld in het logboek', en: 'explanation; sealed in the log' },
    },
  ],
  examples: ['subject close 2026-0007 --outcome granted'],
  async run(ctx, { outcome, reason }, name: string) {
    const node = await ctx.node()
    const body = { outcome, ...(reason === undefined ? {} : { reason }) }
    const path = `subjects/${encodeURIComponent(name)}/closing`
    const of = await node.send('POST', path, [closeRequest, body], subjectCase)
    return { json: of, text: caseText(ctx, of) }
  },
}

const NONE_EVER: Text = { nl: 'Er was nog geen zaak.', en: 'There was no case yet.' }
const OPEN_ONE: Text = {
  nl: 'een verzoek om inzage opent er een: drempel subject access --help',
  en: 'a request for access opens one: drempel subject access --help',
}
const NONE_OPEN: Text = { nl: 'Er zijn geen zaken open.', en: 'No case is open.' }
const OPEN_OR_ALL: Text = {
  nl: 'gesloten zaken: drempel subject list --all; een verzoek om inzage: drempel subject access --help',
  en: 'closed cases: drempel subject list --all; a request for access: drempel subject access --help',
}
