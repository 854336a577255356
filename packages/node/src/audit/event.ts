/** What a session says about an event, and what the audit adds to make a leaf of it. */

import { type EventBody, type LeafFrame, quarterOf } from '@drempel/protocol/log'

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

/** What the audit adds, in all leaves of a minute. @param time the minute */
export function frameOf(
  time: string,
  period: string,
  software: string,
  { version, digest }: ConvenantRef,
): LeafFrame {
  return {
    defaults: { retentionClass: 'standard', convenant: { version, digest } },
    fixed: { v: 1, time, software, period },
  }
}

/** Periods never go back with a clock: a quarter that a later one followed is complete. */
export function periodAt(now: number, last: string | undefined): string {
  const quarter = quarterOf(now)
  return last !== undefined && last > quarter ? last : quarter
}
