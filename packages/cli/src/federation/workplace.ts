/**
 * Where nodes that run for a while keep their keys: those of an experiment, those of the demo. It goes with
 * the process, however that ends; only a process that is killed outright cannot see to it, and then the next
 * one does.
 */

import { rmSync } from 'node:fs'
import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'

export type Workplace = {
  readonly directory: string
  /** Once the nodes have ended. */
  leave(): void
}

const USES = ['demo', 'experiment'] as const
type Use = (typeof USES)[number]

/** @param parent a folder for temporary files, which processes of other machines may use as well */
export async function makeWorkplace(parent: string, use: Use): Promise<Workplace> {
  await clearLeft(parent)
  const directory = await mkdtemp(join(parent, `${prefixOf(use)}${process.pid}-`))
  const clean = () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
  process.once('exit', clean)
  return { directory, leave: () => void process.off('exit', clean) }
}

const prefixOf = (use: Use) => `drempel-${use}-${hostname()}-`
const OWN = /^(\d+)-[^-]+$/

async function clearLeft(parent: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    const prefix = USES.map(prefixOf).find((begin) => name.startsWith(begin))
    // To its end: another machine's name may begin with this one's.
    const pid = prefix === undefined ? undefined : OWN.exec(name.slice(prefix.length))?.[1]
    if (pid === undefined || runs(Number(pid)) || !(await isOwn(join(parent, name)))) continue
    await rm(join(parent, name), { recursive: true, force: true }).catch(() => {})
  }
}

/** Somebody else's is theirs to clear: they could put a link in it to what is this user's, while it is erased. */
async function isOwn(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined)
  return found?.isDirectory() === true && (process.getuid?.() ?? found.uid) === found.uid
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as { code?: unknown }).code !== 'ESRCH'
  }
}
