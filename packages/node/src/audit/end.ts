/**
 * Where a log ends, as the store keeps it: its size under a MAC over the tree. A checkpoint is signed
 * when somebody asks for one, and only over what is durable by then; an entry that nobody asks about
 * costs no signature. The MAC (keyed BLAKE2b, RFC 7693) keeps a store that was changed while no node
 * held it from being signed at the next start: its key is of the master key. An end that was left once is
 * as good to it as the last one.
 */

import { type Bytes, equalBytes, equalSecret, type Signer } from '@drempel/protocol/encoding'
import {
  loadTree,
  noteSigner,
  openCheckpoint,
  rootOf,
  signCheckpoint,
  type TreeState,
  verifierKey,
} from '@drempel/protocol/log'
import { sha256 } from '../bulk/index.ts'
import type { Vault } from '../config/index.ts'
import type { LogEnd, LogStore } from '../store/index.ts'
import { fail } from './errors.ts'
import { readHashes } from './hashes.ts'
import type { LogHead } from './types.ts'

/** What makes a log the node's own. */
export type LogKeys = {
  readonly vault: Pick<Vault, 'mac'>
  readonly signer: Signer
}

export function endOf({ vault }: LogKeys, origin: string, tree: TreeState): LogEnd {
  return { size: tree.size, seal: sealOf(vault, origin, tree), note: '' }
}

/** Whether this node wrote the log up to there, and this is its tree. */
export function isOwnEnd(
  { vault, signer }: LogKeys,
  origin: string,
  { size, seal, note }: LogEnd,
  tree: TreeState,
): boolean {
  if (tree.size !== size) return false
  if (seal.length > 0) return equalSecret(seal, sealOf(vault, origin, tree))
  // Of an entry from before ends had a MAC the signed checkpoint was kept.
  try {
    const checkpoint = openCheckpoint(note, verifierKey(origin, signer.publicKey))
    return checkpoint.size === size && equalBytes(checkpoint.root, rootOf(tree, sha256))
  } catch {
    return false
  }
}

/** The tree up to the end. @throws ProtocolError `LOG_DAMAGED`, `at` the origin */
export async function loadOwn(
  log: LogStore,
  keys: LogKeys,
  origin: string,
  end: LogEnd,
): Promise<TreeState> {
  const tree = await loadTree(end.size, readHashes(log, origin))
  return isOwnEnd(keys, origin, end, tree) ? tree : fail('LOG_DAMAGED', { at: origin })
}

export function signHead(signer: Signer, origin: string, tree: TreeState): LogHead {
  const { size } = tree
  const root = rootOf(tree, sha256)
  return { size, root, note: signCheckpoint({ origin, size, root }, [noteSigner(origin, signer)]) }
}

/** The edge is of as many hashes as the size has bits, so that no two trees give the same bytes. */
function sealOf(vault: LogKeys['vault'], origin: string, { size, edge }: TreeState): Bytes {
  return vault.mac(`log/${origin}/${size}`, ...edge)
}
