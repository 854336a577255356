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
  const trial = join(dirname(path), `.drempel-${hex(random(6))}.new`)
  try {
    if (await isFolder(path)) throw Object.assign(new Error(), { code: 'EISDIR' })
    await (await open(trial, 'wx', 0o600)).close()
  } catch (error) {
    fail('FILE_UNWRITABLE', { at: path, hint: reasonOf(error) })
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
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    fail('FILE_UNWRITABLE', { at: path, hint: reasonOf(error) })
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
