/** recall list, close: answers that a new list no longer bears out. */

import { recallClosed, recalls } from '@drempel/protocol/api'
import { z } from 'zod'
import { withNext } from '../output/explain.ts'
import type { Text } from '../output/language.ts'
import { type CommandSpec, usage } from './define.ts'
import { listing } from './listing.ts'

export const recallList: CommandSpec<{ readonly all?: boolean }> = {
  usage: 'recall list',
  about: {
    nl: 'toon antwoorden "boven de drempel" die niet meer gelden',
    en: 'show answers "over the threshold" that no longer hold',
  },
  options: [{ flags: '--all', about: { nl: 'ook afgehandelde', en: 'those dealt with too' } }],
  examples: ['recall list'],
  notes: {
    nl: 'De identificator staat er niet bij, want die bewaart de node niet: het eigen zaakkenmerk en de txid wijzen de vraag aan. Van een screening staan txid en plaats ook in het bestand met antwoorden. Een antwoord uit een vorige sleutelperiode wordt niet teruggeroepen.',
    en: 'The identifier is not there, since the node does not keep it: the own case reference and the txid point at the question. Of a screening txid and place are in the file of answers too. An answer of an earlier key epoch is not recalled.',
  },
  async run(ctx, { all = false }) {
    const node = await ctx.node()
    const answer = await node.get('recalls', recalls, { query: { all: String(all) } })
    const head = {
      nl: 'nr,gevraagd,zaak,plaats,soort,doel,regel,door,txid',
      en: 'no,asked,case,place,kind,purpose,rule,by,txid',
    }
    const rows = answer.recalls.map((recall) => [
      ...[recall.number, recall.askedAt.slice(0, 16), recall.case, recall.item + 1, recall.kind],
      ...[recall.purpose, recall.rule, recall.operator, recall.txid],
    ])
    const text = all
      ? listing(ctx, head, rows, NONE_EVER)
      : listing(ctx, head, rows, NONE_OPEN, ALL)
    return { json: answer, text }
  },
}

export const recallClose: CommandSpec = {
  usage: 'recall close <number>',
  about: { nl: 'een terugroeping is afgehandeld', en: 'a recall was dealt with' },
  args: { number: { nl: 'nummer uit recall list', en: 'number, from recall list' } },
  examples: ['recall close 3'],
  async run(ctx, _options, number: string) {
    if (!/^[0-9]{1,15}$/.test(number))
      usage('number', { nl: '1, 2, ...', en: '1, 2, ...' }, ctx.lang)
    const node = await ctx.node()
    const body = [z.strictObject({}), {}] as const
    const path = `recalls/${number}/closing`
    const closed = await node.send('POST', path, body, recallClosed).catch((error) => {
      throw withNext(error, 'NOT_FOUND', ctx.say(WHICH))
    })
    return { json: closed, text: String(closed.number) }
  },
}

const WHICH: Text = {
  nl: 'welke er nog openstaan: drempel recall list',
  en: 'which are still open: drempel recall list',
}
const NONE_EVER: Text = { nl: 'Er is nog niets teruggeroepen.', en: 'Nothing was recalled yet.' }
const NONE_OPEN: Text = {
  nl: 'Er is niets teruggeroepen dat nog op u wacht.',
  en: 'Nothing was recalled that still waits for you.',
}
const ALL: Text = {
  nl: 'wat al afgehandeld is: drempel recall list --all',
  en: 'what was dealt with: drempel recall list --all',
}
