/** Runs a child process until it has killed itself, and tells what it said before. */

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { environment } from '../../script.ts'

/** @param script its module @returns what it printed, a JSON text a line */
export function runUntilKilled<Line>(
  script: URL,
  args: readonly string[],
): Promise<readonly Line[]> {
  const flags = ['--conditions=drempel-src', '--disable-warning=ExperimentalWarning']
  const child = spawn(process.execPath, [...flags, fileURLToPath(script), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment,
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
      resolve(lines.map((line) => JSON.parse(line) as Line))
    })
  })
}
