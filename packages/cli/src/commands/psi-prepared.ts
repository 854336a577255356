/** psi prepare, prepared, erase: lists masked ahead of another member's questions. */

import {
  type PsiPrepared,
  psiPrepared as preparedSchema,
  psiPreparedLists,
  psiPrepareRequest,
  psiRefuseRequest,
} from '@drempel/protocol/api'
import type { NodeClient } from '../client/node.ts'
import { poll } from '../client/poll.ts'
import { EXIT } from '../output/exit.ts'
import type { Text } from '../output/language.ts'
import { startProgress } from '../output/progress.ts'
import { clean, minute, pairs } from '../output/render.ts'
import type { Context, Outcome } from './context.ts'
import { type CommandSpec, KIND_OPTION, type KindOptions, usage } from './define.ts'
import { listing } from './listing.ts'
import { bringInput, INPUT_OPTIONS, type InputOptions, PURPOSE_OPTION } from './psi-input.ts'
import { withTerms } from './psi-terms.ts'

/** A large list is read and committed to before the answer. */
const LONG_MS = 10 * 60_000
const EXAMPLE = '00112233445566778899aabbccddeeff'

type PrepareOptions = KindOptions &
  InputOptions & {
    readonly for: string
    readonly purpose: string
    readonly days?: string
    readonly wait?: boolean
  }

export const psiPrepare: CommandSpec<PrepareOptions> = {
  usage: 'psi prepare',
  about: {
    nl: 'maskeer een lijst alvast voor de vragen van een andere deelnemer',
    en: "mask a list ahead of another member's questions",
  },
  options: [
    {
      flags: '--for <member>',
      about: { nl: 'wie er vragen over stelt', en: 'who asks about it' },
      required: true,
    },
    PURPOSE_OPTION,
    KIND_OPTION,
    ...INPUT_OPTIONS,
    {
      flags: '--days <n>',
      about: {
        nl: 'hoe lang de sleutel leeft (anders zo lang als het convenant zegt)',
        en: 'how long its key lives (else as long as the convenant says)',
      },
    },
    { flags: '--no-wait', about: { nl: 'niet wachten', en: 'do not wait' } },
  ],
  examples: ['psi prepare --for bank --purpose lijsten-vergelijken --kind phone --flags'],
  notes: {
    nl: 'Maskeren is elke identificator onkenbaar maken met een sleutel die alleen deze node heeft; dat is het meeste werk van een doorsnede met een grote lijst. Er verlaat nog niets de node. Een vraag met --protocol prepared, waarmee u instemt met psi accept --prepared, duurt dan niet langer dan zij lang is; de eerste keer gaat de gemaskeerde lijst mee. De lijst blijft tot het eind zoals zij nu is.',
    en: 'Masking makes each identifier unrecognisable under a key that this node alone has, which is most of the work of an intersection with a large list. Nothing leaves the node yet. A question with --protocol prepared, to which you consent with psi accept --prepared, then takes as long as it is long; the first takes the masked list along. Until its end the list stays as it is now.',
  },
  async run(ctx, options) {
    const { kind, purpose } = options
    const days = daysOf(ctx, options.days)
    const { input } = await bringInput(ctx, kind, options, true)
    const node = await ctx.node()
    const asked = { partner: options.for, purpose, kind, input: input!, ...days }
    const body = [psiPrepareRequest, asked] as const
    const list = await node
      .send('POST', 'psi/prepared', body, preparedSchema, { timeoutMs: LONG_MS })
      .catch(async (error) => Promise.reject(await withTerms(ctx, error, purpose)))
    if (options.wait === false) return { json: list, text: facts(ctx, list) }
    return ready(ctx, await masked(ctx, node, list))
  },
}

export const psiPrepared: CommandSpec<{ readonly all?: boolean }> = {
  usage: 'psi prepared',
  about: {
    nl: 'toon vooraf gemaskeerde lijsten, eigen en gekregen',
    en: 'show lists masked ahead, own ones and those that were given',
  },
  options: [{ flags: '--all', about: { nl: 'ook wat gewist is', en: 'what was erased, too' } }],
  examples: ['psi prepared'],
  async run(ctx, { all = false }) {
    const node = await ctx.node()
    const { lists } = await node.get('psi/prepared', psiPreparedLists)
    const shown = all ? lists : lists.filter(({ state }) => state !== 'ended')
    return { json: { lists: shown }, text: listed(ctx, shown, all) }
  },
}

export const psiErase: CommandSpec = {
  usage: 'psi erase <id>',
  about: {
    nl: 'wis een vooraf gemaskeerde lijst en haar sleutel',
    en: 'erase a list that was masked ahead, and its key',
  },
  args: { id: { nl: 'id uit psi prepared', en: 'id, from psi prepared' } },
  examples: [`psi erase ${EXAMPLE}`],
  async run(ctx, _options, id: string) {
    if (!/^[0-9a-f]{32}$/.test(id)) {
      usage('id', { nl: '32 hexadecimale cijfers', en: '32 hexadecimal digits' }, ctx.lang)
    }
    const node = await ctx.node()
    const path = `psi/prepared/${id}/end`
    const ended = await node.send('POST', path, [psiRefuseRequest, {}], preparedSchema)
    return { json: ended, text: facts(ctx, ended) }
  },
}

