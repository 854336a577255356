/** status: the node at a glance. */

import { status as statusSchema } from '@drempel/protocol/api'
import { pairs, table } from '../output/render.ts'
import type { CommandSpec } from './define.ts'
import { epochTable } from './keys.ts'
import { roundTable } from './round.ts'

export const statusCommand: CommandSpec = {
  usage: 'status',
  about: { nl: 'toon hoe het met de node staat', en: 'show how the node is doing' },
  examples: ['status', 'status --home bank-a --json'],
  async run(ctx) {
    const node = await ctx.node()
    const status = await node.get('status', statusSchema)
    const label = (nl: string, en: string) => ctx.say({ nl, en })
    const { convenant, log } = status
    const facts = pairs([
      ['node', `${status.member} (${status.name}, ${status.sector})`],
      [label('versie', 'version'), status.software],
      [label('tijd', 'time'), status.time],
      [label('convenant', 'convenant'), convenant && `${convenant.id} v${convenant.version}`],
      ['digest', convenant?.digest],
      [label('taken', 'duties'), status.roles.join(', ') || null],
      [label('logboek', 'log'), log && `${log.origin} (${log.size})`],
    ])
    const next = label(
      '-> wat nog nodig is: drempel doctor',
      '-> what is still needed: drempel doctor',
    )
    const parts = [convenant === null ? `${facts}\n${next}` : facts]
    const heading = (nl: string, en: string) => ctx.paint('bold', label(nl, en))
    if (status.flags.length > 0) {
      const head = label('soort,actief', 'kind,active').split(',')
      const rows = status.flags.map(({ kind, active }) => [kind, active])
      parts.push(`${heading('Meldingen', 'Flags')}\n${table(head, rows)}`)
    }
    if (status.epochs.length > 0) {
      parts.push(`${heading('Sleutels', 'Keys')}\n${epochTable(ctx, status.epochs)}`)
    }
    if (status.lists.length > 0) {
      const head = label(
        'regel,soort,drempel,sectoren,meldingen,grootte,deelnemers,gemaakt,verouderd',
        'rule,kind,threshold,sectors,reports,size,contributors,made,stale',
      )
      const rows = status.lists.map((list) => [
        ...[list.rule, list.kind, list.threshold, list.minSectors, list.reports],
        ...[list.size, list.contributors, list.createdAt],
        list.stale ? label('ja', 'yes') : label('nee', 'no'),
      ])
      parts.push(`${heading('Drempellijsten', 'Threshold lists')}\n${table(head.split(','), rows)}`)
    }
    if (status.rounds.length > 0) {
      parts.push(`${heading('Rondes', 'Rounds')}\n${roundTable(ctx, status.rounds)}`)
    }
    return { json: status, text: parts.join('\n\n') }
  },
}
