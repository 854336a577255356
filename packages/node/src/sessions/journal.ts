/** What questions, keys and false messages leave in the audit log: what is said, and what is sealed. */

import type { Json } from '@drempel/protocol/encoding'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import { sizeBucket } from '@drempel/protocol/log'
import type { Appended } from '../audit/index.ts'
import type { NodeContext } from './context.ts'

export type Question = {
  readonly txid: string
  readonly kind: IdentifierKind
  readonly protocol: 'check' | 'screen' | 'tag'
  readonly purpose?: string
  readonly rule?: string
  /** Elements sent, padding included. */
  readonly count: number
  /** Of a question that two people stand behind; the asker's entries only. */
  readonly approvalCommit?: string
}

export type PeerCheckpoint = { origin: string; size: number; root: string }

function about(question: Question) {
  const { txid, kind, protocol, purpose, rule, count, approvalCommit } = question
  return {
    txid,
    kind,
    protocol,
    sizeBucket: sizeBucket(count),
    ...(purpose === undefined ? {} : { purpose }),
    ...(rule === undefined ? {} : { rule }),
    ...(approvalCommit === undefined ? {} : { approvalCommit }),
  }
}

/** Before the first byte leaves: the batch's digest binds what the holders may evaluate. */
export function journalIntent(
  ctx: NodeContext,
  question: Question,
  holders: readonly string[],
  epoch: string,
  batch: string,
  record: Json,
): Promise<Appended> {
  const event = { type: 'query.intent', role: 'asker', ...about(question), epoch, batch } as const
  return ctx.audit.append({ ...event, parties: [...holders].sort() }, record)
}

export function journalResult(
  ctx: NodeContext,
  question: Question,
  holders: readonly string[],
  status: 'answered' | 'failed',
  details: {
    readonly round?: string
    readonly reason?: string
    readonly peerCheckpoints?: readonly PeerCheckpoint[]
  },
  record: Json,
): Promise<Appended> {
  const { round, reason, peerCheckpoints } = details
  const event = { type: 'query.result', role: 'asker', ...about(question), status } as const
  return ctx.audit.append(
    {
      ...event,
      parties: [...holders].sort(),
      ...(round === undefined ? {} : { round }),
      ...(reason === undefined ? {} : { reason }),
      ...(peerCheckpoints === undefined || peerCheckpoints.length === 0
        ? {}
        : { peerCheckpoints: sortedCheckpoints(peerCheckpoints) }),
    },
    record,
  )
}

export function journalRefusal(
  ctx: NodeContext,
  question: Question,
  reason: string,
  record: Json,
): Promise<Appended> {
  const event = { type: 'query.refused', role: 'asker', ...about(question), reason } as const
  return ctx.audit.append(event, record)
}

export function journalEvaluated(
  ctx: NodeContext,
  question: Question,
  asker: string,
  epoch: string,
  batch: string,
  checkpoint: PeerCheckpoint,
  note: string,
): Promise<Appended> {
  return ctx.audit.append(
    {
      type: 'oprf.evaluated',
      role: 'key-holder',
      ...about(question),
      epoch,
      batch,
      parties: [asker],
      peerCheckpoints: [checkpoint],
    },
    // The signature is what shows a fork of that log later.
    { checkpoint: note },
  )
}

export function journalEvaluationRefused(
  ctx: NodeContext,
  asker: string,
  reason: string,
  txid: string,
  evidence: string | null,
): Promise<Appended> {
  return ctx.audit.append(
    { type: 'oprf.refused', role: 'key-holder', parties: [asker], reason, txid },
    { evidence },
  )
}

/** A holder caught with a false proof; the evidence is sealed. */
export function journalFault(
  ctx: NodeContext,
  question: Question,
  holder: string,
  reason: string,
  evidence: string,
): Promise<Appended> {
  const { txid, kind } = question
  return ctx.audit.append(
    { type: 'oprf.fault', role: 'asker', parties: [holder], txid, kind, reason },
    { evidence },
  )
}

/** A message between nodes that does not hold: who sent it, and what was wrong. */
export function journalFalseMessage(
  ctx: NodeContext,
  from: string,
  reason: string,
  evidence: string | null,
): Promise<Appended> {
  return ctx.audit.append(
    { type: 'peer.refused', role: 'peer', parties: [from], reason },
    { evidence },
  )
}

export function journalKey(
  ctx: NodeContext,
  kind: IdentifierKind,
  epoch: string,
  digest: string,
  holders: readonly string[],
): Promise<Appended> {
  const role = holders.includes(ctx.self) ? 'key-holder' : 'partner'
  const event = { type: 'key.epoch', role, kind, epoch, digest } as const
  return ctx.audit.append({ ...event, parties: [...holders].sort() }, {})
}

export function journalKeyFailed(
  ctx: NodeContext,
  kind: IdentifierKind,
  epoch: string,
  reason: string,
  culprit: string | undefined,
  record: Json = {},
): Promise<Appended> {
  const event = { type: 'key.failed', role: 'key-holder', kind, epoch, reason } as const
  const parties = culprit === undefined || culprit === 'self' ? {} : { parties: [culprit] }
  return ctx.audit.append({ ...event, ...parties }, record)
}

export function journalKeyErased(ctx: NodeContext, kind: string, epoch: string): Promise<Appended> {
  const holds = ctx.inForce().convenant.keyHolders.members.includes(ctx.self)
  const role = holds ? 'key-holder' : 'partner'
  const event = { type: 'key.erased', role, epoch } as const
  return ctx.audit.append({ ...event, kind: kind as IdentifierKind }, {})
}

/** A rehearsal begins or ends as a change of what is in force, by which every entry between is known. */
export function journalRehearsal(
  ctx: NodeContext,
  digest: string,
  before: string,
  record: Json,
): Promise<Appended> {
  const { version, members } = ctx.inForce().convenant
  return ctx.audit.append(
    {
      type: 'convenant.changed',
      convenant: { version, digest },
      previousConvenant: { version, digest: before },
      parties: members.map(({ id }) => id).sort(),
      alerts: ['rehearsal'],
    },
    record,
  )
}

function sortedCheckpoints(list: readonly PeerCheckpoint[]): PeerCheckpoint[] {
  const byOrigin = new Map(list.map((checkpoint) => [checkpoint.origin, checkpoint]))
  return [...byOrigin.values()].sort((a, b) => (a.origin < b.origin ? -1 : 1)).slice(0, 16)
}
