/**
 * Public bounds that validation holds every entry of a list against.
 *
 * An honest entry at slot p of a list with M = factor·base lies in [(p - W)/M, (p + 1)/M) of its
 * bin, whatever the other partners hold (see prepare.ts). The merge relies on it, so a list that
 * breaks it could erase the results of others. The bounds are rounded outward to as few leading
 * bits as keep the rounding within half a slot on either side; the merge is built for the rounded
 * bounds.
 */

import type { RoundPlan } from './plan.ts'

export type SlotBounds = {
  /** Leading bits of x that the bounds speak of: ceil(log2 M) + 1. */
  readonly bits: number
  /** Per slot the least and the greatest value of those bits, both inclusive; -1: no bound. */
  readonly lower: Int32Array
  readonly upper: Int32Array
}

/** Compute nodes: the bounds of one partner's slots, the same in every bin. */
export function slotBounds(plan: RoundPlan, partner: number): SlotBounds {
  const { slots, factor } = plan.partners[partner]!
  const span = factor * plan.base
  const bits = boundBits(span)
  const steps = 1 << bits
  const lower = new Int32Array(slots).fill(-1)
  const upper = new Int32Array(slots).fill(-1)
  for (let p = 0; p < slots; p++) {
    const least = Math.floor(((p - plan.window) * steps) / span)
    if (least > 0) lower[p] = least
    const greatest = Math.ceil(((p + 1) * steps) / span) - 1
    if (greatest < steps - 1) upper[p] = greatest
  }
  return { bits, lower, upper }
}

export function boundBits(span: number): number {
  let bits = 1
  while (1 << (bits - 1) < span) bits++
  return bits
}
