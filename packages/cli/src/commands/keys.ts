/** keys generate, keys list: the key epochs of the federation. */

import { type epoch, epoch as epochSchema, epochs, startRequest } from '@drempel/protocol/api'
import type { z } from 'zod'
import { minute } from '../output/render.ts'
import type { Context } from './context.ts'
import { type CommandSpec, KIND_OPTION, type KindOptions, YES_OPTION } from './define.ts'
import { listing } from './listing.ts'

const GENERATION_MS = 5 * 60_000

export const keysGenerate: CommandSpec<KindOptions & { readonly yes?: boolean }> = {
  usage: 'keys generate',
  about: {
    nl: 'maak met alle sleutelhouders een nieuwe sleutel; niemand krijgt hem heel',
    en: 'make a new key with all key holders; none gets the whole of it',
  },
  options: [KIND_OPTION, YES_OPTION],
  examples: ['keys generate --kind host'],
  notes: {
    nl: 'Bij een sleutelhouder van het convenant; alle sleutelhouders moeten draaien. Met een nieuwe sleutel begint een nieuwe periode: de node zet de eigen meldingen er zelf onder, en er is een nieuwe ronde nodig. Geldt er nog een sleutel, dan wordt het eerst gevraagd.',
    en: 'At a key holder of the convenant; all key holders have to be up. With a new key a new epoch begins: the node puts the own flags under it by itself, and a new round is needed. While a key still holds, it asks first.',
  },
  async run(ctx, { kind, yes }) {
    const node = await ctx.node()
    const { epochs: known } = await node.get('keys', epochs)
    const now = ctx.world.clock()
    const held = known.find((one) => one.kind === kind && Date.parse(one.expiresAt) > now)
    if (held !== undefined) {
      const until = minute(held.expiresAt)
      const question = {
        nl: `Voor ${kind} geldt nog een sleutel, tot ${until}. Met een nieuwe is er een nieuwe ronde nodig. Toch maken?`,
        en: `A key of ${kind} still holds, until ${until}. A new one takes a new round. Make it all the same?`,
      }
      await ctx.confirm(question, yes)
    }
    const made = await node.send('POST', 'keys', [startRequest, { kind }], epochSchema, {
      timeoutMs: GENERATION_MS,
    })
    return { json: made, text: epochTable(ctx, [made]) }
  },
}

export const keysList: CommandSpec = {
  usage: 'keys list',
  about: { nl: 'toon de sleutelperiodes', en: 'show the key epochs' },
  examples: ['keys list'],
  notes: {
    nl: 'Een periode is zo lang één sleutel geldt. Het transcript is de digest van hoe de sleutel gemaakt is, bij alle sleutelhouders gelijk.',
    en: 'An epoch is as long as one key holds. The transcript is the digest of how the key was made, the same at all key holders.',
  },
  async run(ctx) {
    const node = await ctx.node()
    const list = await node.get('keys', epochs)
    return { json: list, text: epochTable(ctx, list.epochs) }
  },
}

export function epochTable(ctx: Context, rows: readonly z.output<typeof epoch>[]): string {
  const head = {
    nl: 'soort,periode,gemaakt,vervalt,sleutelhouders,transcript',
    en: 'kind,epoch,made,expires,key holders,transcript',
  }
  return listing(
    ctx,
    head,
    rows.map((row) => [
      ...[row.kind, row.epoch, minute(row.createdAt), minute(row.expiresAt)],
      `${row.quorum}/${row.holders.length}: ${row.holders.join(', ')}`,
      row.transcript.slice(0, 16),
    ]),
    { nl: 'Er is nog geen sleutel.', en: 'There is no key yet.' },
    {
      nl: 'bij een sleutelhouder: drempel keys generate --kind SOORT',
      en: 'at a key holder: drempel keys generate --kind KIND',
    },
  )
}
