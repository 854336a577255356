/** Runs the benchmark command as a person would, for tests. */

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export type Finished = { readonly code: number | null; readonly out: string; readonly err: string }

export function bench(...args: readonly string[]): Promise<Finished> {
  const file = fileURLToPath(new URL('./main.ts', import.meta.url))
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--conditions=drempel-src', file, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
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

/** The object on the last line of standard output. */
export function lastObject({ out }: Finished) {
  return JSON.parse(out.trimEnd().split('\n').at(-1)!)
}
