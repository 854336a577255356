/**
 * What a node checks of its own logs before it serves: that the head is the root of the stored
 * hashes, that the checkpoint is its own signature over that head, that no entry is missing, and that
 * the last entries are those the tree holds. Verifying every entry is the auditor's command.
 */

import { equalBytes, isProtocolError, type Signer } from '@drempel/protocol/encoding'
import { leafHash, loadTree, openCheckpoint, rootOf, verifierKey } from '@drempel/protocol/log'
import type { LogStore } from '../store/index.ts'
import { fail } from './errors.ts'
import { readHashes } from './reader.ts'

/** As many as one batch can have: what a crash could have cut short. */
const LAST = 512

/** @throws ProtocolError `LOG_DAMAGED`, `at` the origin */
export async function verifyLogs(log: LogStore, signer: Signer): Promise<void> {
  for (const origin of await log.origins()) {
    if (!(await isSound(log, origin, signer))) {
      fail('LOG_DAMAGED', { at: origin, hint: 'restore the store from a backup, and tell the FG' })
    }
  }
}

async function isSound(log: LogStore, origin: string, signer: Signer): Promise<boolean> {
  const head = await log.head(origin)
  if (head === null) return false
  const { size, root, note } = head
  try {
    const tree = await loadTree(size, readHashes(log, origin))
    const checkpoint = openCheckpoint(note, verifierKey(origin, signer.publicKey))
    if (!equalBytes(rootOf(tree), root)) return false
    if (checkpoint.size !== size || !equalBytes(checkpoint.root, root)) return false
  } catch (error) {
    // A store that can't be read says so itself; everything else is a tree or note that is no good.
    if (isProtocolError(error) && error.code.startsWith('STORE_')) throw error
    return false
  }
  const from = Math.max(0, size - LAST)
  const leaves = await log.leaves(origin, from, size + 1)
  const hashes = await log.hashes(origin, 0, from, size + 1)
  if (leaves.length !== size - from || hashes.length !== size - from) return false
  return leaves.every((leaf, i) => equalBytes(leafHash(leaf), hashes[i]!))
}
