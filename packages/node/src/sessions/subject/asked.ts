/**
 * The index by which a data subject's queries are found again, without keeping what was asked: an HMAC
 * of the identifier under a key of the purpose and the day that lies outside the store and is erased
 * at the purpose's term. The identifier goes in as the vault's blind index, so that who has store and
 * key files but not the master key can't test guesses either.
 */

import { quotaDay } from '@drempel/protocol/convenant'
import { type Bytes, hmacSha256 } from '@drempel/protocol/encoding'
import { parseOrigin, quarterOf } from '@drempel/protocol/log'
import { dayKey } from '../../audit/index.ts'
import { indexKeyOf, type PurposeDay, purposeDayName } from '../../config/index.ts'
import type { AskedPosition } from '../../store/index.ts'
import type { NodeContext } from '../context.ts'

const BLIND = 16
/** Rows that one transaction takes: some milliseconds. */
const PAGE = 1_024

/** Keys of the day that is written to; those of others are read from their files. */
type Known = { readonly day: string; readonly keys: Map<string, Promise<Bytes>> }
const known = new WeakMap<NodeContext, Known>()

/**
 * With the intent, and as durable as that: an evaluation that has no row is not asked for.
 * @param values canonical, in the order of the query
 */
export async function rememberAsked(
  ctx: NodeContext,
  { kind, purpose }: { readonly kind: string; readonly purpose: string },
  txid: string,
  values: readonly string[],
): Promise<void> {
  const period = parseOrigin((await ctx.audit.origin())!).quarter
  const of = { period, purpose, day: quotaDay(ctx.clock()) }
  const key = await keyOf(ctx, of)
  for (let at = 0; at < values.length; at += PAGE) {
    if (at > 0) await ctx.pause()
    const blinds = values
      .slice(at, at + PAGE)
      .map((value) => blindOf(key, ctx.vault.blindIndex(kind, value)))
    await ctx.store.asked.remember(purposeDayName(of), txid, blinds, at)
  }
}

/**
 * Where an identifier was asked about, on all days, and in all quarters of an older release, whose keys
 * are left; and of which quarters those are.
 */
export async function findAsked(
  ctx: NodeContext,
  kind: string,
  value: string,
): Promise<{ readonly found: readonly AskedPosition[]; readonly periods: readonly string[] }> {
  const { find, periods } = await askedIndex(ctx)
  return { found: await find(ctx.vault.blindIndex(kind, value)), periods }
}

/**
 * The same for many, by the vault's blind index, under the keys that there are now.
 * @param since asked on that day or later
 */
export async function askedIndex(
  ctx: NodeContext,
  since = '',
): Promise<{
  find(index: Bytes): Promise<readonly AskedPosition[]>
  readonly periods: readonly string[]
}> {
  const keys: Bytes[] = []
  const periods = new Set<string>()
  for (const of of await ctx.purposeKeys.quarters.list()) {
    const late = since !== '' && of.period < quarterOf(Date.parse(since))
    const key = late ? null : await ctx.purposeKeys.quarters.load(of)
    if (key === null) continue
    periods.add(of.period)
    keys.push(key)
  }
  for (const of of await ctx.purposeKeys.list()) {
    const key = of.day < since ? null : await ctx.purposeKeys.load(of)
    if (key === null) continue
    periods.add(of.period)
    keys.push(indexKeyOf(key))
  }
  return {
    async find(index) {
      const found: AskedPosition[] = []
      for (const key of keys) found.push(...(await ctx.store.asked.find(blindOf(key, index))))
      return found
    },
    periods: [...periods],
  }
}

/** Rows whose keys were erased with their records: random bytes by now. */
export async function forgetErased(ctx: NodeContext): Promise<void> {
  const { purposeKeys } = ctx
  const live = new Set((await purposeKeys.list()).map(purposeDayName))
  // Of an older release, whose rows tell no more than their quarter.
  for (const { period } of await purposeKeys.quarters.list()) live.add(period)
  for (const period of await ctx.store.asked.periods()) {
    if (!live.has(period)) await ctx.store.asked.forget(period)
  }
}

function keyOf(ctx: NodeContext, of: PurposeDay): Promise<Bytes> {
  const day = `${of.period} ${of.day}`
  let current = known.get(ctx)
  if (current?.day !== day) {
    current = { day, keys: new Map() }
    known.set(ctx, current)
  }
  const { keys } = current
  const before = keys.get(of.purpose)
  if (before !== undefined) return before
  const made = dayKey(ctx.store.log, ctx.purposeKeys, of).then(indexKeyOf)
  keys.set(of.purpose, made)
  made.catch(() => keys.delete(of.purpose))
  return made
}

function blindOf(key: Bytes, index: Bytes): Bytes {
  return hmacSha256(key, index).subarray(0, BLIND)
}
