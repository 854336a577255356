/**
 * Which logs this node has begun, and how many entries each has at the least: a file beside the periods'
 * keys and outside the database, sealed under the master key. Who can write the database alone can delete
 * or shorten a log there; that it was there stays here.
 *
 * A log is listed when its first entries are durable, and before anybody is told of them: what is listed
 * is in the database, so that no crash keeps an honest node from its start, and what was acknowledged is
 * in a log that is listed. Sizes follow at each start and end of the node. Nothing is taken off: a log
 * stays when the keys of its records are erased.
 */

import { mkdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fromUtf8, type RandomBytes, utf8 } from '@drempel/protocol/encoding'
import { z } from 'zod'
import { fail } from './errors.ts'
import { checkPrivate, replaceFile } from './files.ts'
import { decodeSealedFile, encodeSealedFile } from './sealedfile.ts'
import type { KnownLog, KnownLogs } from './types.ts'
import type { Vault } from './vault.ts'

const content = z.strictObject({
  logs: z.array(z.strictObject({ origin: z.string(), size: z.int().nonnegative() })),
})

/**
 * @param periods folder of the periods' keys; is made when the first log is listed
 * @throws ProtocolError `WRONG_MASTER_KEY`, `SEALED_DAMAGED`, `HOME_UNSAFE`, `HOME_FAILED`
 */
export async function openKnownLogs(
  periods: string,
  vault: Vault,
  random: RandomBytes,
): Promise<KnownLogs> {
  const path = join(periods, 'logs.sealed')
  let known = await read(path, vault)
  let last: Promise<void> = Promise.resolve()
  const isNews = ({ origin, size }: KnownLog) => (known.get(origin) ?? -1) < size

  async function write(logs: readonly KnownLog[]): Promise<void> {
    const news = logs.filter(isNews)
    if (news.length === 0) return
    const next = new Map([...known, ...news.map(({ origin, size }) => [origin, size] as const)])
    const text = JSON.stringify({ logs: listOf(next) })
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      await replaceFile(path, encodeSealedFile(vault, basename(path), utf8(text), random))
    } catch (error) {
      fail('HOME_FAILED', { at: (error as { code?: string }).code ?? basename(path) })
    }
    known = next
  }

  return {
    has: (origin) => known.has(origin),
    list: () => listOf(known),
    refresh: async () => {
      known = await read(path, vault)
    },
    keep(logs) {
      const done = last.then(() => write(logs))
      last = done.catch(() => {})
      return done
    },
  }
}

function listOf(known: ReadonlyMap<string, number>): KnownLog[] {
  return [...known].map(([origin, size]) => ({ origin, size }))
}

/** A node that has begun no log has no file, nor has one of an older release. */
async function read(path: string, vault: Vault): Promise<ReadonlyMap<string, number>> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as { code?: string }
    return code === 'ENOENT' ? new Map() : fail('HOME_FAILED', { at: code ?? basename(path) })
  }
  await checkPrivate(path, 'HOME_FAILED')
  const opened = fromUtf8(decodeSealedFile(vault, basename(path), text))
  const { data } = content.safeParse(JSON.parse(opened))
  const { logs } = data ?? fail('SEALED_DAMAGED', { at: basename(path) })
  return new Map(logs.map(({ origin, size }) => [origin, size]))
}
