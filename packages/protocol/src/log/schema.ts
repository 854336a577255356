/** The schema of an audit leaf: every type of event with the fields that it must and may have. */

import { z } from 'zod'
import { fail } from './errors.ts'
import { fields } from './fields.ts'

const query = ['txid', 'role', 'parties', 'convenant', 'kind', 'protocol', 'sizeBucket'] as const
const named = ['purpose', 'rule', 'epoch', 'quotaClass'] as const
const refused = ['role', 'convenant', 'reason'] as const
const round = ['role', 'convenant', 'round'] as const
const ofRound = ['kind', 'rules', 'epoch', 'parties', 'peerCheckpoints'] as const
const psi = [...query, 'purpose', 'digest'] as const
const prepared = [
  'txid',
  'role',
  'parties',
  'convenant',
  'kind',
  'purpose',
  'sizeBucket',
  'digest',
] as const
const dual = ['approvalCommit', 'capacities'] as const
const subject = ['kind', 'purpose', 'reason', 'status', 'txid'] as const

/** Every type of event, the fields it must have beside those of all, the fields it may have. */
export const events = [
  // A check, a screen or the tagging of flags: the asker.
  event('query.intent', [...query, 'batch'], [...named, 'approvalCommit']),
  event(
    'query.result',
    [...query, 'status'],
    [...named, 'round', 'batch', 'reason', 'approvalCommit', 'peerCheckpoints'],
  ),
  event('query.refused', refused, [...query, ...named, 'round', 'approvalCommit']),
  // The same query at a key holder; a holder that gave a false proof, at the asker.
  event('oprf.evaluated', [...query, 'batch', 'peerCheckpoints'], named),
  event('oprf.refused', refused, [...query, ...named, 'batch', 'peerCheckpoints']),
  event(
    'oprf.fault',
    [...refused, 'txid', 'parties', 'kind'],
    [...query, ...named, 'batch', 'peerCheckpoints'],
  ),
  // A request between nodes that failed before it meant anything: signature, replay, size, shape.
  event('peer.refused', refused, ['parties', 'txid', 'sizeBucket']),
  // The round. No leaf says who contributed; `parties` are compute nodes, or the culprit.
  event('round.announced', [...round, 'kind', 'digest'], ofRound),
  event('round.committed', [...round, 'kind', 'digest'], ofRound),
  event('round.excluded', [...round, 'kind', 'parties', 'reason'], ofRound),
  event('round.published', [...round, 'kind', 'digest', 'sizeBucket'], ofRound),
  event('round.failed', [...round, 'reason'], ofRound),
  event('round.refused', [...round, 'reason'], [...ofRound, 'digest']),
  event('list.accepted', [...round, 'kind', 'rule', 'digest', 'sizeBucket'], ofRound),
  event('list.refused', [...round, 'reason'], [...ofRound, 'rule', 'digest']),
  // Keys, the convenant, flags, the node itself.
  event('key.epoch', ['role', 'convenant', 'kind', 'epoch', 'digest'], ['parties']),
  event('key.failed', ['role', 'convenant', 'kind', 'epoch', 'reason'], ['parties']),
  event('key.erased', ['role', 'convenant', 'kind', 'epoch'], ['digest']),
  event('convenant.changed', ['convenant'], ['previousConvenant', 'parties', 'alerts']),
  event('flag.summary', ['convenant', 'kind', 'counts'], []),
  event('node.started', [], ['convenant', 'reason']),
  event('node.stopped', [], ['convenant', 'reason']),
  // Two-party intersections.
  event('psi.intent', psi, ['quotaClass', 'approvalCommit']),
  event('psi.result', [...psi, 'status'], ['quotaClass', 'reason', 'peerCheckpoints']),
  event('psi.refused', refused, [...psi, 'quotaClass', 'approvalCommit']),
  // A list masked ahead of them, at whose list it is and at who was given it; and the end of it.
  event('psi.prepared', prepared, []),
  event('psi.erased', [...prepared, 'reason'], []),
  // Data subjects and supervision.
  event('correction', ['convenant'], subject),
  event('bezwaar', ['convenant'], subject),
  event('subject.opened', ['convenant', 'txid', 'reason'], subject),
  event('subject.extended', ['convenant', 'txid', 'reason'], subject),
  event('subject.closed', ['convenant'], subject),
  // Answers given before, looked up in a new list; whether one no longer holds is no part of it.
  event('answers.reviewed', ['convenant', 'kind', 'rule', 'round'], []),
  event('record.opened', ['convenant', ...dual, 'entry'], []),
  // By two people, or by the node itself when no purpose keeps anything of the period any more.
  event('shred', ['convenant', 'shredded', 'reason'], dual),
  // Within a period: the days of one purpose whose own term is over.
  event('records.ended', ['convenant', 'shredded', 'purpose', 'through'], []),
  // What stood out in how the node is used, for its people to look at.
  event('alert.raised', refused, ['parties', 'purpose', 'kind']),
  // Witnesses.
  event('witness.cosigned', ['convenant', 'parties', 'peerCheckpoints'], []),
  event('witness.refused', ['convenant', 'parties', 'reason'], ['peerCheckpoints']),
  event('witness.grace', ['convenant', 'status'], ['parties', 'reason']),
  // Logs of members compared: heads kept of those that grew, and what their entries contradict.
  event('witness.anchored', ['convenant', 'parties', 'peerCheckpoints'], []),
  event('log.discrepancy', ['role', 'convenant', 'parties', 'reason', 'sizeBucket'], []),
] as const

