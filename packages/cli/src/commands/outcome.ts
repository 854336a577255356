/** feedback, log classes: what answers led to, and how often they were yes. */

import {
  classesQuery,
  feedbackGiven,
  feedbackRequest,
  outcome as outcomeSchema,
  type ResultClasses,
  resultClasses,
} from '@drempel/protocol/api'
import type { Text } from '../output/language.ts'
import type { Context } from './context.ts'
import { type CommandSpec, usage } from './define.ts'
import { listing } from './listing.ts'

export const feedbackCommand: CommandSpec<{ readonly outcome: string; readonly place?: number }> = {
  usage: 'feedback <txid>',
  about: {
    nl: 'vertel waartoe een antwoord leidde; het blijft verzegeld op de eigen node',
    en: 'tell what an answer led to; it stays sealed at the own node',
  },
  args: { txid: { nl: 'txid van de vraag', en: 'txid of the query' } },
  options: [
    {
      flags: '--outcome <outcome>',
      about: {
        nl: 'was het fraude (confirmed), was het dat niet (refuted), of bleek geen van beide (none)',
        en: 'it was fraud, it was not, or neither was found',
      },
      choices: outcomeSchema.options,
      required: true,
    },
    {
      flags: '--place <n>',
      about: {
        nl: 'plaats in een screening, vanaf 1, zoals het bestand met antwoorden zegt',
        en: 'place in a screen, from 1, as the file of answers says',
      },
      number: { least: 1 },
    },
  ],
  examples: [
    'feedback 00112233445566778899aabbccddeeff --outcome confirmed',
    'feedback 00112233445566778899aabbccddeeff --place 14 --outcome refuted',
  ],
  notes: {
    nl: 'Tot drie maanden na de maand van het antwoord; daarna staan de klassen van die maand vast.',
    en: 'Until three months after the month of the answer; then the classes of that month stand.',
  },
  async run(ctx, { outcome, place = 1 }, txid: string) {
    if (!/^[0-9a-f]{32}$/.test(txid)) {
      usage('txid', { nl: '32 hexadecimale cijfers', en: '32 hexadecimal digits' }, ctx.lang)
    }
    const node = await ctx.node()
    const body = { txid, item: place - 1, outcome: outcomeSchema.parse(outcome) }
    const given = await node.send('POST', 'feedback', [feedbackRequest, body], feedbackGiven)
    return { json: given, text: ctx.say({ nl: 'Genoteerd', en: 'Noted' }) }
  },
}

export const logClasses: CommandSpec<{ readonly month: string }> = {
  usage: 'log classes',
  about: {
    nl: 'hoe vaak het antwoord ja was, per doel, in klassen',
    en: 'how often the answer was yes, by purpose, in classes',
  },
  options: [
    {
      flags: '--month <month>',
      about: { nl: 'een maand die voorbij is: 2026-10', en: 'a month that has ended: 2026-10' },
      required: true,
    },
  ],
  examples: ['log classes --month 2026-10'],
  notes: {
    nl: 'Antwoorden zijn verzegeld; hier staan alleen klassen over minstens twintig vragen van een hele maand.',
    en: 'Answers are sealed; here are only classes over at least twenty queries of a whole month.',
  },
  async run(ctx, { month }) {
    if (!classesQuery.shape.month.safeParse(month).success) {
      usage('--month', { nl: 'bijvoorbeeld 2026-10', en: 'for example 2026-10' }, ctx.lang)
    }
    const node = await ctx.node()
    const told = await node.get('classes', resultClasses, { query: { month } })
    return { json: told, text: classTable(ctx, told) }
  },
}

function classTable(ctx: Context, { classes, least, feedbackFrom }: ResultClasses): string {
  const few = ctx.say({ nl: `minder dan ${least}`, en: `fewer than ${least}` })
  const head = {
    nl: 'doel,soort,vragen,boven de drempel,waarvan teruggekoppeld,waarvan bevestigd,en weerlegd',
    en: 'purpose,kind,queries,over the threshold,of which with feedback,of which confirmed,and refuted',
  }
  const text = (share: ResultClasses['classes'][number]['over']) =>
    share === null ? null : `${100 * share.above}-${100 * share.upTo}%`
  const rows = classes.map(({ purpose, kind, queries, over, feedback, confirmed, refuted }) => [
    ...[purpose, kind, queries ?? few, text(over), text(feedback), text(confirmed), text(refuted)],
  ])
  const listed = listing(ctx, head, rows, NOTHING)
  if (rows.length === 0 || ctx.world.clock() >= Date.parse(feedbackFrom)) return listed
  const day = feedbackFrom.slice(0, 10)
  const later = ctx.say({
    nl: `Terugkoppeling op deze maand loopt nog; de klassen daarvan komen op ${day}.`,
    en: `Feedback on this month still comes in; its classes follow on ${day}.`,
  })
  return `${listed}\n${later}`
}

const NOTHING: Text = {
  nl: 'In die maand is er niets gevraagd.',
  en: 'Nothing was asked in that month.',
}
