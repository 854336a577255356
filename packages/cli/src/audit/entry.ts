/** Entries of a log that was verified, and which of them somebody wants to see. */

import type { Bytes } from '@drempel/protocol/encoding'
import { type EventType, type LeafFields, timeOf } from '@drempel/protocol/log'
import type { Period } from './period.ts'

export type Entry = {
  readonly index: number
  readonly event: LeafFields
  /** The leaf's hash in the tree (RFC 6962). */
  readonly hash: Bytes
}

/** A log whose every entry and hash was recomputed under its owner's key. */
export type VerifiedLog = {
  readonly origin: string
  readonly member: string
  /** The signed note of the tree head that the entries lead to. */
  readonly checkpoint: string
  readonly size: number
  readonly entries: readonly Entry[]
}

export type Selection = {
  /** Or the first word of several types. */
  readonly type?: string | undefined
  readonly purpose?: string | undefined
  readonly kind?: string | undefined
  /** A member: the other side of the event. */
  readonly party?: string | undefined
  readonly period?: Period | undefined
  /** Refusals and failures only. */
  readonly refused?: boolean | undefined
  /** New versions of the convenant only that changed this. */
  readonly changed?: string | undefined
}

/** Fields that only some types have. */
export type AnyFields = {
  readonly purpose?: string
  readonly kind?: string
  readonly rule?: string
  readonly reason?: string
  readonly status?: string
  readonly txid?: string
  readonly epoch?: string
  readonly round?: string
  readonly protocol?: string
  readonly sizeBucket?: number
  readonly parties?: readonly string[]
  readonly rules?: readonly string[]
  readonly alerts?: readonly string[]
  readonly convenant?: { readonly version: number; readonly digest: string }
}

/** What a leaf says, whatever its type. */
export function fieldsOf(event: LeafFields): AnyFields {
  return event as AnyFields
}

const REFUSALS: ReadonlySet<EventType> = new Set([
  'query.refused',
  'oprf.refused',
  'oprf.fault',
  'peer.refused',
  'round.refused',
  'round.excluded',
  'round.failed',
  'list.refused',
  'key.failed',
  'psi.refused',
  'witness.refused',
] satisfies EventType[])

export function isRefusal(event: LeafFields): boolean {
  const { status } = fieldsOf(event)
  return REFUSALS.has(event.type) || status === 'failed' || status === 'refused'
}

const NOTABLE: ReadonlySet<EventType> = new Set([
  'convenant.changed',
  'key.epoch',
  'key.erased',
  'psi.prepared',
  'psi.erased',
  'record.opened',
  'shred',
  'records.ended',
  'alert.raised',
  'subject.opened',
  'correction',
  'bezwaar',
  'witness.grace',
  'log.discrepancy',
] satisfies EventType[])

/** What a reviewer looks at one by one. */
export function isNotable(event: LeafFields): boolean {
  return isRefusal(event) || NOTABLE.has(event.type)
}

export function isWithin({ from, until }: Period, event: LeafFields): boolean {
  const time = timeOf(event.time)
  return time >= from && time < until
}

export function selector(wanted: Selection): (event: LeafFields) => boolean {
  const { type, purpose, kind, party, period, refused, changed } = wanted
  return (event) => {
    const fields = fieldsOf(event)
    return (
      (type === undefined || isOfType(event.type, type)) &&
      (purpose === undefined || fields.purpose === purpose) &&
      (kind === undefined || fields.kind === kind) &&
      (party === undefined || fields.parties?.includes(party) === true) &&
      (period === undefined || isWithin(period, event)) &&
      (refused !== true || isRefusal(event)) &&
      (changed === undefined || fields.alerts?.includes(changed) === true)
    )
  }
}

/** A type, or the first word of several. */
export function isOfType(type: string, wanted: string): boolean {
  return type === wanted || type.startsWith(`${wanted}.`)
}

/** Rounds, not entries: a round with several rules publishes several lists. */
export function roundsIn(entries: readonly Entry[], types: readonly string[]): number {
  const ofType = entries.filter(({ event }) => types.includes(event.type))
  return new Set(ofType.map(({ event }) => fieldsOf(event).round)).size
}
