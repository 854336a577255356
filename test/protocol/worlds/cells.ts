/** Entries of a prepared list as numbers, for partners that lie. */

import type { PreparedList, RoundPlan } from '@drempel/protocol/threshold'

export function readCell(plan: RoundPlan, list: PreparedList, bin: number, slot: number): bigint {
  let x = 0n
  for (let bit = 0; bit < plan.width; bit++) {
    const { at, mask } = place(plan, list, bin, slot, bit)
    x = 2n * x + ((list.planes[at]! & mask) === 0 ? 0n : 1n)
  }
  return x
}

/** Changes the list's planes. */
export function writeCell(
  plan: RoundPlan,
  list: PreparedList,
  bin: number,
  slot: number,
  x: bigint,
): void {
  for (let bit = 0; bit < plan.width; bit++) {
    const { at, mask } = place(plan, list, bin, slot, bit)
    const one = (x >> BigInt(plan.width - 1 - bit)) & 1n
    list.planes[at] = one === 1n ? list.planes[at]! | mask : list.planes[at]! & ~mask
  }
}

function place(plan: RoundPlan, list: PreparedList, bin: number, slot: number, bit: number) {
  const { slots } = plan.partners[list.partner]!
  const shard = Math.floor(bin / 128)
  const lane = bin % 128
  const at = ((shard * (plan.width + plan.reportBits) + bit) * slots + slot) * 16 + (lane >> 3)
  return { at, mask: 1 << (lane & 7) }
}
