/**
 * Keys of the log's periods, one file each. Random and independent of the master key, and outside
 * the database: a key that any other key can derive or unwrap, or that lies in the database's backups,
 * is not erased when its file is.
 */

import { link, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Bytes, base64, fromBase64, type RandomBytes } from '@drempel/protocol/encoding'
import { fail } from './errors.ts'
import { checkPrivate, replaceFile, syncFolder } from './files.ts'
import type { PeriodKeys } from './types.ts'

const PERIOD = /^([0-9]{4}Q[1-4])\.key$/

/**
 * @param folder exists, or is made at the first `create`
 * @param names the files that are such keys, and in the first group what they are called
 */
export function openPeriodKeys(
  folder: string,
  random: RandomBytes,
  names: RegExp = PERIOD,
): PeriodKeys {
  const pathOf = (period: string) => {
    if (!names.test(`${period}.key`)) fail('BAD_CONFIG', { at: 'period' })
    return join(folder, `${period}.key`)
  }
  const load = async (period: string): Promise<Bytes | null> => {
    const path = pathOf(period)
    const text = await unless('ENOENT', readFile(path, 'utf8'), null)
    if (text === null) return null
    await checkPrivate(path, 'HOME_FAILED')
    return isWiped(text) ? null : parse(text, period)
  }
  return {
    load,
    create: async (period) => {
      const path = pathOf(period)
      await unless('EEXIST', mkdir(folder, { recursive: true, mode: 0o700 }), undefined)
      const key = random(32)
      if (await unless('EEXIST', place(path, `${base64(key)}\n`), false)) return key
      return (await load(period)) ?? fail('HOME_FAILED', { at: 'periods' })
    },
    erase: async (period) => {
      const path = pathOf(period)
      // A crash while a key was made can leave it under a temporary name.
      const erased = await Promise.all([path, `${path}.new`, `${path}.new.new`].map(wipe))
      if (erased.includes(true)) await syncFolder(folder)
      return erased[0]!
    },
    list: async () => {
      const files = await unless('ENOENT', readdir(folder), [])
      return files.flatMap((name) => names.exec(name)?.[1] ?? []).sort()
    },
  }
}

/** A link fails with EEXIST where a rename would replace: the first key of a period is the only one. */
async function place(path: string, text: string): Promise<true> {
  const temporary = `${path}.new`
  await replaceFile(temporary, text)
  try {
    await link(temporary, path)
    await syncFolder(dirname(path))
  } finally {
    await unlink(temporary)
  }
  return true
}

/**
 * Overwritten, then unlinked: the file system decides what becomes of the old blocks.
 * @returns false when there was none
 */
async function wipe(path: string): Promise<boolean> {
  const overwritten = open(path, 'r+').then(async (file) => {
    try {
      await file.write(new Uint8Array((await file.stat()).size), 0, undefined, 0)
      await file.sync()
    } finally {
      await file.close()
    }
    await unlink(path)
    return true
  })
  return unless('ENOENT', overwritten, false)
}

/** What a crash leaves between the overwriting and the unlinking is an erased key. */
function isWiped(text: string): boolean {
  return /^\0+$/.test(text)
}

/** A damaged key is refused, not replaced: what it sealed would be lost in silence. */
function parse(text: string, period: string): Bytes {
  try {
    const key = fromBase64(text.trimEnd())
    if (key.length === 32) return key
  } catch {
    // told below
  }
  return fail('SEALED_DAMAGED', { at: `periods/${period}.key` })
}

async function unless<T>(code: string, work: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work
  } catch (error) {
    const found = (error as { code?: unknown }).code
    if (found === code) return otherwise
    if (typeof found === 'string' && /^E[A-Z]+$/.test(found)) fail('HOME_FAILED', { at: found })
    throw error
  }
}
