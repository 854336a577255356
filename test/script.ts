/** Runs a script of the repository as its npm script does, for tests of command lines. */

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export type Finished = { readonly code: number | null; readonly out: string; readonly err: string }

export function runScript(file: URL, args: readonly string[]): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ['--conditions=drempel-src', fileURLToPath(file), ...args],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk) => {
      out += chunk
    })
    child.stderr.on('data', (chunk) => {
      err += chunk
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, out, err }))
  })
}
