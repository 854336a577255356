/** Results of `owners` rules: which of this node's own flags met the rule, sealed at rest. */

import {
  type Bytes,
  base64,
  concatAll,
  fromBase64,
  fromUtf8,
  hex,
  jcs,
} from '@drempel/protocol/encoding'
import { z } from 'zod'
import type { NodeContext } from './context.ts'
import type { Announcement } from './round/messages.ts'

const saved = z.strictObject({ round: z.string(), createdAt: z.string(), flags: z.base64() })

export type OwnersResult = {
  readonly round: string
  readonly createdAt: string
  /** Blind indexes, in hexadecimal, of the flags that met the rule. */
  readonly over: ReadonlySet<string>
}

/** @param flags blind indexes in the order of the round's values @param over for each, whether it met the rule */
export async function saveOwners(
  ctx: NodeContext,
  { kind, round, createdAt }: Announcement,
  rule: string,
  flags: readonly Bytes[],
  over: readonly boolean[],
): Promise<void> {
  const hits = concatAll(flags.filter((_, i) => over[i]))
  const plain = jcs({ round, createdAt, flags: base64(hits) })
  const name = place(kind, rule)
  await ctx.store.meta.set(name, base64(ctx.vault.seal(name, plain, ctx.random)))
}

/** Of the last round that had the rule; null before the first. */
export async function ownersResult(
  ctx: NodeContext,
  kind: string,
  rule: string,
): Promise<OwnersResult | null> {
  const name = place(kind, rule)
  const sealed = await ctx.store.meta.get(name)
  if (sealed === null) return null
  const { flags, ...rest } = saved.parse(
    JSON.parse(fromUtf8(ctx.vault.open(name, fromBase64(sealed)))),
  )
  const bytes = fromBase64(flags)
  const over = new Set<string>()
  for (let at = 0; at < bytes.length; at += 32) over.add(hex(bytes.subarray(at, at + 32)))
  return { ...rest, over }
}

function place(kind: string, rule: string): string {
  return `owners/${kind}/${rule}`
}
