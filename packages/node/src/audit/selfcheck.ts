/**
 * What a node checks of its own logs before it serves: that they end where it left them,
 * with the tree of the stored hashes, that no entry is missing, and that the last entries are those
 * the tree holds. Verifying every entry is the auditor's command.
 */

import { equalBytes, isProtocolError } from '@drempel/protocol/encoding'
import { leafHashes } from '@drempel/protocol/log'
import type { LogStore } from '../store/index.ts'
import { type LogKeys, loadOwn } from './end.ts'
import { fail } from './errors.ts'

/** As many as one batch can have: what a crash could have cut short. */
const LAST = 512

// A backup in its place would be a second history, with which no member goes on.
const HINT =
  'keep the store, restore no backup, and tell the FG; drempel log fsck says which entries it is'

/** @throws ProtocolError `LOG_DAMAGED`, `at` the origin */
export async function verifyLogs(log: LogStore, keys: LogKeys): Promise<void> {
  for (const origin of await log.origins()) {
    if (!(await isSound(log, keys, origin))) {
      fail('LOG_DAMAGED', { at: origin, hint: HINT })
    }
  }
}

async function isSound(log: LogStore, keys: LogKeys, origin: string): Promise<boolean> {
  const end = await log.end(origin)
  if (end === null) return false
  const { size } = end
  try {
    await loadOwn(log, keys, origin, end)
  } catch (error) {
    // A store that can't be read says so itself; everything else is an end or a tree that is no good.
    if (isProtocolError(error) && error.code.startsWith('STORE_')) throw error
    return false
  }
  const from = Math.max(0, size - LAST)
  const leaves = await log.leaves(origin, from, size + 1)
  const hashes = await log.hashes(origin, 0, from, size + 1)
  if (leaves.length !== size - from || hashes.length !== size - from) return false
  return leafHashes(leaves).every((hash, i) => equalBytes(hash, hashes[i]!))
}
