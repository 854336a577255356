/** log shred: the end of a period's sealed records, under dual control. */

import { carryOutRequest, shredded } from '@drempel/protocol/api'
import { type CommandSpec, usage, YES_OPTION } from './define.ts'
import { proposalFor, proposeAct } from './log-proposals.ts'

type Options = {
  readonly period: string
  readonly reason?: string
  readonly force?: boolean
  readonly yes?: boolean
}

export const logShred: CommandSpec<Options> = {
  usage: 'log shred',
  about: {
    nl: 'wis de sleutel van de verzegelde delen van een kwartaal, met twee personen',
    en: "erase the key of a quarter's sealed records, by two people",
  },
  options: [
    {
      flags: '--period <quarter>',
      about: { nl: 'kwartaal, zoals 2025Q3', en: 'quarter, such as 2025Q3' },
      required: true,
    },
    {
      flags: '--reason <reference>',
      about: {
        nl: 'stel het voor, met een verwijzing naar het besluit',
        en: 'propose it, with a reference to the decision',
      },
    },
    {
      flags: '--force',
      about: {
        nl: 'bij het voorstel: ook al loopt de bewaartermijn van het convenant nog',
        en: 'with the proposal: although the retention of the convenant still runs',
      },
    },
    YES_OPTION,
  ],
  examples: [
    {
      nl: 'log shred --period 2025Q3 --reason "besluit 2026-31"',
      en: 'log shred --period 2025Q3 --reason "decision 2026-31"',
    },
    'log shred --period 2025Q3',
  ],
  notes: {
    nl: 'Eerst met --reason (operator of admin), dan drempel log approve door een ander (auditor of fg), dan zonder --reason. Logregels blijven en blijven controleerbaar. Dat nergens een kopie van de sleutel ligt, verklaart de node; bewijzen kan hij het niet.',
    en: 'First with --reason (operator or admin), then drempel log approve by somebody else (auditor or fg), then without --reason. Entries stay and still verify. That no copy of the key is left anywhere, the node attests; it cannot prove it.',
  },
  async run(ctx, { period, reason, force = false, yes }) {
    if (!/^[0-9]{4}Q[1-4]$/.test(period)) {
      usage('--period', { nl: 'een kwartaal: 2025Q3', en: 'a quarter: 2025Q3' }, ctx.lang)
    }
    if (reason !== undefined) return proposeAct(ctx, { act: 'shred', period, force, reason })
    const { id } = await proposalFor(ctx, (one) => one.act === 'shred' && one.period === period)
    await ctx.confirm(
      {
        nl: `De verzegelde delen van ${period} gaan voorgoed dicht. Doorgaan?`,
        en: `The sealed records of ${period} will never open again. Go on?`,
      },
      yes,
    )
    const node = await ctx.node()
    const done = await node.send(
      'POST',
      `proposals/${id}/shredding`,
      [carryOutRequest, {}],
      shredded,
    )
    const { entered } = done
    const text = ctx.say({
      nl: `De sleutel van ${period} is gewist; vermeld in ${entered.origin} ${entered.index}.`,
      en: `The key of ${period} is erased; entered as ${entered.origin} ${entered.index}.`,
    })
    return { json: done, text }
  },
}
