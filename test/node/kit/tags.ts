/** Tags of own flags without the padding, which is most of the work where lists are tiny. */

import { evaluateInputs, openFlag } from '@drempel/node/internal/sessions'
import { hex } from '@drempel/protocol/encoding'
import { type IdentifierKind, oprfInput } from '@drempel/protocol/identifiers'
import { tagOf } from '@drempel/protocol/oprf'
import { type Federation, random } from './federation.ts'

/** Tags what a round would tag first, so that the round finds all of it done. */
export async function tagAll(federation: Federation, kind: IdentifierKind = 'host'): Promise<void> {
  for (const { ctx } of federation.members) {
    const { epoch } = (await ctx.store.keys.current(kind))!
    const found = await ctx.store.tags.missing(kind, epoch, ctx.clock(), { limit: 256 })
    const rows = found.flags
    if (rows.length === 0) continue
    const { outputs } = await evaluateInputs(ctx, {
      protocol: 'tag',
      kind,
      epoch,
      inputs: rows.map((row) => oprfInput(kind, openFlag(ctx, kind, row))),
      count: rows.length,
      record: {},
    })
    const tags = rows.map(({ id, index }, i) => {
      const place = `tag/${kind}/${epoch}/${hex(index)}`
      return { id, sealed: ctx.vault.seal(place, tagOf(outputs[i]!), random) }
    })
    await ctx.store.tags.put(kind, epoch, tags)
  }
}
