/** Runs a script of the repository as its npm script does, for tests of command lines. */

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { nodeProgram } from '@drempel/cli/internal/client/child'

export type Finished = { readonly code: number | null; readonly out: string; readonly err: string }

/** The environment of programs that tests start: they share compiled code, as the nodes of a federation do. */
export const environment = { ...nodeProgram().cache, ...process.env }

export function runScript(file: URL, args: readonly string[]): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ['--conditions=drempel-src', fileURLToPath(file), ...args],
      { stdio: ['ignore', 'pipe', 'pipe'], env: environment },
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
