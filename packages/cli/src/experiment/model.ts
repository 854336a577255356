/**
 * What an experiment computes on: who flagged which identifier on which day, and, where somebody
 * knows, what it is in truth. Everything is in the clear: this is a model of the world, not a party.
 */

import type { IdentifierKind } from '@drempel/protocol/identifiers'
import type { Text } from '../output/language.ts'
import type { ExperimentPartner } from './schema.ts'

/**
 * - `fraud`: an offender's own
 * - `mule`: a katvanger's, who lends an account and may be pressed to
 * - `victim`: of somebody whose identity was used
 * - `innocent`: of somebody who has nothing to do with it
 */
export const HOLDERS = ['fraud', 'mule', 'victim', 'innocent'] as const
export type Holder = (typeof HOLDERS)[number]

export type Report = { readonly day: number; readonly partner: number }

export type Item = {
  readonly kind: IdentifierKind
  /** Canonical. */
  readonly value: string
  /** Null where nobody knows. */
  readonly holder: Holder | null
  readonly campaigns: readonly number[]
  /** By day, earliest first. */
  readonly reports: readonly Report[]
}

/** Somebody who lost money, and what of the offender's they met. */
export type Victim = {
  readonly day: number
  readonly euro: number
  readonly items: readonly number[]
}

export type Material = {
  readonly partners: readonly ExperimentPartner[]
  readonly items: readonly Item[]
  readonly victims: readonly Victim[]
  /** The day of the last round. */
  readonly lastDay: number
  readonly dated: boolean
  /** Whether the holders are known. */
  readonly truth: boolean
  readonly rejected: readonly { readonly partner: string; readonly count: number }[]
}

export type Rule = {
  readonly id: string
  readonly kind: IdentifierKind
  readonly t: number
  readonly sectors: number
  /** 0: no count of reports is asked for. */
  readonly reports: number
  /** 0: flags do not expire. */
  readonly listAgeDays: number
  readonly output: 'list' | 'owners'
  /** Indices of the partners that learn from it. */
  readonly consumers: readonly number[]
}

/** A partner's count of reports saturates here: two bits. */
export const MOST_REPORTS = 3

export const HOLDER_NAMES: Readonly<Record<Holder, Text>> = {
  fraud: { nl: 'fraudeur', en: 'offender' },
  mule: { nl: 'katvanger', en: 'money mule' },
  victim: { nl: 'slachtoffer van identiteitsfraude', en: 'victim of identity fraud' },
  innocent: { nl: 'onschuldige', en: 'innocent holder' },
}
