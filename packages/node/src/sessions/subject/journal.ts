/**
 * What the log says of data subjects: that a request of some type was handled, about a kind of
 * identifier, and nothing that depends on whether the node knew anything. `txid` ties the entries of
 * one case together; the case number is sealed.
 */

import type { Json } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import type { Appended } from '../../audit/index.ts'
import type { CaseOutcome, CaseRecord, CaseType, ThresholdListRecord } from '../../store/index.ts'
import type { NodeContext } from '../context.ts'

type Handled = 'subject.opened' | 'subject.extended' | 'correction' | 'bezwaar'

const REASONS = {
  access: 'ACCESS',
  rectification: 'RECTIFICATION',
  erasure: 'ERASURE',
  objection: 'OBJECTION',
} as const satisfies Record<CaseType, string>

export function journalHandled(
  ctx: NodeContext,
  type: Handled,
  { id, kind }: Pick<CaseRecord, 'id' | 'kind'>,
  act: CaseType | 'lift',
  record: Json,
): Promise<Appended> {
  const reason = act === 'lift' ? 'LIFTED' : REASONS[act]
  return ctx.audit.append({ type, txid: id, kind: kind as IdentifierKind, reason }, record)
}

export function journalClosed(
  ctx: NodeContext,
  { id, kind }: CaseRecord,
  outcome: CaseOutcome,
  record: Json,
): Promise<Appended> {
  const status = outcome === 'refused' ? 'refused' : 'answered'
  const event = { type: 'subject.closed', txid: id, kind: kind as IdentifierKind, status } as const
  return ctx.audit.append(event, record)
}

/** Whenever given answers are looked up in a new list, whatever comes of it. */
export function journalReviewed(ctx: NodeContext, list: ThresholdListRecord): Promise<Appended> {
  const { kind, rule, round } = list
  const event = { type: 'answers.reviewed', kind: kind as IdentifierKind, rule, round } as const
  return ctx.audit.append(event, {})
}
