import { readFileSync, writeFileSync } from 'node:fs'

/**
 * The most memory that this process had. On Linux from /proc: getrusage's figure begins with what the
 * parent had when it forked.
 */
export function peakMiB(): number {
  try {
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
    if (kibibytes !== undefined) return Number(kibibytes) / 1024
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS / 1024
}

/** Lets `peakMiB` begin anew, where the system can: several rounds run in one process. */
export function forgetPeak(): void {
  try {
    // proc_pid_clear_refs(5): 5 resets the peak.
    writeFileSync('/proc/self/clear_refs', '5')
  } catch {
    // Not Linux, or not allowed: the peak is that of all rounds.
  }
}
