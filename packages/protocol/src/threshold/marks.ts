/**
 * What a partner shares behind a key, where a rule asks: how many reports stand behind a record, in two
 * bits, or whether the row is a record at all, in one. With the latter a run of one row may be either
 * record or dummy, and nobody else can tell.
 *
 * Both are the partner's own affair. Who calls a dummy a record changes the count of identifiers with
 * one holder, as it would by flagging what does not exist; rows of two holders or more do not look at it.
 */

import { WORDS } from './keys.ts'
import type { RoundPlan } from './plan.ts'

/**
 * Partner: writes them behind the x of each entry, the high bit first.
 * @param entries [slot][WORDS words]
 * @param counts of each slot the reports of its record; 0 of a dummy, which counts 1
 */
export function markEntries(
  { width, reportBits }: Pick<RoundPlan, 'width' | 'reportBits'>,
  entries: Uint32Array,
  counts: Uint8Array,
): void {
  if (reportBits === 0) return
  const set = (slot: number, bit: number) => {
    entries[WORDS * slot + (bit >>> 5)]! |= 1 << (31 - (bit & 31))
  }
  for (let slot = 0; slot < counts.length; slot++) {
    const count = counts[slot]!
    if (reportBits === 2) {
      if (count >= 2) set(slot, width)
      if (count !== 2) set(slot, width + 1)
    } else if (count > 0) set(slot, width)
  }
}
