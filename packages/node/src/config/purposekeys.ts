/**
 * Keys of one purpose and one day of a quarter, in files beside the quarter's own key and outside the
 * database: under one, and the quarter's, lie the records of that day's entries for the purpose; under
 * it alone the index by which a data subject's queries are found again. So each day ends at the
 * purpose's own term. Without its key both are random bytes, in every backup of the database too.
 * Homes of an older release have keys of that index by the quarter, which end with the quarter.
 */

import { join } from 'node:path'
import { type Bytes, hmacSha256, type RandomBytes, utf8 } from '@drempel/protocol/encoding'
import { openPeriodKeys } from './periodkeys.ts'
import type { PeriodKeys, PurposeDay, PurposeKeys, PurposeQuarter } from './types.ts'

const QUARTER = /^([0-9]{4}Q[1-4]\.[a-z0-9][a-z0-9-]{0,63})\.key$/
const NAME = /^([0-9]{4}Q[1-4]\.[a-z0-9][a-z0-9-]{0,63}\.[0-9]{4}-[0-9]{2}-[0-9]{2})\.key$/

/** @param periods folder of the periods' own keys */
export function openPurposeKeys(periods: string, random: RandomBytes): PurposeKeys {
  const keys = openPeriodKeys(join(periods, 'purposes'), random, NAME)
  const quarters = openPeriodKeys(join(periods, 'index'), random, QUARTER)
  const making = new Map<string, Promise<Bytes>>()
  return {
    load: (of) => keys.load(purposeDayName(of)),
    // The log and the index both begin a day: one file is written at a time.
    create: (of) => {
      const name = purposeDayName(of)
      const made = making.get(name) ?? keys.create(name).finally(() => making.delete(name))
      making.set(name, made)
      return made
    },
    list: async () => (await keys.list()).map(parseName),
    erase: (of) => keys.erase(purposeDayName(of)),
    quarters: {
      load: (of) => quarters.load(quarterName(of)),
      list: async () => (await quarters.list()).map(parseName),
      erase: (of) => quarters.erase(quarterName(of)),
    },
  }
}

/**
 * What a period ends with: first what finds its records, then what opens them. One that can't be erased
 * keeps none of the others, and is told when they are gone.
 */
export function withPurposes(periodKeys: PeriodKeys, purposeKeys: PurposeKeys): PeriodKeys {
  return {
    ...periodKeys,
    async erase(period): Promise<boolean> {
      const failures: unknown[] = []
      const kept = (error: unknown) => void failures.push(error)
      for (const of of await purposeKeys.list()) {
        if (of.period === period) await purposeKeys.erase(of).catch(kept)
      }
      for (const of of await purposeKeys.quarters.list()) {
        if (of.period === period) await purposeKeys.quarters.erase(of).catch(kept)
      }
      const erased = await periodKeys.erase(period)
      if (failures.length > 0) throw failures[0]
      return erased
    },
  }
}

/** No part has a dot, so no two give one name. */
export function purposeDayName({ period, purpose, day }: PurposeDay): string {
  return [period, purpose, day].join('.')
}

function quarterName({ period, purpose }: PurposeQuarter): string {
  return [period, purpose].join('.')
}

/** Of the index of a day's queries. */
export function indexKeyOf(key: Bytes): Bytes {
  return hmacSha256(key, utf8('index'))
}

/** Of a day's records: whichever of the two is erased first ends them. */
export function recordKeyOf(periodKey: Bytes, key: Bytes): Bytes {
  return hmacSha256(periodKey, key)
}

function parseName(name: string): PurposeDay {
  const [period, purpose, day] = name.split('.')
  return { period: period!, purpose: purpose!, day: day ?? '' }
}
