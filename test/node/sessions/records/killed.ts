/** Runs the child until it has killed itself, and tells what it acknowledged. */

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const CHILD = fileURLToPath(new URL('./killed.child.ts', import.meta.url))

export type Killed = {
  /** What makes the step durable: a row, the file of a purpose's day, the key's own file, the log, a row. */
  readonly step: 'begin' | 'purpose-key' | 'key' | 'entry' | 'end'
  readonly when: 'before' | 'after'
}

export type Acknowledged = {
  readonly origin: string
  readonly index: number
  readonly leaf: string
}

export function runUntilKilled(args: readonly string[]): Promise<readonly Acknowledged[]> {
  const flags = ['--conditions=drempel-src', '--disable-warning=ExperimentalWarning']
  const child = spawn(process.execPath, [...flags, CHILD, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return new Promise((resolve, reject) => {
    let [text, problems] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      problems += chunk
    })
    child.on('error', reject)
    child.on('close', (_, signal) => {
      if (signal !== 'SIGKILL') return reject(new Error(`it was not killed: ${problems}${text}`))
      // The kill may cut the last line.
      const lines = text.split('\n').slice(0, -1)
      resolve(lines.map((line) => JSON.parse(line) as Acknowledged))
    })
  })
}
