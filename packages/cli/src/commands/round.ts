/** round run, status, show: start a round at a compute node and see how it goes. */

import {
  type Aggregates,
  type Round,
  round as roundSchema,
  rounds,
  startRequest,
} from '@drempel/protocol/api'
import type { NodeClient } from '../client/node.ts'
import { poll } from '../client/poll.ts'
import { CLI_ERRORS } from '../output/errors.ts'
import { EXIT } from '../output/exit.ts'
import { peerWords } from '../output/explain.ts'
import type { Lang, Text } from '../output/language.ts'
import { type Cell, clean, minute, pairs, table } from '../output/render.ts'
import type { Context, Outcome } from './context.ts'
import { type CommandSpec, KIND_OPTION, type KindOptions, usage } from './define.ts'
import { listing } from './listing.ts'

const STATES: Readonly<Record<Round['state'], Text>> = {
  announced: { nl: 'aangekondigd', en: 'announced' },
  collecting: { nl: 'verzamelt', en: 'collecting' },
  computing: { nl: 'rekent', en: 'computing' },
  opening: { nl: 'opent', en: 'opening' },
  published: { nl: 'gepubliceerd', en: 'published' },
  failed: { nl: 'mislukt', en: 'failed' },
}

const STEPS: Readonly<Record<string, Text>> = {
  announced: { nl: 'aangekondigd', en: 'announced' },
  collecting: { nl: 'lijsten verzamelen', en: 'collecting lists' },
  committed: { nl: 'lijst vastgelegd', en: 'list committed' },
  computing: { nl: 'rekenen', en: 'computing' },
  connecting: {
    nl: 'verbinden met de andere rekennodes',
    en: 'connecting to the other compute nodes',
  },
  opening: { nl: 'openen', en: 'opening' },
  preparing: { nl: 'lijst voorbereiden', en: 'preparing the list' },
  tagging: { nl: 'meldingen van tags voorzien', en: 'tagging flags' },
  uploaded: { nl: 'lijst verdeeld', en: 'list shared' },
  uploading: { nl: 'lijst verdelen', en: 'sharing the list' },
}

/** What is waited out while the own node is started again. */
export const AWAY: Text = {
  nl: 'de node antwoordt niet; er wordt een minuut gewacht',
  en: 'the node does not answer; waiting for a minute',
}

export const roundRun: CommandSpec<KindOptions & { readonly wait?: boolean }> = {
  usage: 'round run',
  about: {
    nl: 'start een ronde en wacht op de uitkomst',
    en: 'start a round and wait for its end',
  },
  options: [KIND_OPTION, { flags: '--no-wait', about: { nl: 'niet wachten', en: 'do not wait' } }],
  examples: ['round run --kind host'],
  notes: {
    nl: 'Bij een rekennode van het convenant. Ctrl-C beëindigt het wachten, niet de ronde.',
    en: 'At a compute node of the convenant. Ctrl-C ends the waiting, not the round.',
  },
  async run(ctx, { kind, wait }) {
    const node = await ctx.node()
    const started = await node.send('POST', 'rounds', [startRequest, { kind }], roundSchema)
    return outcome(ctx, wait === false ? started : await follow(ctx, node, started))
  },
}

export const roundStatus: CommandSpec = {
  usage: 'round status',
  about: { nl: 'toon de laatste rondes', en: 'show the last rounds' },
  examples: ['round status'],
  async run(ctx) {
    const node = await ctx.node()
    const list = await node.get('rounds', rounds)
    return { json: list, text: roundTable(ctx, list.rounds) }
  },
}

export const roundShow: CommandSpec = {
  usage: 'round show <id>',
  about: { nl: 'toon één ronde', en: 'show one round' },
  args: {
    id: {
      nl: 'nummer van de ronde (32 hexadecimale cijfers)',
      en: "the round's id (32 hexadecimal digits)",
    },
  },
  examples: ['round show 00112233445566778899aabbccddeeff'],
  async run(ctx, _options, id: string) {
    if (!/^[0-9a-f]{32}$/.test(id)) {
      usage('id', { nl: '32 hexadecimale cijfers', en: '32 hexadecimal digits' }, ctx.lang)
    }
    const node = await ctx.node()
    return { ...outcome(ctx, await node.get(`rounds/${id}`, roundSchema)), exit: EXIT.ok }
  },
}

export function roundTable(ctx: Context, list: readonly Round[]): string {
  const head = {
    nl: 'ronde,soort,toestand,leider,begonnen,lijsten,reden',
    en: 'round,kind,state,coordinator,begun,lists,reason',
  }
  return listing(
    ctx,
    head,
    list.map((round) => [
      ...[
        round.round,
        round.kind,
        ctx.say(STATES[round.state]),
        round.coordinator,
        minute(round.createdAt),
      ],
      round.lists
        ?.map(({ rule, size, aggregates }) => (aggregates ? rule : `${rule} ${size}`))
        .join(', '),
      reasonOf(ctx, round),
    ]),
    { nl: 'Er was nog geen ronde.', en: 'There was no round yet.' },
    {
      nl: 'bij een rekennode: drempel round run --kind SOORT',
      en: 'at a compute node: drempel round run --kind KIND',
    },
  )
}