const schema = z.discriminatedUnion('type', events).refine(isWhole)

/** A whole leaf, of any type. */
export type LeafFields = z.infer<typeof schema>
export type EventType = LeafFields['type']

/** The leaf of one type: `EventOf<'query.intent'>`. */
export type EventOf<Type extends EventType> = Extract<LeafFields, { readonly type: Type }>

export const EVENT_TYPES: readonly EventType[] = events.map(
  ({ shape }) => shape.type.value as EventType,
)

/** @throws ProtocolError `BAD_EVENT`, `at` the first bad field */
export function validate(value: unknown): LeafFields {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  // The path only: a message could quote what was refused.
  const at = result.error.issues[0]!.path.join('.')
  return fail('BAD_EVENT', at === '' ? {} : { at })
}

/** What depends on more than one field. */
export function isWhole(event: z.infer<(typeof events)[number]>): boolean {
  switch (event.type) {
    // A question about identifiers states its purpose and rule; the tagging of own flags has none.
    case 'query.intent':
    case 'query.result':
      return event.protocol === 'tag' || (event.purpose !== undefined && event.rule !== undefined)
    // Before its time a key is erased by two people, and both stand in the entry.
    case 'shred':
      return event.approvalCommit === undefined
        ? event.capacities === undefined && event.reason === 'RETENTION_ENDED'
        : event.capacities !== undefined
    default:
      return true
  }
}

type Fields = typeof fields
type Base = Pick<Fields, 'v' | 'time' | 'software' | 'retentionClass' | 'period' | 'commit'>
type Shape<Required extends keyof Fields, Optional extends keyof Fields> = Base &
  Pick<Fields, Required> & {
    [Name in Exclude<Optional, Required>]: z.ZodExactOptional<Fields[Name]>
  }

function event<
  const Type extends string,
  const Required extends keyof Fields = never,
  const Optional extends keyof Fields = never,
>(type: Type, required: readonly Required[], optional: readonly Optional[]) {
  const { v, time, software, retentionClass, period, commit } = fields
  const shape: Record<string, z.ZodType> = { v, time, software, retentionClass, period, commit }
  for (const name of optional) shape[name] = z.exactOptional(fields[name])
  for (const name of required) shape[name] = fields[name]
  return z.strictObject({ ...shape, type: z.literal(type) } as unknown as Shape<
    Required,
    Optional
  > & { type: z.ZodLiteral<Type> })
}
