/**
 * Where the nodes of an experiment keep their keys while it runs. It goes with the process, however that
 * ends; only a process that is killed outright cannot see to it, and then the next experiment does.
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

/** @param parent a folder for temporary files, which processes of other machines may use as well */
export async function makeWorkplace(parent: string): Promise<Workplace> {
  await clearLeft(parent)
  const directory = await mkdtemp(join(parent, `${PREFIX}${process.pid}-`))
  const clean = () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
  process.once('exit', clean)
  return { directory, leave: () => void process.off('exit', clean) }
}

const PREFIX = `drempel-experiment-${hostname()}-`
const OWN = /^(\d+)-[^-]+$/

async function clearLeft(parent: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    // To its end: another machine's name may begin with this one's.
    const pid = name.startsWith(PREFIX) ? OWN.exec(name.slice(PREFIX.length))?.[1] : undefined
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
