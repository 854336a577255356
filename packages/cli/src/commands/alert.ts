/** alert list, alert seen: what stood out in how the node is used, for those who supervise it. */

import {
  alertSeenRequest,
  alertSeen as alertSeenSchema,
  alerts as alertsSchema,
} from '@drempel/protocol/api'
import { ALERTS } from '../output/alerts.ts'
import { withNext } from '../output/explain.ts'
import type { Text } from '../output/language.ts'
import { minute } from '../output/render.ts'
import { type CommandSpec, usage } from './define.ts'
import { listing } from './listing.ts'

export const alertList: CommandSpec<{ readonly all?: boolean }> = {
  usage: 'alert list',
  about: {
    nl: 'toon wat opviel in het gebruik van de node',
    en: 'show what stood out in how the node is used',
  },
  options: [
    {
      flags: '--all',
      about: { nl: 'ook wat al bekeken is', en: 'also what was looked at before' },
    },
  ],
  examples: ['alert list', 'alert list --all --json'],
  notes: {
    nl: 'Een waarschuwing houdt niets tegen en noemt geen identificator. Elke staat ook in het logboek (alert.raised, log.discrepancy, convenant.changed).',
    en: 'An alert stops nothing and names no identifier. Each also stands in the log (alert.raised, log.discrepancy, convenant.changed).',
  },
  async run(ctx, { all }) {
    const node = await ctx.node()
    const list = await node.get(all === true ? 'alerts?all=true' : 'alerts', alertsSchema)
    const head = {
      nl: 'nr,tijd,wat,wie,doel,soort,bekeken door',
      en: 'no,time,what,who,purpose,kind,looked at by',
    }
    const own = ctx.say({ nl: 'eigen medewerkers', en: 'own people' })
    const rows = list.alerts.map(({ id, time, code, member, purpose, kind, seenBy }) => [
      ...[id, minute(time), ctx.say(ALERTS[code])],
      ...[member ?? (code === 'TERMS_CHANGED' ? null : own), purpose, kind, seenBy],
    ])
    const text =
      all === true
        ? listing(ctx, head, rows, NONE_EVER)
        : listing(ctx, head, rows, NONE_UNSEEN, SEEN)
    return { json: list, text }
  },
}

export const alertSeen: CommandSpec = {
  usage: 'alert seen <number>',
  about: { nl: 'noteer dat u ernaar gekeken hebt', en: 'note that you have looked at it' },
  args: { number: { nl: 'nr uit alert list', en: 'no, from alert list' } },
  examples: ['alert seen 3'],
  async run(ctx, _options, number: string) {
    if (!/^[1-9][0-9]{0,9}$/.test(number)) {
      usage('number', { nl: 'nr uit alert list', en: 'no, from alert list' }, ctx.lang)
    }
    const node = await ctx.node()
    const path = `alerts/${number}/seen`
    const body = [alertSeenRequest, {}] as const
    const seen = await node.send('POST', path, body, alertSeenSchema).catch((error) => {
      throw withNext(error, 'NOT_FOUND', ctx.say(WHICH))
    })
    return { json: seen, text: ctx.say({ nl: 'Genoteerd', en: 'Noted' }) }
  },
}

const WHICH: Text = {
  nl: 'welke nog niemand bekeek: drempel alert list',
  en: 'which nobody looked at yet: drempel alert list',
}
const NONE_EVER: Text = { nl: 'Er viel nog niets op.', en: 'Nothing stood out so far.' }
const NONE_UNSEEN: Text = {
  nl: 'Geen waarschuwingen die nog niemand bekeken heeft.',
  en: 'No alerts that nobody looked at yet.',
}
const SEEN: Text = {
  nl: 'wat al bekeken is: drempel alert list --all',
  en: 'what was looked at before: drempel alert list --all',
}
