/**
 * Times that go back. An entry has the minute that its writer says, so one that was dated back says an
 * earlier minute than some entry before it, as does any that follows one dated ahead. A clock that was put
 * right does the same: it is told, and makes no log false.
 */

import { timeOf } from '@drempel/protocol/log'

export type SetBack = {
  readonly entries: number
  /** At most. */
  readonly minutes: number
  /** Index of the first. */
  readonly first: number
}

/** Entries of one moment may be entered in another order, and clocks are put right by a second or two. */
const TOLERANCE_MS = 2 * 60_000

/** Told of each entry in order. */
export function watchTimes(): { see(index: number, time: string): void; found(): SetBack | null } {
  let latest = ''
  let [entries, most, first] = [0, 0, 0]
  return {
    see(index, time) {
      // Of one length, so that their order is that of the minutes.
      if (time >= latest) {
        latest = time
        return
      }
      const behind = timeOf(latest) - timeOf(time)
      if (behind <= TOLERANCE_MS) return
      if (entries === 0) first = index
      entries++
      most = Math.max(most, behind)
    },
    found: () => (entries === 0 ? null : { entries, minutes: most / 60_000, first }),
  }
}
