/**
 * What an experiment computes on: who flagged which identifier on which day, and, where somebody
 * knows, what it is in truth. Everything is in the clear: this is a model of the world, not a party.
 */

import type { Sector } from '@drempel/protocol/convenant'
import type { IdentifierKind } from '@drempel/protocol/identifiers'
import type { Text } from '../output/language.ts'
import type { ExperimentPartner } from './schema.ts'

/**
 * - `fraud`: an offender's own
 * - `mule`: a katvanger's, who lends an account and may be pressed to
 * - `repeat`: of somebody who became a victim again and again, whom helpers look for
 * - `victim`: of somebody whose identity was used
 * - `once`: of a victim of one crime, where those of several are looked for
 * - `innocent`: of somebody who has nothing to do with it
 */
export const HOLDERS = ['fraud', 'mule', 'repeat', 'victim', 'once', 'innocent'] as const
export type Holder = (typeof HOLDERS)[number]

/** Whom a rule is meant to find. */
export function isSought(holder: Holder | null): boolean {
  return holder === 'fraud' || holder === 'mule' || holder === 'repeat'
}

/** Whom it should leave alone; where nobody knows the holder, nobody can say. */
export function isWronged(holder: Holder | null): boolean {
  return holder !== null && !isSought(holder)
}

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
  /** Whether the holders are known; and whom is looked for then. */
  readonly truth: boolean
  readonly sought: 'offenders' | 'victims'
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
  /** Indices of the partners that learn from it; and who these are, where not all do. */
  readonly consumers: readonly number[]
  readonly only?: Audience
}

export type Audience =
  | { readonly sectors: readonly Sector[] }
  | { readonly names: readonly string[] }

/** By which all learn counts, in tens, and of no identifier. */
export type CountRule = {
  readonly id: string
  readonly kind: IdentifierKind
  readonly listAgeDays: number
  readonly show: 'histogram' | 'overlaps' | 'both'
  /** Counts below it stay closed. */
  readonly minCell: number
  /** The first class is of so many partners, and the last of so many or more. */
  readonly from: 1 | 2
  readonly upTo: number
}

/** A partner's count of reports saturates here: two bits. */
export const MOST_REPORTS = 3

export const HOLDER_NAMES: Readonly<Record<Holder, Text>> = {
  fraud: { nl: 'fraudeur', en: 'offender' },
  mule: { nl: 'katvanger', en: 'money mule' },
  repeat: { nl: 'herhaald slachtoffer', en: 'repeated victim' },
  once: { nl: 'eenmalig slachtoffer', en: 'victim of one crime' },
  victim: { nl: 'slachtoffer van identiteitsfraude', en: 'victim of identity fraud' },
  innocent: { nl: 'onschuldige', en: 'innocent holder' },
}
