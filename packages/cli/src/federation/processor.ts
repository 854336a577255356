/** Processor time of other processes, which a busy machine changes less than it changes wall clocks. */

import { readFileSync } from 'node:fs'

/** Of Linux's USER_HZ, which is 100 for every program. */
const TICK_SECONDS = 0.01

/** User and system seconds of all threads so far (proc_pid_stat(5)); null where there is no /proc. */
export function processorSeconds(pids: readonly number[]): number | null {
  try {
    const ticks = pids.map((pid) => {
      // Counted behind the name, which may hold spaces.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
      return Number(fields[11]) + Number(fields[12])
    })
    return TICK_SECONDS * ticks.reduce((sum, one) => sum + one, 0)
  } catch {
    return null
  }
}
