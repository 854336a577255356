/**
 * The sealed record of an entry, shown to who supervises when who manages agreed. That it was opened
 * stands in the log, durable, before a byte of it is shown: the place and the commitment, in which
 * capacities, never the content, who, or why.
 */

import type { Json } from '@drempel/protocol/encoding'
import { type LeafFields, parseEvent } from '@drempel/protocol/log'
import type { Operator } from '../../http/index.ts'
import type { NodeContext } from '../context.ts'
import { agreed, approvalOf, begin, type OpenedProposal, propose } from './proposals.ts'

export type OpenedRecord = {
  readonly origin: string
  readonly index: number
  readonly leaf: LeafFields
  readonly record: Json
  readonly entered: { readonly origin: string; readonly index: number }
}

/** @throws ProtocolError `DUAL_CONTROL`, `LOG_ENTRY_UNKNOWN`, `RECORD_ERASED`, `RECORD_DAMAGED` */
export async function proposeOpening(
  ctx: NodeContext,
  operator: Operator,
  { origin, index }: { readonly origin: string; readonly index: number },
  reason: string,
): Promise<OpenedProposal> {
  // Nobody is asked to agree to what can't be done.
  await ctx.audit.openRecord(origin, index)
  return propose(ctx, operator, { act: 'open', origin, index }, reason)
}

/**
 * @throws ProtocolError `UNKNOWN_PROPOSAL`, `DUAL_CONTROL`, `NOT_APPROVED`, `RECORD_ERASED`;
 * `LOG_UNAVAILABLE`: nothing was shown, and the approval is spent
 */
export async function openRecord(
  ctx: NodeContext,
  operator: Operator,
  id: string,
): Promise<OpenedRecord> {
  const proposal = await agreed(ctx, operator, id, 'open')
  const { origin, index } = proposal.subject
  const leaf = parseEvent(await ctx.audit.leaf(origin, index))
  const record = await ctx.audit.openRecord(origin, index)
  const { fields, record: approval } = approvalOf(ctx, proposal)
  await begin(ctx, proposal)
  const entered = await ctx.audit.append(
    { type: 'record.opened', ...fields, entry: { origin, index, commit: leaf.commit } },
    approval,
  )
  await ctx.store.proposals.end(id)
  return {
    ...{ origin, index, leaf, record },
    entered: { origin: entered.origin, index: entered.index },
  }
}
