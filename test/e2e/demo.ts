/** Runs the demo as a user does, in a process of its own. */

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { DemoReport } from '@drempel/examples/demo/report'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export type DemoEnd = {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** @param folder for all temporary files of the demo */
export function startDemo(args: readonly string[], folder: string) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_OPTIONS|NODE_ENV)/.test(name)),
  )
  const child = spawn('npm', ['run', '--silent', 'demo', '--', ...args], {
    cwd: ROOT,
    env: { ...env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, as a terminal makes for a command: Ctrl-C goes to all of it.
    detached: true,
  })
  const said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text
    })
  }
  const ended = new Promise<DemoEnd>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, ...said }))
  })
  return { child, said, ended }
}

/** What `--json` printed last. */
export function reportOf({ stdout }: DemoEnd): DemoReport {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as DemoReport
}

/** As a terminal does: to the command and all that it started. Nothing where they have ended. */
export function ctrlC({ pid }: ChildProcess): void {
  try {
    process.kill(-pid!, 'SIGINT')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Processes of this machine whose command line names a folder. */
export function processesIn(folder: string): string[] {
  if (!existsSync('/proc')) return []
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)
    } catch {
      return false
    }
  })
}
