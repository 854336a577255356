/** log proposals, log approve: what takes two people at the own node, and the decision of the second. */

import {
  decisionRequest,
  type ProposalView,
  proposalRequest,
  proposal as proposalSchema,
  proposals as proposalsSchema,
} from '@drempel/protocol/api'
import type { z } from 'zod'
import type { Text } from '../output/language.ts'
import { minute, pairs } from '../output/render.ts'
import type { Context, Outcome } from './context.ts'
import { type CommandSpec, usage } from './define.ts'
import { listing } from './listing.ts'

export const logProposals: CommandSpec = {
  usage: 'log proposals',
  about: {
    nl: 'toon wat op een tweede persoon wacht, en wat besloten is',
    en: 'show what waits for a second person, and what was decided',
  },
  examples: ['log proposals'],
  async run(ctx) {
    const node = await ctx.node()
    const list = await node.get('proposals', proposalsSchema)
    const head = {
      nl: 'id,voorstel,toestand,door,besluit van,reden,tot',
      en: 'id,proposal,state,by,decided by,reason,until',
    }
    const rows = list.proposals.map((one) => [
      ...[one.id, actText(ctx, one), ctx.say(STATES[one.state]), personText(one.proposer)],
      ...[one.decider && personText(one.decider), one.reason, minute(one.expiresAt)],
    ])
    return { json: list, text: listing(ctx, head, rows, NOTHING, NEXT) }
  },
}

export const logApprove: CommandSpec<{ readonly deny?: boolean }> = {
  usage: 'log approve <id>',
  about: {
    nl: 'keur als tweede persoon een voorstel goed, of wijs het af',
    en: 'approve a proposal as the second person, or deny it',
  },
  args: { id: { nl: 'id uit log proposals', en: 'id, from log proposals' } },
  options: [
    { flags: '--deny', about: { nl: 'wijs het af; dat is blijvend', en: 'deny it, for good' } },
  ],
  examples: ['log approve 00112233445566778899aabbccddeeff'],
  notes: {
    nl: 'Openen vraagt wie toeziet (auditor, fg) en beslist wie beheert (operator, admin); wissen andersom. Twee tokens van één naam tellen niet.',
    en: 'Who supervises (auditor, fg) asks to open and who manages (operator, admin) decides; to erase it is the other way round. Two tokens of one name do not count.',
  },
  async run(ctx, { deny = false }, id: string) {
    if (!/^[0-9a-f]{32}$/.test(id)) {
      usage('id', { nl: '32 hexadecimale cijfers', en: '32 hexadecimal digits' }, ctx.lang)
    }
    const node = await ctx.node()
    const request = [decisionRequest, { approve: !deny }] as const
    const decided = await node.send('POST', `proposals/${id}/decision`, request, proposalSchema)
    const next = decided.state === 'approved' ? `\n${ctx.say(lastStep(decided))}` : ''
    return { json: decided, text: `${proposalText(ctx, decided)}${next}` }
  },
}

/** By who proposed it: the same command, without a reason. */
function lastStep(one: ProposalView): Text {
  const command =
    one.act === 'open'
      ? `drempel log open ${one.index} --origin ${one.origin}`
      : `drempel log shred --period ${one.period}`
  return {
    nl: `-> nu voert ${one.proposer.name} het uit: ${command}`,
    en: `-> now ${one.proposer.name} carries it out: ${command}`,
  }
}

/** The first step of an act. */
export async function proposeAct(
  ctx: Context,
  request: z.input<typeof proposalRequest>,
): Promise<Outcome> {
  const node = await ctx.node()
  const made = await node.send('POST', 'proposals', [proposalRequest, request], proposalSchema)
  const next = ctx.say({
    nl: `-> nu beslist een ander: drempel log approve ${made.id}`,
    en: `-> now somebody else decides: drempel log approve ${made.id}`,
  })
  return { json: made, text: `${proposalText(ctx, made)}\n${next}` }
}

/** The proposal that the last step carries out: an own one that is approved, else the latest own one. */
export async function proposalFor(
  ctx: Context,
  matches: (one: ProposalView) => boolean,
): Promise<ProposalView> {
  const node = await ctx.node()
  const { proposals } = await node.get('proposals', proposalsSchema)
  // A token's id is its middle part; others' proposals are theirs to carry out.
  const own = node.target.token?.split('_')[1]
  const found = proposals.filter((one) => matches(one) && one.proposer.token === own)
  const chosen = found.find(({ state }) => state === 'approved') ?? found[0]
  return (
    chosen ??
    usage(
      '--reason',
      {
        nl: 'er is nog geen voorstel; doe het met --reason',
        en: 'there is no proposal; make one with --reason',
      },
      ctx.lang,
    )
  )
}

function proposalText(ctx: Context, one: ProposalView): string {
  const label = (nl: string, en: string) => ctx.say({ nl, en })
  return pairs([
    ['id', one.id],
    [label('voorstel', 'proposal'), actText(ctx, one)],
    [label('toestand', 'state'), ctx.say(STATES[one.state])],
    [label('reden', 'reason'), one.reason],
    [label('door', 'by'), personText(one.proposer)],
    [label('besluit van', 'decided by'), one.decider && personText(one.decider)],
    [label('tot', 'until'), one.expiresAt],
  ])
}

function actText(ctx: Context, one: ProposalView): string {
  if (one.act === 'open') {
    const open = ctx.say({ nl: 'open regel', en: 'open entry' })
    return `${open} ${one.index} ${one.origin}`
  }
  const early = one.force
    ? ctx.say({ nl: ' (voor het einde van de bewaartermijn)', en: ' (before the retention ends)' })
    : ''
  return `${ctx.say({ nl: 'wis de sleutel van', en: 'erase the key of' })} ${one.period}${early}`
}

const personText = ({ name, capacity }: ProposalView['proposer']) => `${name} (${capacity})`

const STATES = {
  waiting: { nl: 'wacht', en: 'waits' },
  approved: { nl: 'goedgekeurd', en: 'approved' },
  denied: { nl: 'afgewezen', en: 'denied' },
  expired: { nl: 'verlopen', en: 'expired' },
  used: { nl: 'uitgevoerd', en: 'carried out' },
} as const

const NOTHING: Text = {
  nl: 'Er wacht niets op een tweede persoon.',
  en: 'Nothing waits for a second person.',
}
const NEXT: Text = {
  nl: 'stel iets voor: drempel log open --help, of drempel log shred --help',
  en: 'propose something: drempel log open --help, or drempel log shred --help',
}
