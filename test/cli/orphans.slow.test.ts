/** Whoever started nodes is killed: they end by themselves, with whole stores and free ports. */

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePorts } from '@drempel/cli/internal/federation/ports'
import { fsck } from '@drempel/node/internal/app'
import { openSqliteStore } from '@drempel/node/internal/store'
import { parseEvent } from '@drempel/protocol/log'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { processesIn, startDemo } from '../e2e/demo.ts'
import { smallWorld } from './experiment/samples.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FLAGS = ['--conditions=drempel-src', '--disable-warning=ExperimentalWarning']
const DREMPEL = join(ROOT, 'packages/cli/src/main.ts')
/** How long a node may take to close its connections, its log and its store. */
const GONE_MS = 15_000

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drempel-orphans-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** In a group of its own, of which nothing is left when the test ends. */
function start(command: string, args: readonly string[], environment: object = {}) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_OPTIONS|NODE_ENV)/.test(name)),
  )
  const child = spawn(command, args, {
    ...{ cwd: ROOT, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
    env: { ...env, ...environment },
  })
  const said = { out: '' }
  child.stdout!.on('data', (part: Buffer) => {
    said.out += part
  })
  child.stderr!.resume()
  onTestFinished(() => endGroup(child))
  return { child, said }
}

function endGroup({ pid }: ChildProcess): void {
  try {
    process.kill(-pid!, 'SIGKILL')
  } catch {
    // Nothing is left of it.
  }
}

/** Of those that name the folder, who runs this file with Node. */
function running(file: string, home: string): number[] {
  return processesIn(home).flatMap((pid) => {
    const [program = '', ...args] = commandOf(pid)
    return program.endsWith('node') && args.some((arg) => arg.endsWith(file)) ? [Number(pid)] : []
  })
}

function commandOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

async function until(holds: () => boolean | Promise<boolean>, ms = GONE_MS): Promise<void> {
  for (const end = Date.now() + ms; !(await holds()); await sleep(50)) {
    expect(Date.now(), 'the time for it is over').toBeLessThan(end)
  }
}

function isFree(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false))
    server.listen(Number(port), hostname, () => server.close(() => resolve(true)))
  })
}

async function lastEntry(home: string): Promise<string> {
  const store = await openSqliteStore({ path: join(home, 'node.db'), clock: Date.now })
  const [origin] = await store.log.origins()
  const { size } = (await store.log.end(origin!))!
  const [leaf] = await store.log.leaves(origin!, size - 1, size)
  await store.close()
  return parseEvent(leaf!).type
}

describe.runIf(existsSync('/proc'))('a node ends when whoever started it is killed', () => {
  it('at every step from npm to drempel up', async () => {
    const home = join(folder, 'bank-a')
    const [port] = await freePorts(1)
    const [listen, url] = [`127.0.0.1:${port}`, `http://127.0.0.1:${port}`]
    const init = ['init', '--home', home, '--id', 'bank-a', '--name', 'A', '--sector', 'bank']
    const where = ['--listen', listen, '--transport', 'plain-loopback']
    const made = start(process.execPath, [...FLAGS, DREMPEL, ...init, ...where])
    await new Promise((resolve) => made.child.on('close', resolve))
    const victims = ['npm', 'scripts/launch.mjs', 'packages/cli/src/main.ts']
    for (const victim of victims) {
      const up = start('npm', ['run', '--silent', 'drempel', '--', 'up', '--home', home])
      await until(() => up.said.out.includes('"listening"'), 60_000)
      expect(await isFree(url)).toBe(false)
      const [found] = victim === 'npm' ? [up.child.pid] : running(victim, home)
      process.kill(found!, 'SIGKILL')
      await until(() => running('.ts', home).length === 0)
      expect(await isFree(url), victim).toBe(true)
    }
    // It starts again each time, so its store was let go; nothing was cut off in it.
    expect(await fsck(home)).toEqual([])
  })

  it('with its end in its log, of a federation', async () => {
    const homes = join(folder, 'federation')
    const child = fileURLToPath(new URL('./orphans.child.ts', import.meta.url))
    const launcher = start(process.execPath, [...FLAGS, child, homes])
    await until(() => launcher.said.out.includes(']'), 60_000)
    const nodes: { pid: number; url: string }[] = JSON.parse(launcher.said.out)
    expect(running('node/src/main.ts', homes).sort()).toEqual(nodes.map(({ pid }) => pid).sort())
    launcher.child.kill('SIGKILL')
    await until(() => running('.ts', homes).length === 0)
    for (const { url } of nodes) expect(await isFree(url)).toBe(true)
    for (const id of ['bank-a', 'bank-b', 'bank-c']) {
      const [log] = await fsck(join(homes, id))
      expect(log!.damage).toEqual([])
      expect(await lastEntry(join(homes, id))).toBe('node.stopped')
    }
  })

  it('while it starts, of the demo', async () => {
    const home = mkdtempSync(join(folder, 'demo-'))
    const demo = startDemo([], home)
    onTestFinished(() => endGroup(demo.child))
    await until(() => running('node/src/main.ts', home).length > 2, 120_000)
    demo.child.kill('SIGKILL')
    await until(() => running('.ts', home).length === 0)
    // All that held its output, and wrote to it what it found.
    expect((await demo.ended).stdout).not.toContain('every log verified')
  })

  it.each(['SIGKILL', 'SIGINT'] as const)(
    'while it starts, of an experiment (%s)',
    async (signal) => {
      const home = mkdtempSync(join(folder, 'experiment-'))
      const file = join(home, 'klein.yaml')
      writeFileSync(file, smallWorld('parameters: { campaigns: 10 }\nsensitivity: false'))
      const argv = ['experiment', 'run', file, '--out', join(home, 'result')]
      const { child } = start(process.execPath, [...FLAGS, DREMPEL, ...argv], { TMPDIR: home })
      await until(() => running('node/src/main.ts', home).length > 2, 120_000)
      child.kill(signal)
      await until(() => running('.ts', home).length === 0)
      // Keys are left only by what nobody hears.
      const left = readdirSync(home).some((name) => name.startsWith('drempel-'))
      expect(left).toBe(signal === 'SIGKILL')
    },
  )
})
