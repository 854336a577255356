/** What the nodes' monitors tell. */

import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FederationNode } from '@drempel/examples/federation/index'

export type Load = {
  /** Milliseconds between two turns of the event loop that should be 10 apart. */
  readonly p99: number
  readonly max: number
  /** Seconds, of all threads. */
  readonly cpu: number
}

export const MONITOR = `--import=${new URL('./monitor.ts', import.meta.url)}`

export function loadFile(pid: number): string {
  return join(tmpdir(), `drempel-bench-load-${pid}.json`)
}

/** The load of a node since this was last asked. */
export async function loadOf({ id, pid }: FederationNode): Promise<Load> {
  if (pid === undefined) throw new Error(`${id} does not run`)
  const file = loadFile(pid)
  process.kill(pid, 'SIGUSR2')
  for (let waited = 0; waited < 10_000; waited += 20) {
    await sleep(20)
    try {
      const load: Load = JSON.parse(readFileSync(file, 'utf8'))
      rmSync(file)
      return load
    } catch {
      // Not written yet.
    }
  }
  throw new Error(`${id} does not tell its load`)
}
