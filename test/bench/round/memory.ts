import { readFileSync } from 'node:fs'

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
