/**
 * Results of `owners` rules: which of this node's own flags met the rule, sealed at rest. One is kept as soon
 * as its parts are there, and shown once its round is published: then also where the node was killed in
 * between and gave the round up.
 */

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
import type { MetaEntry, ThresholdListRecord } from '../store/index.ts'
import type { NodeContext } from './context.ts'
import type { Announcement } from './round/messages.ts'

const saved = z.strictObject({ round: z.string(), createdAt: z.string(), flags: z.base64() })

export type OwnersResult = {
  readonly round: string
  readonly createdAt: string
  /** Blind indexes, in hexadecimal, of the flags that met the rule. */
  readonly over: ReadonlySet<string>
}

/**
 * Until its round is published, or another round has the rule.
 * @param flags blind indexes in the order of the round's values @param over for each, whether it met the rule
 */
export async function keepOwners(
  ctx: NodeContext,
  { kind, round, createdAt }: Announcement,
  rule: string,
  flags: readonly Bytes[],
  over: readonly boolean[],
): Promise<void> {
  const hits = concatAll(flags.filter((_, i) => over[i]))
  const plain = jcs({ round, createdAt, flags: base64(hits) })
  const name = place(kind, rule)
  await ctx.store.meta.set(
    waitingPlace(kind, rule),
    base64(ctx.vault.seal(name, plain, ctx.random)),
  )
}

/** What is to be written in the transaction that puts lists in force: results of their very rounds. */
export async function ownersOf(
  ctx: NodeContext,
  lists: readonly Pick<ThresholdListRecord, 'kind' | 'rule' | 'round'>[],
): Promise<readonly MetaEntry[]> {
  const entries: MetaEntry[] = []
  for (const { kind, rule, round } of lists) {
    const waiting = waitingPlace(kind, rule)
    const value = await ctx.store.meta.get(waiting)
    if (!value || open(ctx, kind, rule, value).round !== round) continue
    entries.push({ key: place(kind, rule), value }, { key: waiting, value: '' })
  }
  return entries
}

/** Of the last round that had the rule; null before the first. */
export async function ownersResult(
  ctx: NodeContext,
  kind: string,
  rule: string,
): Promise<OwnersResult | null> {
  const sealed = await ctx.store.meta.get(place(kind, rule))
  if (sealed === null) return null
  const { flags, ...rest } = open(ctx, kind, rule, sealed)
  const bytes = fromBase64(flags)
  const over = new Set<string>()
  for (let at = 0; at < bytes.length; at += 32) over.add(hex(bytes.subarray(at, at + 32)))
  return { ...rest, over }
}

function open({ vault }: NodeContext, kind: string, rule: string, sealed: string) {
  const text = fromUtf8(vault.open(place(kind, rule), fromBase64(sealed)))
  return saved.parse(JSON.parse(text))
}

function waitingPlace(kind: string, rule: string): string {
  return `owners/waiting/${kind}/${rule}`
}

function place(kind: string, rule: string): string {
  return `owners/${kind}/${rule}`
}
