import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts threads' time in these. */
const TICKS_A_SECOND = 100

/** Which thread of this process takes how long. */
export class BusiestThread {
  readonly #before = ticks()

  /** Seconds of processor time of the one that took most meanwhile; null where the system does not tell. */
  stop(): number | null {
    const taken = [...ticks()].map(([thread, now]) => now - (this.#before.get(thread) ?? 0))
    return taken.length === 0 ? null : Math.max(...taken) / TICKS_A_SECOND
  }
}

function ticks(): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  try {
    for (const thread of readdirSync('/proc/self/task')) {
      const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8')
      // proc_pid_stat(5): utime and stime are fields 14 and 15; the name before them may have spaces.
      const [user, system] = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .slice(11, 13)
      found.set(thread, Number(user) + Number(system))
    }
  } catch {
    // Not Linux.
  }
  return found
}
