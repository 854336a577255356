/** psi propose, accept, refuse, repeat, list, run, show: what two members have in common, and nothing else. */

import {
  psiAcceptRequest,
  psiProposalRequest,
  psiRefuseRequest,
  psiRepeatRequest,
  psi as psiSchema,
  psiSessions,
} from '@drempel/protocol/api'
import { PSI_PROTOCOLS, PSI_TO } from '@drempel/protocol/convenant'
import { checkApart, checkWritable } from '../client/files.ts'
import type { NodeClient } from '../client/node.ts'
import { NodeProblem } from '../output/explain.ts'
import type { Context } from './context.ts'
import { type CommandSpec, KIND_OPTION, type KindOptions, OUT_OPTION, usage } from './define.ts'
import { follow, outcome } from './psi-follow.ts'
import { bringInput, INPUT_OPTIONS, type InputOptions, PURPOSE_OPTION } from './psi-input.ts'
import { withTerms } from './psi-terms.ts'
import { psiFacts, psiNext, psiOver, psiReason, psiTable } from './psi-text.ts'

/** `prepared`: of a list that the other side masked ahead. */
const PROTOCOLS = [...PSI_PROTOCOLS, 'prepared'] as const

const ID = { nl: 'id uit psi list', en: 'id, from psi list' }
const EXAMPLE = '00112233445566778899aabbccddeeff'
const ENDS: Readonly<Record<'nl' | 'en', string>> = {
  nl: 'Ctrl-C beëindigt het wachten, niet de doorsnede: drempel psi run ID volgt haar verder.',
  en: 'Ctrl-C ends the waiting, not the intersection: drempel psi run ID follows it on.',
}

type ProposeOptions = KindOptions &
  InputOptions & {
    readonly with: string
    readonly purpose: string
    readonly sizeOnly?: boolean
    readonly to?: (typeof PSI_TO)[number]
    readonly protocol?: (typeof PROTOCOLS)[number]
    readonly case?: string
    readonly wait?: boolean
    readonly output?: string
  }

export const psiPropose: CommandSpec<ProposeOptions> = {
  usage: 'psi propose',
  about: {
    nl: 'stel aan een andere deelnemer voor twee lijsten te vergelijken',
    en: 'propose to another member to intersect two lists',
  },
  options: [
    {
      flags: '--with <member>',
      about: { nl: 'de andere deelnemer', en: 'the other member' },
      required: true,
    },
    PURPOSE_OPTION,
    KIND_OPTION,
    ...INPUT_OPTIONS,
    {
      flags: '--size-only',
      about: { nl: 'alleen hoeveel, niet welke', en: 'only how many, not which' },
    },
    {
      flags: '--to <who>',
      about: {
        nl: 'wie het hoort (anders proposer: wij)',
        en: 'who learns it (else proposer: us)',
      },
      choices: PSI_TO,
    },
    {
      flags: '--protocol <protocol>',
      about: {
        nl: 'in plaats van wat bij de grootte past',
        en: 'instead of what suits the sizes',
      },
      choices: PROTOCOLS,
    },
    {
      flags: '--case <ref>',
      about: {
        nl: 'zaakkenmerk; verzegeld in het eigen logboek',
        en: 'case reference; sealed in the own log',
      },
    },
    { flags: '--wait', about: { nl: 'wacht op de uitkomst', en: 'wait for the result' } },
    OUT_OPTION,
  ],
  examples: [
    'psi propose --with telecom --purpose lijsten-vergelijken --kind phone --flags --size-only',
    'psi propose --with bank-b --purpose lijsten-vergelijken --kind iban --csv list.csv --column iban --to both --wait -o common.csv',
  ],
  notes: {
    nl: `Elk voorstel staat in het logboek. De lijst verlaat de node niet, en kan niet meer veranderen: de andere kant krijgt een vingerafdruk ervan en een afgeronde grootte.\nProtocollen: ecdh voor kleine lijsten en voor een aantal, ot voor grote lijsten, prepared met een lijst die de ander vooraf maskeerde (psi prepare).\n${ENDS.nl}`,
    en: `Each proposal stands in the log. The list does not leave the node, and cannot change any more: the other side gets a fingerprint of it and a rounded size.\nProtocols: ecdh for small lists and for a size, ot for large lists, prepared with a list that the other masked ahead (psi prepare).\n${ENDS.en}`,
  },
  async run(ctx, options) {
    await expectOutput(ctx, options.output, options.csv)
    const { kind, purpose, protocol } = options
    const { input } = await bringInput(ctx, kind, options, true)
    const node = await ctx.node()
    const asked = {
      ...{ partner: options.with, purpose, kind, input: input! },
      output: options.sizeOnly === true ? ('size' as const) : ('items' as const),
      to: options.to ?? 'proposer',
      ...(protocol === undefined ? {} : { protocol }),
      ...(options.case === undefined ? {} : { case: options.case }),
    }
    const body = [psiProposalRequest, asked] as const
    const limits = { timeoutMs: LONG_MS }
    const proposed = await node
      .send('POST', 'psi', body, psiSchema, limits)
      .catch(async (error) => Promise.reject(await withTerms(ctx, error, purpose)))
    const text = `${psiFacts(ctx, proposed)}\n${psiNext(ctx, proposed)}`
    if (options.wait !== true) return { json: proposed, text }
    ctx.note(text)
    return outcome(ctx, node, await follow(ctx, node, proposed), options.output)
  },
}