async function masked(ctx: Context, node: NodeClient, begun: PsiPrepared): Promise<PsiPrepared> {
  const { id, size } = begun
  const progress = startProgress(ctx.world, {
    label: ctx.say({ nl: 'maskeren', en: 'masking' }),
    total: size,
    quiet: ctx.json,
    interrupted: () =>
      ctx.say({
        nl: 'afgebroken; de node gaat door: drempel psi prepared',
        en: 'interrupted; the node goes on: drempel psi prepared',
      }),
  })
  try {
    const next = poll<PsiPrepared | undefined>(ctx.world.clock, begun, async () => {
      const { lists } = await node.get('psi/prepared', psiPreparedLists)
      return lists.find((one) => one.id === id)
    })
    for (let list: PsiPrepared | undefined = begun; list !== undefined; list = await next()) {
      if (list.state !== 'masking') return list
      progress.update(list.done ?? 0)
    }
    return begun
  } finally {
    progress.stop()
  }
}

function ready(ctx: Context, list: PsiPrepared): Outcome {
  const outcome = { json: list, text: facts(ctx, list) }
  return list.state === 'ready' ? outcome : { ...outcome, exit: EXIT.failed }
}

function daysOf(ctx: Context, days: string | undefined): { readonly days?: number } {
  if (days === undefined) return {}
  const number = /^[1-9][0-9]?$/.test(days) ? Number(days) : 0
  if (number < 1 || number > 31) usage('--days', { nl: '1 tot 31', en: '1 to 31' }, ctx.lang)
  return { days: number }
}

const STATES: Readonly<Record<PsiPrepared['state'], Text>> = {
  masking: { nl: 'wordt gemaskeerd', en: 'being masked' },
  ready: { nl: 'klaar', en: 'ready' },
  ended: { nl: 'gewist', en: 'erased' },
}

const SIDES: Readonly<Record<PsiPrepared['side'], Text>> = {
  owner: { nl: 'van ons, voor', en: 'ours, for' },
  asker: { nl: 'gekregen van', en: 'given by' },
}

const REASONS: Readonly<Record<string, Text>> = {
  EXPIRED: { nl: 'haar dagen zijn om', en: 'its days are over' },
  REPLACED: { nl: 'er kwam een nieuwere', en: 'a newer one came' },
  CONVENANT_REPLACED: {
    nl: 'er kwam een nieuwe versie van het convenant',
    en: 'a new version of the convenant came',
  },
  STOPPED: { nl: 'door een medewerker', en: 'by a person' },
  SUBJECT: {
    nl: 'een betrokkene maakte bezwaar, of liet wissen of verbeteren',
    en: 'a data subject objected, or had something erased or corrected',
  },
  RELEASE_REPLACED: {
    nl: 'zij was van een oudere versie van de software; maskeer opnieuw: drempel psi prepare',
    en: 'it was of an older release; mask it anew: drempel psi prepare',
  },
  FAILED: { nl: 'het maskeren mislukte', en: 'masking failed' },
}

function facts(ctx: Context, list: PsiPrepared): string {
  const label = (nl: string, en: string) => ctx.say({ nl, en })
  const { id, side, peer, purpose, kind, state, size, own, createdAt, expiresAt } = list
  return pairs([
    ['id', id],
    [label('toestand', 'state'), `${ctx.say(STATES[state])}${reasonOf(ctx, list)}`],
    [label('lijst', 'list'), `${ctx.say(SIDES[side])} ${peer}`],
    [label('doel', 'purpose'), purpose],
    [label('soort', 'kind'), kind],
    [label('eigen lijst', 'own list'), own],
    [label('grootte, afgerond', 'size, rounded'), size],
    [label('zoals zij was op', 'as it was at'), createdAt],
    [label('tot', 'until'), expiresAt],
  ])
}

function reasonOf(ctx: Context, { reason = '' }: PsiPrepared): string {
  return Object.hasOwn(REASONS, reason) ? `: ${ctx.say(REASONS[reason]!)}` : ''
}

function listed(ctx: Context, lists: readonly PsiPrepared[], all: boolean): string {
  const head = {
    nl: 'id,toestand,van wie,deelnemer,doel,soort,grootte (afgerond),zoals op,tot',
    en: 'id,state,whose,member,purpose,kind,size (rounded),as of,until',
  }
  const rows = lists.map((list) => [
    ...[list.id, clean(`${ctx.say(STATES[list.state])}${reasonOf(ctx, list)}`)],
    ...[ctx.say(SIDES[list.side]), list.peer, list.purpose, list.kind, list.size],
    ...[minute(list.createdAt), minute(list.expiresAt)],
  ])
  return listing(ctx, head, rows, all ? NONE_EVER : NONE_LEFT, PREPARE)
}

const NONE_EVER: Text = {
  nl: 'Er is nog geen lijst vooraf gemaskeerd of gekregen.',
  en: 'No list was masked ahead or given yet.',
}
const NONE_LEFT: Text = {
  nl: 'Er is nu geen vooraf gemaskeerde lijst; met --all ook wat gewist is.',
  en: 'There is no list masked ahead now; with --all what was erased, too.',
}
const PREPARE: Text = {
  nl: 'maskeer er een: drempel psi prepare --help',
  en: 'mask one: drempel psi prepare --help',
}