async function follow(ctx: Context, node: NodeClient, started: Round): Promise<Round> {
  let shown = ''
  const path = `rounds/${started.round}`
  const away = () => ctx.note(ctx.say(AWAY))
  const next = poll(ctx.world.clock, started, () => node.get(path, roundSchema), away)
  for (let round = started; ; round = await next()) {
    const line = stateLine(round, ctx.lang)
    if (line !== shown) ctx.note(line)
    shown = line
    if (round.state === 'published' || round.state === 'failed') return round
  }
}

/** Counts change often; the line says them by tenths, so that it does not scroll. */
export function stateLine({ state, step, done, total }: Round, lang: Lang): string {
  const part = done === undefined || !total ? '' : ` ${Math.floor((10 * done) / total) * 10}%`
  const told = STATES[state][lang]
  const within = step === undefined || step === state ? '' : `: ${STEPS[step]?.[lang] ?? step}`
  return clean(`${told}${within}${part}`)
}

function outcome(ctx: Context, round: Round): Outcome {
  const label = (nl: string, en: string) => ctx.say({ nl, en })
  const facts: (readonly [string, Cell])[] = [
    [label('ronde', 'round'), round.round],
    [label('soort', 'kind'), round.kind],
    [label('toestand', 'state'), ctx.say(STATES[round.state])],
    [label('leider', 'coordinator'), round.coordinator],
  ]
  if (round.contributors)
    facts.push([label('deelnemers', 'contributors'), round.contributors.join(', ')])
  for (const { member, reason } of round.leftOut ?? []) {
    facts.push([label('buiten gelaten', 'left out'), `${member}: ${reason}`])
  }
  const counted = (round.lists ?? []).flatMap(({ aggregates }) => aggregates ?? [])
  const named = (round.lists ?? []).filter(({ aggregates }) => aggregates === undefined)
  const lists = named.map(({ rule, size, digest }) => [rule, size, digest.slice(0, 16)])
  const head = label('regel,boven de drempel,digest', 'rule,over the threshold,digest').split(',')
  const parts = [pairs(facts), ...(lists.length === 0 ? [] : [table(head, lists)])]
  parts.push(...counted.map((counts) => countTable(ctx, counts)))
  if (round.state !== 'failed') return { json: round, text: parts.join('\n\n') }
  const { title, next } = CLI_ERRORS.ROUND_FAILED
  const todo = adviceOn(round.reason, ctx.lang) ?? ctx.say(next!)
  const reason = reasonOf(ctx, round)
  parts.push(`${ctx.paint('red', `ROUND_FAILED: ${ctx.say(title)}`)}\n  ${reason}\n  -> ${todo}`)
  return { json: round, text: parts.join('\n\n'), exit: EXIT.failed }
}

function countTable(ctx: Context, { from, histogram, overlaps }: Aggregates): string {
  const first = from ?? 2
  const closed = ctx.say({ nl: 'dicht', en: 'closed' })
  const head = ctx.say({ nl: 'gemeld door,aantal', en: 'flagged by,number' })
  const more = ctx.say({ nl: 'of meer', en: 'or more' })
  const holders = histogram.map((count, i) => {
    const last = i === histogram.length - 1
    return [last ? `${i + first} ${more}` : String(i + first), count ?? closed]
  })
  const pairs = overlaps.map(({ members, count }) => [members.join(' + '), count ?? closed])
  return table(head.split(','), [...holders, ...pairs])
}

function adviceOn(reason: string | undefined, lang: Lang): string | undefined {
  return reason === 'TOO_FEW_CONTRIBUTORS' ? WHO_STAYED_OUT[lang] : peerWords(reason, lang)
}

/** Too few or too many flags, new ones or withdrawn ones: each node enters why it stayed out. */
const WHO_STAYED_OUT: Text = {
  nl: 'waarom een deelnemer niet meedeed, zegt zijn eigen node: drempel doctor, en van eerder drempel log show --refused; hoeveel meldingen het mogen zijn: drempel convenant show',
  en: 'why a member stayed out its own node says: drempel doctor, and of before drempel log show --refused; how many flags there may be: drempel convenant show',
}

function reasonOf(
  ctx: Context,
  { reason, culprit, culprits = [], refusedBy }: Round,
): string | undefined {
  if (reason === undefined) return undefined
  if (refusedBy !== undefined && culprit !== undefined) {
    const who = ctx.say({
      nl: `${refusedBy} weigerde ${culprit}`,
      en: `${refusedBy} refused ${culprit}`,
    })
    return clean(`${reason} (${who})`)
  }
  const named = culprits.length > 0 ? culprits.join(', ') : culprit
  return clean(named === undefined ? reason : `${reason} (${named})`)
}
