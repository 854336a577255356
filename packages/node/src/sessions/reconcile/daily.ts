/**
 * Once a day and member: its log has grown and nothing else, its head is anchored here, and both
 * sides of what was asked between the two agree. What does not is kept, told in a line of the
 * node's own output, shown by `doctor`, and entered, by a code and how many; which transactions they
 * are stands in the sealed record.
 */

import type { AlertCode } from '@drempel/protocol/api'
import { isProtocolError, type Json, type ProtocolError } from '@drempel/protocol/encoding'
import { sizeBucket } from '@drempel/protocol/log'
import type { Discrepancy } from '../../store/index.ts'
import type { NodeContext } from '../context.ts'
import { codeOf, evidenceOf } from '../errors.ts'
import { activeMembers } from '../federation.ts'
import { anchor, type Grown, grownHeads } from './anchor.ts'
import { compareWith } from './compare.ts'

const DAY_MS = 86_400_000
/** A member that could not be asked, or with more to compare, is asked again after so long. */
const AGAIN_MS = 60 * 60_000
/** What only a member shows whose log or answer is false; forks are entered where they are met. */
const FALSE = new Set([
  ...['BAD_BASE64', 'BAD_CHECKPOINT', 'BAD_EVENT', 'BAD_INCLUSION_PROOF', 'BAD_NOTE', 'BAD_ORIGIN'],
  ...['BAD_RECEIPT', 'BAD_REQUEST', 'BAD_SIGNATURE', 'LEAF_MISSING', 'LOG_ROLLED_BACK'],
  ...['NO_KNOWN_SIGNATURE', 'WRONG_ORIGIN'],
])
/**
 * Whoever shows nothing, for whatever reason, keeps what it left out from being found: after so long that
 * stands in the log, and again as long as it lasts.
 */
const SILENT_MS = 7 * DAY_MS
/** For so long a node that ran has asked in vain: one that was itself away accuses nobody on its return. */
const ASKED_MS = DAY_MS
/** Transactions of one run and member. */
const MOST = 4_096

/** Members that could not be compared with for so long. */
export async function silentMembers(ctx: NodeContext): Promise<readonly string[]> {
  const silent: string[] = []
  for (const member of activeMembers(ctx.inForce().convenant)) {
    const at = (await ctx.store.comparisons.progress(member))?.at
    if (at !== undefined && ctx.clock() - at >= SILENT_MS) silent.push(member)
  }
  return silent
}

export type Daily = {
  /** Called every half minute; does what is due. */
  run(): Promise<void>
}

export function createDaily(ctx: NodeContext): Daily {
  const { comparisons } = ctx.store
  const tried = new Map<string, number>()
  /** Asked in vain since this process began. */
  const failing = new Set<string>()

  async function run(): Promise<void> {
    const grown: Grown[] = []
    for (const member of activeMembers(ctx.inForce().convenant)) {
      if (member === ctx.self || !(await isDue(member))) continue
      tried.set(member, ctx.clock())
      try {
        grown.push(...(await grownHeads(ctx, member)))
        await compare(member)
        await answered(member)
      } catch (error) {
        if (!isProtocolError(error)) throw error
        await inVain(member)
        ctx.log('warn', 'log.not-compared', { absent: member, code: codeOf(error) })
        await tell(member, error)
      }
    }
    await anchor(ctx, grown)
  }

  /** A restart goes on counting; how long it took counts as no more than the time between two tries. */
  async function inVain(member: string): Promise<void> {
    const [now, trouble] = [ctx.clock(), await comparisons.trouble(member)]
    const since = Math.max(0, now - (trouble.triedAt ?? now))
    const asked = failing.has(member) ? since : Math.min(since, AGAIN_MS)
    failing.add(member)
    const askedMs = trouble.askedMs + asked
    await comparisons.setTrouble(member, { ...trouble, askedMs, triedAt: now })
  }

  async function answered(member: string): Promise<void> {
    failing.delete(member)
    const { triedAt, toldAt } = await comparisons.trouble(member)
    if (triedAt !== null) {
      await comparisons.setTrouble(member, { askedMs: 0, triedAt: null, toldAt })
    }
  }

  async function tell(member: string, error: ProtocolError): Promise<void> {
    const isFalse = FALSE.has(error.code)
    const trouble = await comparisons.trouble(member)
    const silent = trouble.askedMs >= ASKED_MS && (await silentMembers(ctx)).includes(member)
    if (!isFalse && !silent) return
    if (!isApart(trouble.toldAt ?? undefined, isFalse ? DAY_MS : SILENT_MS)) return
    const code = isFalse ? error.code : 'NOT_COMPARED'
    await enter(member, code, 1, { code: codeOf(error), evidence: evidenceOf(error) })
    // After the entry: one that could not be written is written at the next try.
    await comparisons.setTrouble(member, { ...trouble, toldAt: ctx.clock() })
  }

  async function isDue(member: string): Promise<boolean> {
    const progress = await comparisons.progress(member)
    if (progress === null) {
      const [origin] = await ctx.audit.origins()
      if (origin !== undefined) {
        await comparisons.setProgress(member, { origin, index: 0, at: ctx.clock() })
      }
      return false
    }
    return isApart(tried.get(member), AGAIN_MS) && isApart(progress.at, DAY_MS)
  }

  /** Also by a clock that was set back. */
  function isApart(time: number | undefined, ms: number): boolean {
    return time === undefined || Math.abs(ctx.clock() - time) >= ms
  }

  async function compare(member: string): Promise<void> {
    const from = (await comparisons.progress(member))!
    const { reached, whole, discrepancies } = await compareWith(ctx, member, from, MOST)
    const fresh: Discrepancy[] = []
    for (const one of discrepancies) {
      if (!(await comparisons.isKnown(one))) fresh.push(one)
    }
    if (fresh.length > 0) {
      const codes = new Set(fresh.map(({ kind }) => CODES[kind]))
      const found = fresh.map(({ txid, kind, fields, minutes }) => ({
        ...{ txid, kind, fields, minutes },
      }))
      const code = codes.size === 1 ? [...codes][0]! : 'SEVERAL'
      await enter(member, code, fresh.length, { found })
      for (const one of fresh) await comparisons.keepDiscrepancy(one)
    }
    const at = whole ? ctx.clock() : from.at
    await comparisons.setProgress(member, { ...reached, at })
  }

  async function enter(member: string, reason: string, count: number, record: Json) {
    ctx.log('error', 'log.discrepancy', { culprit: member, code: reason })
    const event = { type: 'log.discrepancy', role: 'peer', reason } as const
    await ctx.audit.append({ ...event, parties: [member], sizeBucket: sizeBucket(count) }, record)
    const [code, at] = ['LOGS_DIFFER' satisfies AlertCode, ctx.clock()]
    // The entry above says it to auditors; this one is for the node's own people.
    const once = `${code}/${member}/${new Date(at).toISOString().slice(0, 10)}`
    const alert = { at, code, member, purpose: null, kind: null, entered: true } as const
    await ctx.store.alerts.raise(once, alert)
  }

  return { run }
}

const CODES: Readonly<Record<Discrepancy['kind'], string>> = {
  'one-sided': 'ONE_SIDED',
  mismatch: 'FIELD_MISMATCH',
  late: 'LOGGED_LATE',
}
