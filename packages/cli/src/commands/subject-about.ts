/** What the commands about a data subject take alike: the identifier, the case, the proof of control. */

import type { SubjectCase, SubjectDone } from '@drempel/protocol/api'
import { checkWritable, makeFolder } from '../client/files.ts'
import type { Text } from '../output/language.ts'
import { pairs } from '../output/render.ts'
import type { Context } from './context.ts'
import { KIND_OPTION, type KindOptions, type OptionSpec, usage } from './define.ts'
import { readTime } from './flag-fields.ts'

export type AboutOptions = KindOptions & {
  readonly case?: string
  readonly proof?: string
  readonly received?: string
}

export const VALUE_ARG = {
  value: {
    nl: 'identificator, of - om hem van de invoer te lezen',
    en: 'identifier, or - to read it from the input',
  },
} as const

export const ABOUT_OPTIONS: readonly OptionSpec[] = [
  KIND_OPTION,
  {
    flags: '--proof <reference>',
    about: {
      nl: 'hoe is gebleken dat de identificator van de verzoeker is; opent een zaak',
      en: "how the identifier was shown to be the requester's; opens a case",
    },
  },
  {
    flags: '--case <number>',
    about: { nl: 'ga verder met deze zaak', en: 'go on with this case' },
  },
  {
    flags: '--received <date>',
    about: {
      nl: 'wanneer het verzoek binnenkwam (anders nu)',
      en: 'when the request came in (else now)',
    },
  },
]

export const EXPORT_OPTION: OptionSpec = {
  flags: '--export <dir>',
  about: {
    nl: 'schrijf de brief en de bewijzen in deze map, onder het zaaknummer',
    en: 'write the letter and the proofs into this folder, by case number',
  },
}

/** The folder to export to, there and writable before anything is asked. */
export async function exportFolder(
  ctx: Context,
  given: string | undefined,
): Promise<string | undefined> {
  if (given === undefined) return undefined
  const folder = ctx.path(given)
  await makeFolder(folder)
  await checkWritable(`${folder}/x`, ctx.world.random)
  return folder
}

/** The body that such a command sends, but for the identifier. */
export function aboutOf(ctx: Context, { kind, case: name, proof, received }: AboutOptions) {
  if ((name === undefined) === (proof === undefined)) {
    const hint = {
      nl: '--proof voor een nieuwe zaak, of --case',
      en: '--proof for a new case, or --case',
    }
    usage('--proof', hint, ctx.lang)
  }
  const time = received === undefined ? undefined : readTime(received)
  if (received !== undefined && time === undefined) {
    usage('--received', { nl: '2026-01-31', en: '2026-01-31' }, ctx.lang)
  }
  return {
    kind,
    ...(name === undefined ? {} : { case: name }),
    ...(proof === undefined ? {} : { proof }),
    ...(time === undefined ? {} : { received: time }),
  }
}

export function caseText(ctx: Context, of: SubjectCase): string {
  const label = (nl: string, en: string) => ctx.say({ nl, en })
  return pairs([
    [label('zaak', 'case'), of.case],
    [label('verzoek', 'request'), TYPES[of.type][ctx.lang]],
    [label('soort', 'kind'), of.kind],
    [label('ontvangen', 'received'), of.receivedAt.slice(0, 10)],
    [label('antwoord uiterlijk', 'answer due'), of.dueAt.slice(0, 10)],
    [label('dagen over', 'days left'), of.daysLeft],
    ...(of.outcome === null
      ? []
      : ([[label('uitkomst', 'outcome'), OUTCOMES[of.outcome][ctx.lang]]] as const)),
  ])
}

/** @param did what happened when the node had such a flag; of a confidential node, if it had */
export function doneText(ctx: Context, { case: of, found }: SubjectDone, did: Text): string {
  const said =
    found === undefined
      ? { nl: 'Uitgevoerd, als er een melding was.', en: 'Carried out, if there was a flag.' }
      : found
        ? did
        : { nl: 'De node heeft zo’n melding niet.', en: 'The node has no such flag.' }
  return `${ctx.say(said)}\n${caseText(ctx, of)}`
}

export const TYPES: Readonly<Record<SubjectCase['type'], Text>> = {
  access: { nl: 'inzage', en: 'access' },
  rectification: { nl: 'rectificatie', en: 'rectification' },
  erasure: { nl: 'wissing', en: 'erasure' },
  objection: { nl: 'bezwaar', en: 'objection' },
}

export const OUTCOMES: Readonly<Record<NonNullable<SubjectCase['outcome']>, Text>> = {
  granted: { nl: 'ingewilligd', en: 'granted' },
  refused: { nl: 'geweigerd', en: 'refused' },
  withdrawn: { nl: 'ingetrokken', en: 'withdrawn' },
}
