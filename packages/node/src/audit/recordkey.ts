/**
 * Which key an entry's record lies under: the quarter's, and where the entry has a purpose also that of
 * the purpose's day, so that it ends at the purpose's term. The leaf tells which.
 */

import type { Bytes } from '@drempel/protocol/encoding'
import { type LeafFields, parseOrigin } from '@drempel/protocol/log'
import { type PeriodKeys, type PurposeDay, type PurposeKeys, recordKeyOf } from '../config/index.ts'
import type { NewEvent } from './event.ts'

export type KeptKeys = {
  readonly periodKeys: Pick<PeriodKeys, 'load'>
  readonly purposeKeys: Pick<PurposeKeys, 'load'>
}

/** Null when it was erased. */
export async function loadRecordKey(
  { periodKeys, purposeKeys }: KeptKeys,
  origin: string,
  event: LeafFields,
): Promise<Bytes | null> {
  const { quarter } = parseOrigin(origin)
  const purpose = purposeIn(event)
  if (purpose === undefined) return periodKeys.load(quarter)
  const key = await purposeKeys.load(purposeDay(quarter, purpose, event.time))
  const periodKey = await periodKeys.load(quarter)
  return key === null || periodKey === null ? null : recordKeyOf(periodKey, key)
}

/** What an event is for; few types have a purpose. That a purpose's records ended is not for it. */
export function purposeIn(event: NewEvent | LeafFields): string | undefined {
  return 'purpose' in event && event.type !== 'records.ended' ? event.purpose : undefined
}

/** @param time the leaf's minute */
export function purposeDay(period: string, purpose: string, time: string): PurposeDay {
  return { period, purpose, day: time.slice(0, 10) }
}
