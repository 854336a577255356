/**
 * The store's logs against those that the home knows (config/knownlogs.ts). A store shows of itself
 * neither that it had another log, nor that one was longer, nor that one ended in a MAC before a
 * checkpoint was put in its place.
 */

import { isProtocolError } from '@drempel/protocol/encoding'
import type { KnownLogs } from '../config/index.ts'
import type { LogEnd, LogStore } from '../store/index.ts'
import { type LogKeys, loadOwn } from './end.ts'
import { fail } from './errors.ts'

const HINT =
  'the store lost entries that this node wrote: keep it, restore no backup, and tell the FG; drempel log fsck says which logs, and their witnesses what they held'

/** Logs that the store lacks, has shorter or without their MAC, though this node wrote them. */
export async function lostLogs(
  log: Pick<LogStore, 'end'>,
  known: Pick<KnownLogs, 'list'>,
): Promise<readonly string[]> {
  const lost: string[] = []
  for (const { origin, size } of known.list()) {
    const end = await log.end(origin)
    if (end === null || end.seal.length === 0 || end.size < size) lost.push(origin)
  }
  return lost
}

/** @throws ProtocolError `LOG_DAMAGED`, `at` the origin */
export async function refuseLost(
  log: Pick<LogStore, 'end'>,
  known: Pick<KnownLogs, 'list'>,
): Promise<void> {
  const [lost] = await lostLogs(log, known)
  if (lost !== undefined) fail('LOG_DAMAGED', { at: lost, hint: HINT })
}

/**
 * Durable when it resolves. A log that an older release ended is listed once it goes on; one that somebody
 * else ended is not: its size would keep out the node's own log, mended as it may be.
 */
export async function keepKnown(
  log: LogStore,
  known: Pick<KnownLogs, 'keep'>,
  keys: LogKeys,
  origins: readonly string[],
): Promise<void> {
  const ends: { readonly origin: string; readonly size: number }[] = []
  for (const origin of origins) {
    const end = await log.end(origin)
    if (end === null || end.seal.length === 0) continue
    if (await hasOwnEnd(log, keys, origin, end)) ends.push({ origin, size: end.size })
  }
  await known.keep(ends)
}

async function hasOwnEnd(
  log: LogStore,
  keys: LogKeys,
  origin: string,
  end: LogEnd,
): Promise<boolean> {
  try {
    await loadOwn(log, keys, origin, end)
    return true
  } catch (error) {
    if (isProtocolError(error, 'LOG_DAMAGED')) return false
    throw error
  }
}
