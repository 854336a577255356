/** subject access, verify: what the node knows of an identifier, as a letter and as proofs. */

import { accessRequest, type SubjectAccess, subjectAccess } from '@drempel/protocol/api'
import { type LeafFields, timeOf } from '@drempel/protocol/log'
import { checkWritable, makeFolder, readText, writeText } from '../client/files.ts'
import { fail } from '../output/errors.ts'
import { pairs } from '../output/render.ts'
import type { Context } from './context.ts'
import { nodeConvenant, readConvenantFile, verifyChain } from './convenant.ts'
import type { CommandSpec } from './define.ts'
import { CONVENANT_OPTION, verifiedEntry } from './receipt.ts'
import {
  ABOUT_OPTIONS,
  type AboutOptions,
  aboutOf,
  caseText,
  readValue,
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
  options: [
    ...ABOUT_OPTIONS,
    {
      flags: '--export <dir>',
      about: {
        nl: 'schrijf de brief en de bewijzen in deze map, onder het zaaknummer',
        en: 'write the letter and the proofs into this folder, by case number',
      },
    },
  ],
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
    const folder = options.export === undefined ? undefined : ctx.path(options.export)
    if (folder !== undefined) {
      await makeFolder(folder)
      await checkWritable(`${folder}/x`, ctx.world.random)
    }
    const body = { ...aboutOf(ctx, options), value: await readValue(ctx, given) }
    const node = await ctx.node()
    const { convenant } = await nodeConvenant(ctx)
    const request = [accessRequest, body] as const
    const access = await node.send('POST', 'subjects/access', request, subjectAccess)
    const letter = accessLetter(access, convenant, ctx.lang)
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

export const subjectVerify: CommandSpec<{ readonly convenant: readonly string[] }> = {
  usage: 'subject verify <file>',
  about: {
    nl: 'controleer de bewijzen bij een inzage, zonder netwerk',
    en: 'verify the proofs that came with an access, without any network',
  },
  args: { file: { nl: 'bewijzen (JSON)', en: 'proofs (JSON)' } },
  options: [{ ...CONVENANT_OPTION, required: true }],
  examples: ['subject verify inzage-2026-0007.json --convenant convenant.json'],
  notes: {
    nl: 'Bewezen is dat elke vraag met dit doel op die tijd in het logboek staat. Dat het antwoord klopt en er geen andere vragen waren, is het woord van de node: beide zijn verzegeld.',
    en: 'Proven is that each question stands in the log, for that purpose at that time. That the answer is right and that there were no others is the word of the node: both are sealed.',
  },
  async run(ctx, options, name: string) {
    const files = options.convenant.map((file) => readConvenantFile(ctx.path(file)))
    const versions = await Promise.all(files)
    const convenant = verifyChain(versions)
    const access = await readAccess(ctx, name)
    let entries = 0
    for (const query of access.queries) {
      if (!query.entries.some(({ type }) => type === 'query.intent')) mismatch(query.txid)
      for (const entry of query.entries) {
        const { origin, index, member, event } = verifiedEntry(convenant, entry.receipt)
        const isIt =
          member.id === access.member.id && origin === entry.origin && index === entry.index
        if (!isIt || !tellsSame(event, entry.type, query)) mismatch(query.txid)
        entries++
      }
    }
    for (const intersection of access.intersections) {
      const { txid } = intersection
      if (!intersection.entries.some(({ type }) => type === 'psi.intent')) mismatch(txid)
      for (const entry of intersection.entries) {
        const { origin, index, member, event } = verifiedEntry(convenant, entry.receipt)
        const isIt =
          member.id === access.member.id && origin === entry.origin && index === entry.index
        if (!isIt || !isOf(event, entry.type, intersection)) mismatch(txid)
        entries++
      }
    }
    const { member, case: of } = access
    const label = (nl: string, en: string) => ctx.say({ nl, en })
    const facts = pairs([
      [label('deelnemer', 'member'), member.name],
      [label('zaak', 'case'), of.case],
      [label('vragen', 'questions'), access.queries.length],
      [label('doorsneden', 'intersections'), access.intersections.length],
      [label('logregels', 'entries'), entries],
    ])
    const json = { verified: true, member: member.id, queries: access.queries.length, entries }
    return { json, text: `${ctx.paint('green', label('Geverifieerd', 'Verified'))}\n${facts}` }
  },
}

function tellsSame(
  event: LeafFields,
  type: string,
  { txid, purpose, rule, protocol, time, status, answer }: SubjectAccess['queries'][number],
): boolean {
  if (event.type !== type || !('txid' in event) || event.txid !== txid) return false
  switch (event.type) {
    case 'query.intent': {
      const same = event.purpose === purpose && event.rule === rule && event.protocol === protocol
      return same && timeOf(event.time) === Date.parse(time)
    }
    case 'query.result':
      // An answer that was refused afterwards was not told.
      return event.status === status || (status === 'refused' && answer === null)
    case 'query.refused':
      return status === 'refused'
    default:
      return false
  }
}

/** Of that intersection, with that member; one that failed gave nothing. */
function isOf(
  event: LeafFields,
  type: string,
  { txid, purpose, protocol, time, with: peer }: SubjectAccess['intersections'][number],
): boolean {
  if (event.type !== type || !('txid' in event) || event.txid !== txid) return false
  if (event.type !== 'psi.intent' && event.type !== 'psi.result') return false
  const same = event.purpose === purpose && event.protocol === protocol
  if (!same || event.parties.length !== 1 || event.parties[0] !== peer) return false
  return event.type === 'psi.intent'
    ? timeOf(event.time) === Date.parse(time)
    : event.status === 'answered'
}

async function readAccess(ctx: Context, name: string): Promise<SubjectAccess> {
  const path = ctx.path(name)
  const text = await readText(path)
  try {
    return subjectAccess.parse(JSON.parse(text))
  } catch {
    return fail('NO_ACCESS_FILE', { at: path })
  }
}

function mismatch(txid: string): never {
  return fail('ACCESS_MISMATCH', { at: txid })
}
