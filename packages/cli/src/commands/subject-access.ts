/** subject access: what the node knows of an identifier, as a letter and as proofs. */

import { accessRequest, subjectAccess } from '@drempel/protocol/api'
import { writeText } from '../client/files.ts'
import { readValue } from './context.ts'
import { nodeVersions } from './convenant.ts'
import type { CommandSpec } from './define.ts'
import {
  ABOUT_OPTIONS,
  type AboutOptions,
  aboutOf,
  caseText,
  EXPORT_OPTION,
  exportFolder,
  VALUE_ARG,
} from './subject-about.ts'
import { accessLetter } from './subject-letter.ts'

export const subjectAccessCommand: CommandSpec<AboutOptions & { readonly export?: string }> = {
  usage: 'subject access <value>',
  about: {
    nl: 'wat weet deze node van een identificator? (AVG art. 15)',
    en: 'what does this node know of an identifier? (GDPR art. 15)',
  },
  args: VALUE_ARG,
  options: [...ABOUT_OPTIONS, EXPORT_OPTION],
  examples: [
    {
      nl: 'subject access - --kind iban --proof "paspoort gezien, balie 3" --export antwoord < iban.txt',
      en: 'subject access - --kind iban --proof "passport seen, counter 3" --export answer < iban.txt',
    },
    'subject access spam.example --kind host --case 2026-0007 --lang nl',
  ],
  notes: {
    nl: 'Een vertrouwelijke node (een politiepartner, of confidential: true in config.yaml) bevestigt noch ontkent, en zoekt daarom niets op.',
    en: 'A confidential node (a police partner, or confidential: true in config.yaml) neither confirms nor denies, and so looks nothing up.',
  },
  async run(ctx, options, given: string) {
    const folder = await exportFolder(ctx, options.export)
    const body = { ...aboutOf(ctx, options), value: await readValue(ctx, given) }
    const node = await ctx.node()
    const versions = await nodeVersions(ctx)
    const request = [accessRequest, body] as const
    const access = await node.send('POST', 'subjects/access', request, subjectAccess)
    const letter = accessLetter(access, versions, ctx.lang)
    if (folder === undefined)
      return { json: access, text: `${letter}\n${caseText(ctx, access.case)}` }
    const base = `${folder}/${ctx.say({ nl: 'inzage', en: 'access' })}-${access.case.case}`
    const files = [`${base}.md`, `${base}.json`]
    await writeText(files[0]!, letter, ctx.world.random)
    await writeText(files[1]!, `${JSON.stringify(access, null, 2)}\n`, ctx.world.random)
    return {
      json: { ...access, files },
      text: `${files.join('\n')}\n${caseText(ctx, access.case)}`,
    }
  },
}
