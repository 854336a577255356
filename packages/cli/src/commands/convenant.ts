/** convenant sign, verify, show, diff, install: what all members agree on, and who signed it. */

import {
  convenantInstalled,
  convenantRequest,
  convenantResponse,
  convenantSignature,
  convenantVersions,
} from '@drempel/protocol/api'
import {
  type Convenant,
  convenantDigest,
  diffConvenants,
  formatSignedConvenant,
  MEANINGS,
  missingSignatures,
  parseSignedConvenant,
  parseSignedConvenantText,
  type SignedConvenant,
  unfittingSignatures,
  verifyConvenant,
  verifyHistory,
  withSignature,
} from '@drempel/protocol/convenant'
import { hex, ProtocolError } from '@drempel/protocol/encoding'
import { readText, writeText } from '../client/files.ts'
import { fail } from '../output/errors.ts'
import { EXIT } from '../output/exit.ts'
import { NodeProblem, refusalIn } from '../output/explain.ts'
import { table } from '../output/render.ts'
import type { Context } from './context.ts'
import { convenantText, unfittingText } from './convenant-text.ts'
import { type CommandSpec, YES_OPTION } from './define.ts'

const FILE = { file: { nl: 'convenant (JSON)', en: 'convenant (JSON)' } }

export const convenantSign: CommandSpec<{ readonly yes?: boolean }> = {
  usage: 'convenant sign <file>',
  about: {
    nl: 'laat de eigen node ondertekenen; de handtekening komt in het bestand',
    en: 'have the own node sign; the signature is put into the file',
  },
  args: FILE,
  options: [YES_OPTION],
  examples: ['convenant sign convenant.json --home bank-a'],
  async run(ctx, { yes }, name: string) {
    const path = ctx.path(name)
    const shown = await readConvenantFile(path)
    const digest = digestOf(shown.convenant)
    ctx.note(convenantText(ctx, shown))
    await ctx.confirm({ nl: 'Dit ondertekenen?', en: 'Sign this?' }, yes)
    const node = await ctx.node()
    const body = [convenantRequest, { convenant: shown }] as const
    const answer = await node.send('POST', 'convenant/sign', body, convenantSignature)
    if (answer.digest !== digest) fail('SIGNATURE_WRONG', { culprit: answer.member })
    // Read again: another member may have signed the file meanwhile.
    const current = await readConvenantFile(path)
    if (digestOf(current.convenant) !== digest) fail('SIGNATURE_WRONG', { at: path })
    const { member, signature } = answer
    const signed = withSignature(current, { member, signature })
    const missing = missingSignatures(signed)
    const known = signed.convenant.members.some(({ id }) => id === member)
    if (!known || missing.includes(member)) fail('SIGNATURE_WRONG', { culprit: member })
    await writeText(path, formatSignedConvenant(signed), ctx.world.random)
    const waiting =
      missing.length === 0
        ? ctx.say({ nl: 'Allen hebben ondertekend.', en: 'All have signed.' })
        : `${ctx.say({ nl: 'Nog niet ondertekend door', en: 'Not signed yet by' })}: ${missing.join(', ')}`
    const done = ctx.say({ nl: 'Ondertekend door', en: 'Signed by' })
    const warning = unfittingText(ctx, signed)
    return {
      json: { member, digest, missing, unfitting: unfittingSignatures(signed) },
      text: `${done} ${member}. ${waiting}${warning === undefined ? '' : `\n${warning}`}`,
    }
  },
}

export const convenantVerify: CommandSpec = {
  usage: 'convenant verify <file...>',
  about: {
    nl: 'controleer vorm en handtekeningen; met meer versies ook de opvolging',
    en: 'check form and signatures; with several versions the succession too',
  },
  args: {
    file: {
      nl: 'convenant, of alle versies van oud naar nieuw',
      en: 'convenant, or all versions, oldest first',
    },
  },
  examples: ['convenant verify convenant.json', 'convenant verify v1.json v2.json v3.json'],
  async run(ctx, _options, ...names: string[]) {
    const versions = await readVersions(ctx, names)
    const last = versions.at(-1)!
    const missing = missingSignatures(last)
    const { id, version } = last.convenant
    const digest = digestOf(last.convenant)
    const signed = last.convenant.members
      .map((member) => member.id)
      .filter((who) => !missing.includes(who))
    const json = { id, version, digest, signed, missing }
    if (versions.length === 1 && missing.length > 0) {
      const told = ctx.say({ nl: 'Geen geldige handtekening van', en: 'No valid signature of' })
      return {
        json: { verified: false, ...json },
        text: `${ctx.paint('red', `${told}: ${missing.join(', ')}`)}\n${digest}`,
        exit: EXIT.failed,
      }
    }
    verifyChain(versions)
    const told = ctx.say({ nl: 'Geldig ondertekend', en: 'Validly signed' })
    return {
      json: { verified: true, ...json },
      text: `${ctx.paint('green', told)}: ${id} v${version} (${signed.length}/${last.convenant.members.length})\n${digest}`,
    }
  },
}

export const convenantShow: CommandSpec = {
  usage: 'convenant show [file]',
  about: {
    nl: 'toon een convenant, anders dat van de node',
    en: "show a convenant, else the node's own",
  },
  args: FILE,
  examples: ['convenant show', 'convenant show convenant.json --json'],
  async run(ctx, _options, name?: string) {
    const signed =
      name === undefined ? await nodeConvenant(ctx) : await readConvenantFile(ctx.path(name))
    const digest = digestOf(signed.convenant)
    return {
      json: { digest, missing: missingSignatures(signed), ...signed },
      text: convenantText(ctx, signed),
    }
  },
}

