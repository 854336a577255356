/**
 * Which key an entry's record lies under: the quarter's, and where the entry has a purpose also that of
 * the purpose's day, so that it ends at the purpose's term. The leaf tells which.
 */

import type { Bytes } from '@drempel/protocol/encoding'
import { type LeafFields, parseOrigin } from '@drempel/protocol/log'
import {
  type PeriodKeys,
  type PurposeDay,
  type PurposeKeys,
  purposeDayName,
  recordKeyOf,
} from '../config/index.ts'
import type { LogStore } from '../store/index.ts'
import { fail } from './errors.ts'
import type { NewEvent } from './event.ts'

export type KeptKeys = {
  readonly periodKeys: Pick<PeriodKeys, 'load'>
  readonly purposeKeys: Pick<PurposeKeys, 'load'>
}

/**
 * Those that the record may lie under; none when they were erased.
 * @param quartered the entry may be from before days had keys: then it lies under the quarter's alone
 */
export async function loadRecordKeys(
  { periodKeys, purposeKeys }: KeptKeys,
  origin: string,
  event: LeafFields,
  quartered: boolean,
): Promise<readonly Bytes[]> {
  const { quarter } = parseOrigin(origin)
  const periodKey = await periodKeys.load(quarter)
  if (periodKey === null) return []
  const purpose = purposeIn(event)
  if (purpose === undefined) return [periodKey]
  const key = await purposeKeys.load(purposeDay(quarter, purpose, event.time))
  const own = key === null ? [] : [recordKeyOf(periodKey, key)]
  return quartered ? [...own, periodKey] : own
}

/**
 * The key of a day, made at the first need of it; durable with the note that there was one when it
 * resolves. A day that had one gets no other: what lies under the first would then read as damaged.
 * @throws ProtocolError `LOG_UNAVAILABLE`, `at` `RECORD_ERASED`
 */
export async function dayKey(
  log: Pick<LogStore, 'addDay' | 'hasDay'>,
  purposeKeys: Pick<PurposeKeys, 'load' | 'create'>,
  of: PurposeDay,
): Promise<Bytes> {
  const name = purposeDayName(of)
  const had = await log.hasDay(name)
  const known = await purposeKeys.load(of)
  if (had) return known ?? refuseDay()
  const key = known ?? (await purposeKeys.create(of))
  await log.addDay(name)
  return key
}

/** What an event is for; few types have a purpose. That a purpose's records ended is not for it. */
export function purposeIn(event: NewEvent | LeafFields): string | undefined {
  return 'purpose' in event && event.type !== 'records.ended' ? event.purpose : undefined
}

/** Of a day that had a key and has none. */
export function refuseDay(): never {
  const hint = "the key of the purpose's day was erased or is lost: check the clock, or put it back"
  return fail('LOG_UNAVAILABLE', { at: 'RECORD_ERASED', hint })
}

/** @param time the leaf's minute */
export function purposeDay(period: string, purpose: string, time: string): PurposeDay {
  return { period, purpose, day: time.slice(0, 10) }
}
