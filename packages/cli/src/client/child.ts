/** Starts drempel-node as a program of its own: found as a package, never loaded into this process. */

import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** `output`: what to do with what the node prints, on standard output and standard error. */
export function startNode(args: readonly string[], output: 'inherit' | 'pipe'): ChildProcess {
  const main = fileURLToPath(import.meta.resolve('@drempel/node/main'))
  // Found as source: this program runs from source, and the node's own imports have to as well.
  const source = main.endsWith('.ts')
    ? ['--conditions=drempel-src', '--disable-warning=ExperimentalWarning']
    : []
  return spawn(process.execPath, [...source, main, ...args], {
    stdio: ['ignore', output, output],
  })
}

/** 128 + the number of the signal that ended it, as shells say it. */
export function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? 128 + (SIGNALS[signal ?? ''] ?? 0)))
  })
}

const SIGNALS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }
