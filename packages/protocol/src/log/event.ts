/**
 * The audit leaf: what may be read about an event for the whole audit term. It says that something
 * was asked, evaluated, run or refused, between which members and under which rule; never about
 * whom, with what answer, or by which person: that is in the sealed record, which `commit` binds.
 *
 * A leaf is RFC 8785 JSON of a strict schema; the bytes that hash into the tree are its only form.
 */

import { z } from 'zod'
import { type Bytes, type Json, jcs, parseJcs } from '../encoding/index.ts'
import { fail } from './errors.ts'
import { fields } from './fields.ts'

const query = ['txid', 'role', 'parties', 'convenant', 'kind', 'protocol', 'sizeBucket'] as const
const named = ['purpose', 'rule', 'quotaClass'] as const
const refused = ['role', 'convenant', 'reason'] as const
const psi = [...query, 'purpose', 'digest'] as const
const round = ['role', 'convenant', 'round'] as const

/** Every type of event, the fields it must have, the fields it may have. */
const events = [
  // A check, a screen or the tagging of flags: the asker.
  event('query.intent', [...query, 'batch'], [...named, 'approvalCommit', 'commit']),
  event(
    'query.result',
    [...query, 'status'],
    [...named, 'round', 'batch', 'reason', 'approvalCommit', 'commit', 'peerCheckpoints'],
  ),
  event('query.refused', refused, [...query, ...named, 'round', 'approvalCommit', 'commit']),
  // The same query at a key holder, and a holder caught with a false proof.
  event('oprf.evaluated', [...query, 'batch', 'peerCheckpoints'], named),
  event('oprf.refused', refused, [...query, ...named, 'batch', 'peerCheckpoints']),
  event(
    'oprf.fault',
    [...refused, 'txid', 'parties', 'kind'],
    [...query, ...named, 'batch', 'commit', 'peerCheckpoints'],
  ),
  // A request between nodes that failed before it meant anything: signature, replay, size, shape.
  event('peer.refused', refused, ['parties', 'txid', 'sizeBucket']),
  // The round.
  event('round.announced', [...round, 'kind', 'digest'], ['rule', 'parties', 'epoch']),
  event('round.committed', [...round, 'kind', 'digest'], ['rule', 'epoch', 'peerCheckpoints']),
  event('round.excluded', [...round, 'kind', 'parties', 'reason'], ['rule', 'commit']),
  event(
    'round.published',
    [...round, 'kind', 'digest', 'sizeBucket'],
    ['rule', 'epoch', 'parties', 'peerCheckpoints'],
  ),
  event('round.failed', [...round, 'reason'], ['kind', 'rule', 'epoch', 'parties', 'commit']),
  event('round.refused', [...round, 'reason'], ['kind', 'rule', 'parties', 'digest']),
  event('list.accepted', [...round, 'kind', 'rule', 'digest', 'sizeBucket'], ['epoch']),
  event('list.refused', [...round, 'reason'], ['kind', 'rule', 'digest', 'parties']),
  // Keys, the convenant, flags, the node itself.
  event('key.epoch', ['role', 'convenant', 'kind', 'epoch', 'digest'], ['parties']),
  event('key.failed', ['role', 'convenant', 'kind', 'epoch', 'reason'], ['parties', 'commit']),
  event('key.erased', ['role', 'convenant', 'kind', 'epoch'], ['digest']),
  event('convenant.changed', ['convenant'], ['previousConvenant', 'parties']),
  event('flag.summary', ['convenant', 'kind', 'counts'], []),
  event('node.started', [], ['convenant', 'reason']),
  event('node.stopped', [], ['convenant', 'reason']),
  // Two-party intersections.
  event('psi.intent', psi, ['quotaClass', 'approvalCommit', 'commit']),
  event('psi.result', [...psi, 'status'], ['quotaClass', 'reason', 'commit', 'peerCheckpoints']),
  event('psi.refused', refused, [...psi, 'quotaClass', 'approvalCommit', 'commit']),
  // Data subjects and supervision.
  event('correction', ['convenant', 'commit'], ['kind', 'reason', 'txid']),
  event('bezwaar', ['convenant', 'commit'], ['kind', 'status']),
  event('subject.closed', ['convenant', 'commit'], ['reason']),
  event('record.opened', ['convenant', 'commit', 'approvalCommit'], ['purpose', 'reason', 'txid']),
  event('shred', ['convenant'], ['reason', 'purpose']),
  // Witnesses.
  event('witness.cosigned', ['convenant', 'parties', 'peerCheckpoints'], []),
  event('witness.refused', ['convenant', 'parties', 'reason'], ['peerCheckpoints', 'commit']),
  event('witness.grace', ['convenant', 'status'], ['parties', 'reason']),
] as const

const schema = z.discriminatedUnion('type', events).refine(hasPurpose)

export type AuditEvent = z.infer<typeof schema>
export type EventType = AuditEvent['type']

/** The event of one type: `EventOf<'query.intent'>`. */
export type EventOf<Type extends EventType> = Extract<AuditEvent, { readonly type: Type }>

export const EVENT_TYPES: readonly EventType[] = events.map(
  ({ shape }) => shape.type.value as EventType,
)

// No event that the schema allows is longer; an entry bundle could carry 65,535.
const MAX_LEAF = 16 * 1024

/** The leaf bytes. @throws ProtocolError `BAD_EVENT`, `at` the first bad field */
export function encodeEvent(event: AuditEvent): Bytes {
  const leaf = jcs(validate(event) as Json)
  if (leaf.length > MAX_LEAF) fail('BAD_EVENT')
  return leaf
}

/** Reads leaf bytes, which must be in canonical form. @throws ProtocolError `BAD_EVENT` */
export function parseEvent(leaf: Bytes): AuditEvent {
  if (leaf.length > MAX_LEAF) fail('BAD_EVENT')
  let value: Json
  try {
    value = parseJcs(leaf)
  } catch {
    return fail('BAD_EVENT')
  }
  return validate(value)
}

function validate(value: unknown): AuditEvent {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  // The path only: a message could quote what was refused.
  const at = result.error.issues[0]!.path.join('.')
  return fail('BAD_EVENT', at === '' ? {} : { at })
}

/** A question about identifiers states its purpose and rule; the tagging of own flags has none. */
function hasPurpose(event: z.infer<(typeof events)[number]>): boolean {
  if (event.type !== 'query.intent' && event.type !== 'query.result') return true
  return event.protocol === 'tag' || (event.purpose !== undefined && event.rule !== undefined)
}

type Fields = typeof fields
type Base = Pick<Fields, 'v' | 'time' | 'software' | 'retentionClass' | 'period'>
type Shape<Required extends keyof Fields, Optional extends keyof Fields> = Base &
  Pick<Fields, Required> & {
    [Name in Exclude<Optional, Required>]: z.ZodExactOptional<Fields[Name]>
  }

function event<
  const Type extends string,
  const Required extends keyof Fields = never,
  const Optional extends keyof Fields = never,
>(type: Type, required: readonly Required[], optional: readonly Optional[]) {
  const { v, time, software, retentionClass, period } = fields
  const shape: Record<string, z.ZodType> = { v, time, software, retentionClass, period }
  for (const name of optional) shape[name] = z.exactOptional(fields[name])
  for (const name of required) shape[name] = fields[name]
  return z.strictObject({ ...shape, type: z.literal(type) } as unknown as Shape<
    Required,
    Optional
  > & { type: z.ZodLiteral<Type> })
}
