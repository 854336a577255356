/** What a session says about an event, and the leaf that it becomes. */

import type { Bytes } from '@drempel/protocol/encoding'
import { type EventBody, encodeEvent, type LeafFields, quarterOf } from '@drempel/protocol/log'

/** The agreement in force; `digest` in lower-case hexadecimal. */
export type ConvenantRef = {
  readonly id: string
  readonly version: number
  readonly digest: string
}

type Said<Body> = Body extends EventBody
  ? Omit<Body, 'retentionClass'> & {
      /** How long the leaf is kept; 'standard' when absent. */
      readonly retentionClass?: string
      /** Instead of the convenant in force. */
      readonly convenant?: { readonly version: number; readonly digest: string }
    }
  : never

/** A leaf without what the audit adds: version, time, software, period, convenant and commitment. */
export type NewEvent = Said<EventBody>

/** @throws ProtocolError `BAD_EVENT` when a field is missing, unknown or out of its set */
export function leafOf(
  event: NewEvent,
  context: {
    /** The leaf's minute. */
    readonly time: string
    readonly period: string
    readonly software: string
    readonly convenant: ConvenantRef
    readonly commit: string
  },
): Bytes {
  const { version, digest } = context.convenant
  return encodeEvent({
    retentionClass: 'standard',
    convenant: { version, digest },
    ...event,
    v: 1,
    time: context.time,
    software: context.software,
    period: context.period,
    commit: context.commit,
    // The spread of a union is no longer one to the compiler; the schema checks it again.
  } as LeafFields)
}

/** Periods never go back with a clock: a quarter that a later one followed is complete. */
export function periodAt(now: number, last: string | undefined): string {
  const quarter = quarterOf(now)
  return last !== undefined && last > quarter ? last : quarter
}