export const psiAccept: CommandSpec<
  InputOptions & {
    readonly prepared?: boolean
    readonly wait?: boolean
    readonly output?: string
  }
> = {
  usage: 'psi accept <id>',
  about: {
    nl: 'stem in met een doorsnede, met de eigen lijst; dan begint zij',
    en: 'consent to an intersection, with the own list; then it begins',
  },
  args: { id: ID },
  options: [
    ...INPUT_OPTIONS,
    {
      flags: '--prepared',
      about: {
        nl: 'of de lijst die vooraf gemaskeerd is, zoals zij toen was',
        en: 'or the list that was masked ahead, as it was then',
      },
    },
    { flags: '--no-wait', about: { nl: 'niet wachten', en: 'do not wait' } },
    OUT_OPTION,
  ],
  examples: [
    `psi accept ${EXAMPLE} --flags`,
    `psi accept ${EXAMPLE} --csv list.csv --column iban -o common.csv`,
    `psi accept ${EXAMPLE} --prepared`,
  ],
  notes: {
    nl: `Waar het doel twee personen vraagt, stemt de tweede in zonder lijst.\n${ENDS.nl}`,
    en: `Where the purpose asks two people, the second consents without a list.\n${ENDS.en}`,
  },
  async run(ctx, options, given: string) {
    const id = checked(ctx, given)
    await expectOutput(ctx, options.output, options.csv)
    const node = await ctx.node()
    const before = await node.get(`psi/${id}`, psiSchema)
    const needed = before.side === 'partner' && before.own === null
    const { flags, csv, prepared = false } = options
    if (prepared && (flags === true || csv !== undefined)) {
      usage('--prepared', { nl: 'één lijst', en: 'one list' }, ctx.lang)
    }
    const brought = prepared ? undefined : await bringInput(ctx, before.kind, options, needed)
    const input = prepared ? ('prepared' as const) : brought?.input
    const body = [psiAcceptRequest, input === undefined ? {} : { input }] as const
    const limits = { timeoutMs: LONG_MS }
    const begun = await node
      .send('POST', `psi/${id}/acceptance`, body, psiSchema, limits)
      .catch(async (error: unknown) => {
        throw await withEnd(ctx, node, id, error)
      })
    const text = `${psiFacts(ctx, begun)}\n${psiNext(ctx, begun)}`
    if (options.wait === false || begun.state === 'proposed') return { json: begun, text }
    return outcome(ctx, node, await follow(ctx, node, begun), options.output)
  },
}

export const psiRefuse: CommandSpec = {
  usage: 'psi refuse <id>',
  about: {
    nl: 'weiger een doorsnede, trek een voorstel in, of stop wat loopt; dat is blijvend',
    en: 'refuse an intersection, withdraw a proposal, or stop what runs, for good',
  },
  args: { id: ID },
  examples: [`psi refuse ${EXAMPLE}`],
  async run(ctx, _options, given: string) {
    const node = await ctx.node()
    const path = `psi/${checked(ctx, given)}/refusal`
    const refused = await node.send('POST', path, [psiRefuseRequest, {}], psiSchema)
    return { json: refused, text: psiFacts(ctx, refused) }
  },
}

export const psiRepeat: CommandSpec<
  InputOptions & { readonly wait?: boolean; readonly output?: string }
