/** subject list, extend, close, letter: the cases of data subjects, their terms, and what is told of them. */

import {
  caseOutcome,
  closeRequest,
  extendRequest,
  type SubjectCase,
  subjectCase,
  subjectCaseFile,
  subjectCases,
} from '@drempel/protocol/api'
import { writeText } from '../client/files.ts'
import type { Text } from '../output/language.ts'
import { nodeVersions } from './convenant.ts'
import { type CommandSpec, usage } from './define.ts'
import { listing } from './listing.ts'
import { caseText, EXPORT_OPTION, exportFolder, OUTCOMES, TYPES } from './subject-about.ts'
import { actsIn, caseLetter, needsExplanation } from './subject-case-letter.ts'
import { provedCase } from './subject-verify.ts'

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

type LetterOptions = { readonly reason?: string; readonly export?: string }

export const subjectLetter: CommandSpec<LetterOptions> = {
  usage: 'subject letter <case>',
  about: {
    nl: 'brief aan de betrokkene: ontvangst, verlenging of wat er gedaan is (AVG art. 12)',
    en: 'letter to the data subject: receipt, extension or what was done (GDPR art. 12)',
  },
  args: CASE_ARG,
  options: [
    {
      flags: '--reason <text>',
      about: {
        nl: 'toelichting in de brief; verplicht bij een verlenging en een weigering',
        en: 'explanation in the letter; required for an extension and a refusal',
      },
    },
    EXPORT_OPTION,
  ],
  examples: [
    'subject letter 2026-0007 --export answer --lang nl',
    {
      nl: 'subject letter 2026-0007 --reason "de melding rust op een vonnis" --export antwoord',
      en: 'subject letter 2026-0007 --reason "the flag rests on a judgment" --export answer',
    },
  ],
  notes: {
    nl: 'De brief zegt wat er volgens het logboek gedaan is, en niet of er een melding was.',
    en: 'The letter says what was done by the log, and not whether there was a flag.',
  },
  async run(ctx, { reason, ...options }, name: string) {
    const folder = await exportFolder(ctx, options.export)
    const node = await ctx.node()
    const versions = await nodeVersions(ctx)
    const file = await node.get(`subjects/${encodeURIComponent(name)}`, subjectCaseFile)
    if (reason === undefined && needsExplanation(file.case)) {
      const why = { nl: 'de wet vraagt om een reden', en: 'the law asks for a reason' }
      usage('--reason', why, ctx.lang)
    }
    const events = provedCase(versions, file)
    if (file.case.outcome === 'granted' && actsIn(events).length === 0) ctx.note(ctx.say(NO_ACT))
    const letter = caseLetter(file, events, reason, ctx.lang)
    if (folder === undefined) return { json: file, text: `${letter}\n${caseText(ctx, file.case)}` }
    const base = `${folder}/${ctx.say({ nl: 'brief', en: 'letter' })}-${file.case.case}`
    const files = [`${base}.md`, `${base}.json`]
    await writeText(files[0]!, letter, ctx.world.random)
    await writeText(files[1]!, `${JSON.stringify(file, null, 2)}\n`, ctx.world.random)
    return { json: { ...file, files }, text: `${files.join('\n')}\n${caseText(ctx, file.case)}` }
  },
}

const NO_ACT: Text = {
  nl: 'Ingewilligd, maar het logboek heeft in deze zaak niets van een bezwaar, verbetering of wissing.',
  en: 'Granted, but the log has no objection, correction or erasure in this case.',
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
