/** Files that are whole or absent after a crash, and private to the node's user. */

import { type FileHandle, mkdir, open, rename, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type { Bytes } from '@drempel/protocol/encoding'
import { type ConfigErrorCode, fail } from './errors.ts'

/** Writes a new file, mode 0600, durable with its name. Fails with EEXIST when it exists. */
export async function writeNew(path: string, content: Bytes | string): Promise<void> {
  await using(open(path, 'wx', 0o600), async (file) => {
    await file.writeFile(content)
    await file.sync()
  })
  await syncFolder(dirname(path))
}

/** Writes beside it and renames over it: readers see the old content or the new. */
export async function replaceFile(path: string, content: Bytes | string): Promise<void> {
  const temporary = `${path}.new`
  await using(open(temporary, 'w', 0o600), async (file) => {
    await file.writeFile(content)
    await file.sync()
  })
  await rename(temporary, path)
  await syncFolder(dirname(path))
}

export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 })
  await syncFolder(dirname(path))
}

/** As mkdir's own, which tries for ever where a folder that is there takes none, such as /proc. */
export async function makeParents(path: string): Promise<void> {
  const isFolder = async (at: string) => (await stat(at).catch(() => undefined))?.isDirectory()
  if (await isFolder(path)) return
  const parent = dirname(path)
  await makeParents(parent)
  await mkdir(path).catch(async (error: unknown) => {
    if (!(await isFolder(path))) throw error
  })
}

/** A rename or a new name is durable only when its folder is. */
export async function syncFolder(path: string): Promise<void> {
  await using(open(path, 'r'), (folder) => folder.sync())
}

/** Refuses what others on this machine can read or change. Windows has no such bits. */
export async function checkPrivate(path: string, missing: ConfigErrorCode): Promise<void> {
  let mode: number
  try {
    mode = (await stat(path)).mode
  } catch {
    return fail(missing, { at: basename(path), hint: 'the file or folder can not be read' })
  }
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    const hint = 'take read and write rights from group and others (chmod go=)'
    fail('HOME_UNSAFE', { at: basename(path), hint })
  }
}

async function using<T>(
  opening: Promise<FileHandle>,
  work: (file: FileHandle) => Promise<T>,
): Promise<T> {
  const file = await opening
  try {
    return await work(file)
  } finally {
    await file.close()
  }
}
