/** log open: the sealed record of an entry, under dual control. */

import { carryOutRequest, openedRecord, origins } from '@drempel/protocol/api'
import { pairs } from '../output/render.ts'
import type { Context } from './context.ts'
import { type CommandSpec, usage } from './define.ts'
import { proposalFor, proposeAct } from './log-proposals.ts'

type Options = { readonly origin?: string; readonly reason?: string }

export const logOpen: CommandSpec<Options> = {
  usage: 'log open <entry>',
  about: {
    nl: 'open het verzegelde deel van een logregel, met twee personen',
    en: "open an entry's sealed record, by two people",
  },
  args: { entry: { nl: 'nummer van de logregel', en: 'number of the entry' } },
  options: [
    {
      flags: '--origin <origin>',
      about: { nl: 'in dit logboek (anders het laatste)', en: 'in this log (else the latest)' },
    },
    {
      flags: '--reason <reference>',
      about: {
        nl: 'stel het voor, met een verwijzing naar de aanleiding',
        en: 'propose it, with a reference to the reason',
      },
    },
  ],
  examples: [
    {
      nl: 'log open 1482 --reason "toezicht 2026-14"',
      en: 'log open 1482 --reason "supervision 2026-14"',
    },
    'log open 1482',
  ],
  notes: {
    nl: 'Eerst met --reason (auditor of fg), dan drempel log approve door een ander (operator of admin), dan zonder --reason om te lezen: één keer, binnen drie dagen. Het logboek vermeldt het openen voordat er iets getoond wordt.',
    en: 'First with --reason (auditor or fg), then drempel log approve by somebody else (operator or admin), then without --reason to read: once, within three days. The log says that it was opened before anything is shown.',
  },
  async run(ctx, options, entry: string) {
    const index = Number(entry)
    if (!/^(0|[1-9][0-9]{0,14})$/.test(entry)) {
      usage('entry', { nl: 'een heel getal', en: 'a whole number' }, ctx.lang)
    }
    const origin = options.origin ?? (await latestOrigin(ctx))
    if (options.reason !== undefined) {
      return proposeAct(ctx, { act: 'open', origin, index, reason: options.reason })
    }
    const { id } = await proposalFor(
      ctx,
      (one) => one.act === 'open' && one.origin === origin && one.index === index,
    )
    const node = await ctx.node()
    const opened = await node.send(
      'POST',
      `proposals/${id}/opening`,
      [carryOutRequest, {}],
      openedRecord,
    )
    const facts = pairs([
      [ctx.say({ nl: 'logboek', en: 'log' }), origin],
      [ctx.say({ nl: 'regel', en: 'entry' }), index],
      [
        ctx.say({ nl: 'vermeld in', en: 'entered as' }),
        `${opened.entered.origin} ${opened.entered.index}`,
      ],
    ])
    const text = `${facts}\n${JSON.stringify(opened.leaf)}\n${JSON.stringify(opened.record, null, 2)}`
    return { json: opened, text }
  },
}

async function latestOrigin(ctx: Context): Promise<string> {
  const node = await ctx.node()
  const { origins: listed } = await node.get('log', origins)
  const latest = listed
    .map(({ origin }) => origin)
    .sort()
    .at(-1)
  return (
    latest ??
    usage('--origin', { nl: 'de node heeft geen logboek', en: 'the node has no log' }, ctx.lang)
  )
}