> = {
  usage: 'psi repeat <id>',
  about: {
    nl: 'stel opnieuw voor wat mislukte of werd geweigerd, met dezelfde lijst',
    en: 'propose again what failed or was refused, with the same list',
  },
  args: { id: ID },
  options: [
    ...INPUT_OPTIONS,
    { flags: '--wait', about: { nl: 'wacht op de uitkomst', en: 'wait for the result' } },
    OUT_OPTION,
  ],
  examples: [`psi repeat ${EXAMPLE} --wait -o common.csv`],
  notes: {
    nl: 'De node bewaart de lijst uit een bestand een dag nadat de doorsnede mislukte; daarna brengt --csv haar opnieuw. Meldingen zijn die van nu.',
    en: 'The node keeps the list of a file for a day after the intersection failed; after that --csv brings it again. Flags are those of now.',
  },
  async run(ctx, options, given: string) {
    const id = checked(ctx, given)
    await expectOutput(ctx, options.output, options.csv)
    const node = await ctx.node()
    const { kind } = await node.get(`psi/${id}`, psiSchema)
    const { input } = await bringInput(ctx, kind, options, false)
    const body = [psiRepeatRequest, input === undefined ? {} : { input }] as const
    const limits = { timeoutMs: LONG_MS }
    const again = await node.send('POST', `psi/${id}/repetition`, body, psiSchema, limits)
    const text = `${psiFacts(ctx, again)}\n${psiNext(ctx, again)}`
    if (options.wait !== true) return { json: again, text }
    ctx.note(text)
    return outcome(ctx, node, await follow(ctx, node, again), options.output)
  },
}

export const psiList: CommandSpec<{ readonly all?: boolean }> = {
  usage: 'psi list',
  about: {
    nl: 'toon voorstellen die wachten en doorsneden die lopen',
    en: 'show proposals that wait and intersections under way',
  },
  options: [{ flags: '--all', about: { nl: 'ook wat voorbij is', en: 'what is over, too' } }],
  examples: ['psi list', 'psi list --all'],
  async run(ctx, { all = false }) {
    const node = await ctx.node()
    const { sessions } = await node.get('psi', psiSessions)
    const open = sessions.filter(({ state }) => OPEN.includes(state))
    const shown = all ? sessions : open
    return { json: { sessions: shown }, text: psiTable(ctx, shown, all) }
  },
}

export const psiRun: CommandSpec<{ readonly output?: string }> = {
  usage: 'psi run <id>',
  about: {
    nl: 'volg een doorsnede tot het eind en schrijf de uitkomst',
    en: 'follow an intersection to its end and write the result',
  },
  args: { id: ID },
  options: [OUT_OPTION],
  examples: [`psi run ${EXAMPLE} -o common.csv`],
  notes: {
    nl: `De uitkomst is een CSV: de eigen identificatoren die de ander ook heeft, met de rij als zij uit een bestand kwamen.\n${ENDS.nl}`,
    en: `The result is a CSV: the own identifiers that the other has too, with the row if they came from a file.\n${ENDS.en}`,
  },
  async run(ctx, { output }, given: string) {
    const id = checked(ctx, given)
    await expectOutput(ctx, output)
    const node = await ctx.node()
    const session = await node.get(`psi/${id}`, psiSchema)
    return outcome(ctx, node, await follow(ctx, node, session), output)
  },
}

export const psiShow: CommandSpec = {
  usage: 'psi show <id>',
  about: { nl: 'toon één doorsnede', en: 'show one intersection' },
  args: { id: ID },
  examples: [`psi show ${EXAMPLE}`],
  async run(ctx, _options, given: string) {
    const node = await ctx.node()
    const session = await node.get(`psi/${checked(ctx, given)}`, psiSchema)
    const more = session.reason === undefined ? psiNext(ctx, session) : psiReason(ctx, session)
    return { json: session, text: `${psiFacts(ctx, session)}\n${more}`.trimEnd() }
  },
}

/** A large list is committed to before the answer. */
const LONG_MS = 10 * 60_000
const OPEN: readonly string[] = ['drafted', 'proposed', 'committed', 'running']

/** Before anything is proposed: a result that can't be written would be asked for twice. */
async function expectOutput(
  ctx: Context,
  output: string | undefined,
  source?: string,
): Promise<void> {
  if (output === undefined) return
  if (source !== undefined) await checkApart(ctx.path(output), ctx.path(source))
  await checkWritable(ctx.path(output), ctx.world.random)
}

function checked(ctx: Context, id: string): string {
  if (!/^[0-9a-f]{32}$/.test(id)) {
    usage('id', { nl: '32 hexadecimale cijfers', en: '32 hexadecimal digits' }, ctx.lang)
  }
  return id
}

/** An acceptance that went wrong, and with it the proposal: what was only refused can be tried again. */
async function withEnd(
  ctx: Context,
  node: NodeClient,
  id: string,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof NodeProblem)) return error
  const session = await node.get(`psi/${id}`, psiSchema).catch(() => undefined)
  if (session?.state !== 'failed') return error
  return new NodeProblem(error.problem, error.next, psiOver(ctx, session))
}
