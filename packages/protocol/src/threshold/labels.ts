/**
 * What travels with a record through the merge, in planes behind its key: the partner's own count of
 * reports, which it shared with the record, and numbers that are public for a whole list (its sector,
 * or the list itself), which the compute nodes write down themselves. Only rules that ask for them pay for these planes.
 */

import { type Planes, planeAt, type Session, xorConstant } from '../mpc/index.ts'
import type { Places } from './group.ts'
import type { RoundPlan } from './plan.ts'

/** A number of every list, the most significant bit first. */
export type Code = {
  /** The first plane. */
  readonly at: number
  readonly bits: number
  /** Numbers are below this. */
  readonly values: number
  /** Partner to its number. */
  readonly of: ReadonlyMap<number, number>
}

export type Labels = {
  /** Planes behind those that a partner shared. */
  readonly bits: number
  readonly sector?: Code
  /** Which list it is. */
  readonly partner?: Code
}

export const NO_LABELS: Labels = { bits: 0 }

/** Planes that a partner shares: of its keys, and of its counts of reports where a rule asks for them. */
export function sharedBits(plan: RoundPlan): number {
  return plan.width + plan.reportBits
}

/** Numbers the sectors that take part in order of their names. */
export function sectorLabels(
  plan: RoundPlan,
  included: readonly number[],
  sectorOf: readonly string[],
): Labels {
  const names = [...new Set(included.map((partner) => sectorOf[partner]!))].sort()
  const of = new Map(included.map((partner) => [partner, names.indexOf(sectorOf[partner]!)]))
  const sector = codeOf(sharedBits(plan), names.length, of)
  return { bits: sector.bits, sector }
}

/** Numbers the lists that take part in their order. */
export function partnerLabels(plan: RoundPlan, included: readonly number[]): Labels {
  const of = new Map(included.map((partner, number) => [partner, number]))
  const partner = codeOf(sharedBits(plan), included.length, of)
  return { bits: partner.bits, partner }
}

function codeOf(at: number, values: number, of: ReadonlyMap<number, number>): Code {
  return { at, bits: values <= 1 ? 0 : 32 - Math.clz32(values - 1), values, of }
}

/** Writes the public numbers into planes that are zero. */
export function writeLabels(
  session: Session,
  plan: RoundPlan,
  planes: Planes,
  { starts }: Pick<Places, 'starts'>,
  { sector, partner: number }: Labels,
): void {
  for (const code of [sector, number])
    if (code !== undefined) writeCode(session, plan, planes, starts, code)
}

function writeCode(
  session: Session,
  plan: RoundPlan,
  planes: Planes,
  starts: Places['starts'],
  code: Code,
): void {
  const { rowWords, share } = planes
  for (const [partner, start] of starts) {
    const words = plan.partners[partner]!.slots * rowWords
    for (let bit = 0; bit < code.bits; bit++) {
      if (((code.of.get(partner)! >> (code.bits - 1 - bit)) & 1) === 0) continue
      const from = planeAt(planes, code.at + bit) + start * rowWords
      xorConstant(session.party, share, -1, from, from + words)
    }
  }
}
