/**
 * Times that go back. An entry has the minute that its writer says, so one that was dated back says an
 * earlier minute than some entry before it, as does any that follows one dated ahead. A clock that was put
 * right does the same: it is told, and makes no log false. What is dated out of a period is in no report of
 * that period, which therefore tells it of the whole log.
 */

import { timeOf } from '@drempel/protocol/log'
import type { Text } from '../output/language.ts'

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

export function setBackText({ entries, minutes, first }: SetBack): Text {
  const one = entries === 1
  return {
    nl: `${entries} ${one ? 'regel noemt' : 'regels noemen'} een vroegere tijd dan een regel ervoor (tot ${minutes} minuten, vanaf regel ${first}): een klok die werd gelijkgezet, of een verkeerde tijd.`,
    en: `${entries} ${one ? 'entry says' : 'entries say'} an earlier time than one before them (by up to ${minutes} minutes, from entry ${first} on): a clock that was put right, or a false time.`,
  }
}
