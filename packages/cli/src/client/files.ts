/** Files of a person or of a node's home; what is written appears whole or not at all. */

import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Bytes, hex, type RandomBytes } from '@drempel/protocol/encoding'
import { fail } from '../output/errors.ts'

/** @throws ProtocolError `FILE_UNREADABLE` */
export async function readText(path: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(path))
  } catch (error) {
    return fail('FILE_UNREADABLE', { at: path, hint: reasonOf(error) })
  }
}

/** Undefined when there is no such file. @throws ProtocolError `FILE_UNREADABLE` */
export async function readTextIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
    return fail('FILE_UNREADABLE', { at: path, hint: reasonOf(error) })
  }
}

/** Undefined when there is no such file. @throws ProtocolError `FILE_UNREADABLE` */
export async function readBytesIfThere(path: string): Promise<Bytes | undefined> {
  try {
    return new Uint8Array(await readFile(path))
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
    return fail('FILE_UNREADABLE', { at: path, hint: reasonOf(error) })
  }
}

/** Readable by its owner alone; a file that was there is replaced. @throws `FILE_UNWRITABLE` */
export async function writeText(
  path: string,
  text: string | Bytes,
  random: RandomBytes,
): Promise<void> {
  const draft = join(dirname(path), `.drempel-${hex(random(6))}.new`)
  try {
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    fail('FILE_UNWRITABLE', { at: path, hint: reasonOf(error) })
  }
}

/** Before what can't be done twice: fails as `writeText` would. @throws `FILE_UNWRITABLE` */
export async function checkWritable(path: string, random: RandomBytes): Promise<void> {
  if (await isFolder(path)) fail('FILE_UNWRITABLE', { at: path, hint: 'EISDIR' })
  await tryFile(dirname(path), path, random)
}

/**
 * Before anything is written: the file that is read from is no file to write to, under none of its names.
 * @throws ProtocolError `SAME_FILE`
 */
export async function checkApart(output: string, source: string): Promise<void> {
  const [one, other] = await Promise.all([
    stat(output, { bigint: true }).catch(() => undefined),
    stat(source, { bigint: true }).catch(() => undefined),
  ])
  if (one === undefined || other === undefined) return
  if (one.dev === other.dev && one.ino === other.ino) fail('SAME_FILE', { at: output })
}

/**
 * Before what takes long: what is there of a folder, or what it would be made in, is one to write in.
 * @throws ProtocolError `FILE_UNWRITABLE`
 */
export async function checkFolder(path: string, random: RandomBytes): Promise<void> {
  if (!(await isThere(path)) && dirname(path) !== path) return checkFolder(dirname(path), random)
  if (!(await isFolder(path))) fail('FILE_UNWRITABLE', { at: path, hint: 'EEXIST' })
  await tryFile(path, path, random)
}

/** Rights do not tell: who may write everywhere can write nothing in /proc. */
async function tryFile(folder: string, at: string, random: RandomBytes): Promise<void> {
  const trial = join(folder, `.drempel-${hex(random(6))}.new`)
  try {
    await (await open(trial, 'wx', 0o600)).close()
  } catch (error) {
    fail('FILE_UNWRITABLE', { at, hint: reasonOf(error) })
  } finally {
    await rm(trial, { force: true }).catch(() => {})
  }
}

export async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true
}

/** @throws ProtocolError `FILE_UNWRITABLE` */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeAll(path)
  } catch (error) {
    fail('FILE_UNWRITABLE', { at: path, hint: reasonOf(error) })
  }
}

/** The system's own way to make all of a path tries for ever where what is there takes no folder. */
async function makeAll(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    if (await isFolder(path)) return
    if (codeOf(error) !== 'ENOENT') throw error
    const parent = dirname(path)
    // What is there by now, another may have made meanwhile: once more, and not for ever.
    if (!(await isThere(parent))) await makeAll(parent)
    await mkdir(path, { mode: 0o700 }).catch(async (again: unknown) => {
      if (!(await isFolder(path))) throw again
    })
  }
}

/** SHA-256 of a file, base64url, as a convenant names documents. */
export async function fileDigest(path: string): Promise<string> {
  try {
    return createHash('sha256')
      .update(await readFile(path))
      .digest('base64url')
  } catch (error) {
    return fail('FILE_UNREADABLE', { at: path, hint: reasonOf(error) })
  }
}

/** The system's name of the error (ENOENT, EACCES), never its message. */
export function reasonOf(error: unknown): string {
  return codeOf(error) ?? 'not UTF-8'
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^E[A-Z]+$/.test(code) ? code : undefined
}
