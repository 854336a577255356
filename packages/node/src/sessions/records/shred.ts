/**
 * The end of a period's records: who manages proposes, who supervises agrees, and the period's key is
 * erased. The leaves stay and verify; a backup of the store has the ciphertexts and no key to them.
 * That no copy of the key is left anywhere is this node's word, and the `shred` entry says no more.
 *
 * Erased first, entered after: an entry must not attest what a crash prevented. A shred that was begun
 * is carried on at the next start.
 */

import { parseOrigin, quarterOf } from '@drempel/protocol/log'
import type { Operator } from '../../http/index.ts'
import type { Proposal } from '../../store/index.ts'
import type { NodeContext } from '../context.ts'
import { codeOf, fail } from '../errors.ts'
import { isWritten } from '../written.ts'
import {
  agreed,
  approvalOf,
  begin,
  type OpenedProposal,
  openProposal,
  propose,
} from './proposals.ts'
import { DAY_MS, endOf, retentionTerms } from './terms.ts'

export type Shredded = {
  readonly period: string
  /** False when the file was gone already. */
  readonly erased: boolean
  readonly entered: { readonly origin: string; readonly index: number }
}

/** @throws ProtocolError `DUAL_CONTROL`, `UNKNOWN_PERIOD`, `PERIOD_IN_USE`, `RETENTION_RUNS` */
export async function proposeShred(
  ctx: NodeContext,
  operator: Operator,
  { period, force }: { readonly period: string; readonly force: boolean },
  reason: string,
): Promise<OpenedProposal> {
  await allowed(ctx, period, force)
  return propose(ctx, operator, { act: 'shred', period, force }, reason)
}

/** @throws ProtocolError as `proposeShred`, `UNKNOWN_PROPOSAL`, `NOT_APPROVED` */
export async function shred(ctx: NodeContext, operator: Operator, id: string): Promise<Shredded> {
  const proposal = await agreed(ctx, operator, id, 'shred')
  await allowed(ctx, proposal.subject.period, proposal.subject.force)
  await begin(ctx, proposal)
  return carryOut(ctx, proposal, proposal.subject)
}

/**
 * At start: what a crash cut off between the first step and the last. What can't be ended now is tried
 * again at the next start.
 */
export async function finishBegun(ctx: NodeContext): Promise<void> {
  for (const row of await ctx.store.proposals.unfinished()) {
    try {
      await finish(ctx, row)
    } catch (error) {
      ctx.log('error', 'log.act-unfinished', { code: codeOf(error) })
    }
  }
}

/** An opening showed nothing; a question has its query in the log, as failed or without an end. */
async function finish(ctx: NodeContext, row: Proposal): Promise<void> {
  if (row.act !== 'shred') {
    await ctx.store.proposals.end(row.id)
    return
  }
  const proposal = openProposal(ctx, row)
  const { subject } = proposal
  if (subject.act !== 'shred') return
  const { period } = subject
  // Another entry of one approval would look like another approval.
  const entered = await isWritten(
    ctx,
    row.begunAt!,
    (event) => event.type === 'shred' && event.shredded === period,
    ['proposal', row.id],
  )
  if (entered) await ctx.store.proposals.end(row.id)
  else await carryOut(ctx, proposal, subject)
}

async function carryOut(
  ctx: NodeContext,
  proposal: OpenedProposal,
  { period, force }: { readonly period: string; readonly force: boolean },
): Promise<Shredded> {
  const erased = await ctx.periodKeys.erase(period)
  const { fields, record } = approvalOf(ctx, proposal)
  const reason = force ? 'FORCED' : 'RETENTION_ENDED'
  const { origin, index } = await ctx.audit.append(
    { type: 'shred', ...fields, shredded: period, reason },
    { ...record, proposal: proposal.id },
  )
  await ctx.store.proposals.end(proposal.id)
  ctx.log('info', 'log.shredded', { reason })
  return { period, erased, entered: { origin, index } }
}

async function allowed(ctx: NodeContext, period: string, force: boolean): Promise<void> {
  // Also by the log's own period, which stays when the clock goes back.
  const live = parseOrigin((await ctx.audit.origin()) ?? fail('NO_CONVENANT')).quarter
  if (period >= live || period >= quarterOf(ctx.clock())) fail('PERIOD_IN_USE', { at: period })
  if (!(await ctx.periodKeys.list()).includes(period)) fail('UNKNOWN_PERIOD', { at: period })
  const ends = endOf(period) + Math.max(0, ...(await retentionTerms(ctx)).values()) * DAY_MS
  if (!force && ctx.clock() < ends) {
    fail('RETENTION_RUNS', { at: new Date(ends).toISOString().slice(0, 10) })
  }
}