export const convenantDiff: CommandSpec = {
  usage: 'convenant diff <old> <new>',
  about: { nl: 'wat er verandert, en wat dat betekent', en: 'what changes, and what it means' },
  args: {
    old: { nl: 'het vorige', en: 'the last one' },
    new: { nl: 'het volgende', en: 'the next one' },
  },
  examples: ['convenant diff v1.json v2.json'],
  async run(ctx, _options, ...names: string[]) {
    const [old, next] = await readVersions(ctx, names)
    const changes = diffConvenants(old!.convenant, next!.convenant)
    if (changes.length === 0) {
      return { json: { changes }, text: ctx.say({ nl: 'Geen verschil.', en: 'No difference.' }) }
    }
    const rows = changes.map(({ path, from, to, meaning, alert }) => [
      alert ? '!' : '',
      path,
      short(from),
      short(to),
      MEANINGS[meaning][ctx.lang],
    ])
    const head = [
      '',
      ...ctx.say({ nl: 'veld,was,wordt,betreft', en: 'field,was,becomes,concerns' }).split(','),
    ]
    const foot = ctx.say({
      nl: '! verandert wie er meedoet, wat eruit komt, of voor wie: lees het goed',
      en: '! changes who takes part, what comes out, or for whom: read it well',
    })
    return { json: { changes }, text: `${table(head, rows)}\n${foot}` }
  },
}

export const convenantInstall: CommandSpec = {
  usage: 'convenant install <file>',
  about: {
    nl: 'breng een door allen ondertekend convenant in werking op de eigen node',
    en: 'put a convenant that all signed in force at the own node',
  },
  args: FILE,
  examples: ['convenant install convenant.json --home bank-a'],
  async run(ctx, _options, name: string) {
    const path = ctx.path(name)
    const convenant = await readConvenantFile(path)
    const missing = missingSignatures(convenant)
    if (missing.length > 0) {
      const sign = `drempel convenant sign ${path}`
      const hint = ctx.say({
        nl: `elk van hen ondertekent bij de eigen node: ${sign}`,
        en: `each of them signs at the own node: ${sign}`,
      })
      const warning = unfittingText(ctx, convenant)
      if (warning !== undefined) ctx.note(warning)
      throw new ProtocolError('CONVENANT_SIGNATURE_MISSING', { at: missing.join(', '), hint })
    }
    const node = await ctx.node()
    const body = [convenantRequest, { convenant }] as const
    const installed = await node.send('PUT', 'convenant', body, convenantInstalled)
    const told = ctx.say({ nl: 'In werking', en: 'In force' })
    return {
      json: installed,
      text: `${told}: ${installed.id} v${installed.version}\n${installed.digest}`,
    }
  },
}

/** @throws ProtocolError `FILE_UNREADABLE`, `CONVENANT_INVALID` */
async function readConvenantFile(path: string): Promise<SignedConvenant> {
  return parseSignedConvenantText(await readText(path))
}

export async function nodeConvenant(ctx: Context): Promise<SignedConvenant> {
  const node = await ctx.node()
  const answer = await node.get('convenant', convenantResponse)
  return parseSignedConvenant(answer.convenant)
}

/** All versions that the node installed, oldest first, the last in force. @throws ProtocolError of the convenant layer */
export async function nodeVersions(ctx: Context): Promise<Convenant[]> {
  const node = await ctx.node()
  const { versions } = await node.get('convenant/versions', convenantVersions)
  return versions.map((version) => parseSignedConvenant(version).convenant)
}

/** A refusal of a question, with what the convenant does have; itself when that can't be known. */
export async function withChoices(ctx: Context, error: unknown, purpose: string): Promise<unknown> {
  const code = refusalIn(error)
  if (!(error instanceof NodeProblem) || code === undefined) return error
  const signed = await nodeConvenant(ctx).catch(() => undefined)
  if (signed === undefined) return error
  const { purposes, rules } = signed.convenant
  const known = purposes.find(({ id }) => id === purpose)
  const ids = (all: readonly { readonly id: string }[]) => all.map(({ id }) => id).join(', ')
  const choices: Partial<Record<typeof code, string | undefined>> = {
    UNKNOWN_PURPOSE: ids(purposes),
    UNKNOWN_RULE: known?.rules.join(', ') ?? ids(rules),
    RULE_NOT_ALLOWED: known?.rules.join(', '),
    KIND_NOT_ALLOWED: known?.kinds.join(', '),
    ASKER_NOT_ALLOWED: known?.askers.join(', '),
  }
  const there = choices[code]
  // A convenant may have no purposes at all.
  if (there === undefined || there === '') return error
  const has = ctx.say({ nl: 'het convenant heeft', en: 'the convenant has' })
  return new NodeProblem(error.problem, `${has}: ${there}`)
}

/** Files in their order; only their form is checked. */
function readVersions(ctx: Context, names: readonly string[]): Promise<SignedConvenant[]> {
  return Promise.all(names.map((name) => readConvenantFile(ctx.path(name))))
}

/**
 * All versions, or the one, that a command was given: oldest first, verified, one at the least.
 * @throws ProtocolError of the convenant layer
 */
export async function readChain(ctx: Context, names: readonly string[]): Promise<Convenant[]> {
  const versions = await readVersions(ctx, names)
  verifyChain(versions)
  return versions.map(({ convenant }) => convenant)
}

/** One version signed by all, or a chain of versions. */
function verifyChain(versions: readonly SignedConvenant[]): void {
  const [only, second] = versions
  if (only === undefined || second !== undefined) verifyHistory(versions)
  else verifyConvenant(only)
}

export function digestOf(convenant: Convenant): string {
  return hex(convenantDigest(convenant))
}

function short(value: unknown): string {
  const text = value === null ? '-' : typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 40 ? `${text.slice(0, 37)}...` : text
}
