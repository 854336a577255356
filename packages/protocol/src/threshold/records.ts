/**
 * Which rows of a list are records, and which are dummies? Where identifiers of one holder are counted a
 * partner shares that with each row in one bit: a run of one row may be either, and nobody else can tell.
 *
 * The bit is the partner's own affair. Who calls a dummy a record changes the count of identifiers with
 * one holder, as it would by flagging what does not exist; rows of two holders or more do not look at it.
 */

import type { Bytes } from '../encoding/index.ts'
import type { RoundPlan } from './plan.ts'

const ROW_BYTES = 16

/** Partner: writes the plane [slot][16 bytes] of every shard, behind the keys'. */
export function writeRecords(
  plan: RoundPlan,
  partner: number,
  planes: Bytes,
  slotOf: Int32Array,
): void {
  const { slots } = plan.partners[partner]!
  const planeBytes = slots * ROW_BYTES
  const shardBytes = (plan.width + plan.reportBits) * planeBytes
  for (const cell of slotOf) {
    const bin = Math.floor(cell / slots)
    const lane = bin % 128
    const shard = ((bin - lane) / 128) * shardBytes
    const at = shard + plan.width * planeBytes + (cell % slots) * ROW_BYTES + (lane >> 3)
    planes[at]! |= 1 << (lane & 7)
  }
}
