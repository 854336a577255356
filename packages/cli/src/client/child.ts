/** Starts drempel-node as a program of its own: found as a package, never loaded into this process. */

import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/**
 * With `--attended` among its arguments it ends when this process does, by the pipe that is its standard
 * input.
 * @param output what to do with what the node prints, on standard output
 * @param complaints the same of standard error
 */
export function startNode(
  args: readonly string[],
  output: 'inherit' | 'pipe',
  complaints = output,
): ChildProcess {
  return spawn(process.execPath, [...nodeProgram().command, ...args], {
    stdio: ['pipe', output, complaints],
  })
}

/** What Node is given to run drempel-node, and where it may keep its compiled code. */
export function nodeProgram(): {
  readonly command: readonly string[]
  readonly cache: Readonly<Record<string, string>>
} {
  const main = import.meta.resolve('@drempel/node/main')
  if (!main.endsWith('.ts')) return { command: [fileURLToPath(main)], cache: {} }
  // Found as source: this program runs from source, and the node's own imports have to as well.
  const flags = ['--conditions=drempel-src', '--disable-warning=ExperimentalWarning']
  // All nodes of a federation load the same.
  const cache = fileURLToPath(new URL('../../../node_modules/.cache/compiled', main))
  return { command: [...flags, fileURLToPath(main)], cache: { NODE_COMPILE_CACHE: cache } }
}

/** 128 + the number of the signal that ended it, as shells say it. */
export function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? 128 + (SIGNALS[signal ?? ''] ?? 0)))
  })
}

const SIGNALS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }
