/**
 * Keys of the index by which a data subject's queries are found again: one for each period and
 * purpose, in files beside the period's own key and outside the database. Without them the index
 * is random bytes, so that erasing them erases it, in every backup of the database too.
 */

import { join } from 'node:path'
import type { RandomBytes } from '@drempel/protocol/encoding'
import { openPeriodKeys } from './periodkeys.ts'
import type { IndexKeys, PeriodKeys } from './types.ts'

const NAME = /^([0-9]{4}Q[1-4]\.[a-z0-9][a-z0-9-]{0,63})\.key$/

/** @param periods folder of the periods' own keys */
export function openIndexKeys(periods: string, random: RandomBytes): IndexKeys {
  const keys = openPeriodKeys(join(periods, 'index'), random, NAME)
  const list = async () =>
    (await keys.list()).map((name) => {
      const [period, purpose] = name.split('.')
      return { period: period!, purpose: purpose! }
    })
  return {
    load: (period, purpose) => keys.load(`${period}.${purpose}`),
    create: (period, purpose) => keys.create(`${period}.${purpose}`),
    list,
    async erase(period, purpose) {
      for (const key of await list()) {
        const meant = key.period === period && (purpose ?? key.purpose) === key.purpose
        if (meant) await keys.erase(`${period}.${key.purpose}`)
      }
    },
  }
}

/** The index ends with the period: first what finds the records, then what opens them. */
export function withIndex(periodKeys: PeriodKeys, indexKeys: IndexKeys): PeriodKeys {
  return {
    ...periodKeys,
    async erase(period): Promise<boolean> {
      await indexKeys.erase(period)
      return periodKeys.erase(period)
    },
  }
}
