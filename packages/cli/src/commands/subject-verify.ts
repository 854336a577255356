/** subject verify: the proofs that come with a letter, checked by anyone who has the convenant. */

import {
  type SubjectAccess,
  type SubjectCaseFile,
  subjectAccess,
  subjectCaseFile,
} from '@drempel/protocol/api'
import type { Convenant } from '@drempel/protocol/convenant'
import { type LeafFields, timeOf } from '@drempel/protocol/log'
import { z } from 'zod'
import { readText } from '../client/files.ts'
import { fail } from '../output/errors.ts'
import { pairs } from '../output/render.ts'
import type { Context } from './context.ts'
import { readChain } from './convenant.ts'
import type { CommandSpec } from './define.ts'
import { CONVENANT_OPTION, verifiedEntry } from './receipt.ts'

export const subjectVerify: CommandSpec<{ readonly convenant: readonly string[] }> = {
  usage: 'subject verify <file>',
  about: {
    nl: 'controleer de bewijzen bij een inzage of een andere brief, zonder netwerk',
    en: 'verify the proofs that came with an access or another letter, without any network',
  },
  args: { file: { nl: 'bewijzen (JSON)', en: 'proofs (JSON)' } },
  options: [{ ...CONVENANT_OPTION, required: true }],
  examples: ['subject verify inzage-2026-0007.json --convenant convenant.json'],
  notes: {
    nl: 'Bewezen is dat elke vraag met dit doel, of elke stap in de zaak, op die tijd in het logboek staat. Dat het antwoord klopt en er geen andere vragen waren, is het woord van de node: beide zijn verzegeld.',
    en: 'Proven is that each question, for that purpose, or each step of the case stands in the log at that time. That the answer is right and that there were no other questions is the word of the node: both are sealed.',
  },
  async run(ctx, options, name: string) {
    const versions = await readChain(ctx, options.convenant)
    const file = await readProofs(ctx, name)
    const { member, case: of } = file
    const label = (nl: string, en: string) => ctx.say({ nl, en })
    const told =
      'queries' in file
        ? accessFacts(ctx, file, provedAccess(versions, file))
        : caseFacts(ctx, provedCase(versions, file))
    const facts = pairs([
      [label('deelnemer', 'member'), member.name],
      [label('zaak', 'case'), of.case],
      ...told.facts,
    ])
    const json = { verified: true, member: member.id, ...told.json }
    return { json, text: `${ctx.paint('green', label('Geverifieerd', 'Verified'))}\n${facts}` }
  },
}

function accessFacts(ctx: Context, { queries, intersections }: SubjectAccess, entries: number) {
  const label = (nl: string, en: string) => ctx.say({ nl, en })
  return {
    json: { queries: queries.length, entries },
    facts: [
      [label('vragen', 'questions'), queries.length],
      [label('doorsneden', 'intersections'), intersections.length],
      [label('logregels', 'entries'), entries],
    ] as const,
  }
}

function caseFacts(ctx: Context, events: readonly LeafFields[]) {
  const steps = events.map(({ time, type }) => `${time.slice(0, 10)} ${type}`)
  return {
    json: { entries: events.length, steps: events.map(({ time, type }) => ({ time, type })) },
    facts: [
      [ctx.say({ nl: 'logregels', en: 'entries' }), events.length],
      [ctx.say({ nl: 'stappen', en: 'steps' }), steps.join(', ')],
    ] as const,
  }
}

/** @returns how many entries it proves @throws ProtocolError `ACCESS_MISMATCH`, and as `verifyReceipt` */
function provedAccess(versions: readonly Convenant[], access: SubjectAccess): number {
  let entries = 0
  const proved = (entry: SubjectAccess['queries'][number]['entries'][number], txid: string) => {
    entries++
    return entryOf(versions, access.member.id, entry, txid)
  }
  for (const query of access.queries) {
    const { txid } = query
    if (!query.entries.some(({ type }) => type === 'query.intent')) mismatch(txid)
    for (const entry of query.entries) {
      if (!tellsSame(proved(entry, txid), query)) mismatch(txid)
    }
  }
  for (const intersection of access.intersections) {
    const { txid } = intersection
    if (!intersection.entries.some(({ type }) => type === 'psi.intent')) mismatch(txid)
    for (const entry of intersection.entries) {
      if (!isOf(proved(entry, txid), intersection)) mismatch(txid)
    }
  }
  return entries
}

/**
 * The entries of a case: opened as the file says, with an end and a longer term exactly where it has them.
 * @param versions of the convenant, oldest first; verified, or as the node of those receipts has them
 * @throws ProtocolError `ACCESS_MISMATCH`, and as `verifyReceipt`
 */
export function provedCase(
  versions: readonly Convenant[],
  { case: of, member, entries }: SubjectCaseFile,
): LeafFields[] {
  const { txid } = of
  const events = entries.map((entry) => entryOf(versions, member.id, entry, txid))
  const [opened] = events
  const closed = events.findLast((event) => event.type === 'subject.closed')
  const status = of.outcome === 'refused' ? 'refused' : 'answered'
  const asTold =
    opened?.type === 'subject.opened' &&
    opened.reason === REASONS[of.type] &&
    events.every((event) => CASE_EVENTS.has(event.type) && isAbout(event, of.kind)) &&
    of.extended === events.some((event) => event.type === 'subject.extended') &&
    (of.outcome === null ? closed === undefined : closed?.status === status)
  return asTold ? events : mismatch(txid)
}

const CASE_EVENTS: ReadonlySet<string> = new Set([
  ...['subject.opened', 'subject.extended', 'subject.closed', 'correction', 'bezwaar'],
])

const REASONS: Readonly<Record<SubjectCaseFile['case']['type'], string>> = {
  access: 'ACCESS',
  rectification: 'RECTIFICATION',
  erasure: 'ERASURE',
  objection: 'OBJECTION',
}

function isAbout(event: LeafFields, kind: string): boolean {
  return 'kind' in event && event.kind === kind
}

/** An entry of that member's log, at the place and of the type that the file gives it. */
function entryOf(
  versions: readonly Convenant[],
  owner: string,
  entry: SubjectCaseFile['entries'][number],
  txid: string,
): LeafFields {
  const { origin, index, member, event } = verifiedEntry(versions, entry.receipt)
  const isIt =
    member.id === owner &&
    origin === entry.origin &&
    index === entry.index &&
    event.type === entry.type &&
    'txid' in event &&
    event.txid === txid
  return isIt ? event : mismatch(txid)
}

function tellsSame(
  event: LeafFields,
  { purpose, rule, protocol, time, status, answer }: SubjectAccess['queries'][number],
): boolean {
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
  { purpose, protocol, time, with: peer }: SubjectAccess['intersections'][number],
): boolean {
  if (event.type !== 'psi.intent' && event.type !== 'psi.result') return false
  const same = event.purpose === purpose && event.protocol === protocol
  if (!same || event.parties.length !== 1 || event.parties[0] !== peer) return false
  return event.type === 'psi.intent'
    ? timeOf(event.time) === Date.parse(time)
    : event.status === 'answered'
}

async function readProofs(ctx: Context, name: string): Promise<SubjectAccess | SubjectCaseFile> {
  const path = ctx.path(name)
  const text = await readText(path)
  try {
    return z.union([subjectAccess, subjectCaseFile]).parse(JSON.parse(text))
  } catch {
    return fail('NO_ACCESS_FILE', { at: path })
  }
}

function mismatch(txid: string): never {
  return fail('ACCESS_MISMATCH', { at: txid })
}
