/**
 * Appending to the tree of RFC 6962: pure state in, new hashes out; the caller stores them.
 *
 * The state is the row of complete subtrees along the right edge, one for each bit of the size,
 * so that an append costs two hashes on average and reads nothing.
 */

import { sha256 } from '../encoding/index.ts'
import { fail } from './errors.ts'
import {
  checkSize,
  emptyRoot,
  foldRight,
  type Hash,
  type NodeId,
  nodeHash,
  nodesOf,
  type ReadHashes,
  type Sha256,
} from './merkle.ts'

/** `edge`: hashes of the nodes that `nodesOf(0, size)` names, left to right. */
export type TreeState = { readonly size: number; readonly edge: readonly Hash[] }

/** A complete subtree that came into being; it never changes again. */
export type StoredHash = NodeId & { readonly hash: Hash }

export type Appended = { readonly state: TreeState; readonly stored: readonly StoredHash[] }

export function emptyTree(): TreeState {
  return { size: 0, edge: [] }
}

/** Reads the right edge again, as a node does at start. @throws ProtocolError `BAD_SIZE`, `BAD_STATE` */
export async function loadTree(size: number, read: ReadHashes): Promise<TreeState> {
  checkSize(size)
  return checkState({ size, edge: size === 0 ? [] : await read(nodesOf(0, size)) })
}

/**
 * Appends one leaf by its leaf hash.
 * @throws ProtocolError `BAD_STATE` when the edge does not fit the size, `BAD_SIZE` at 2^53 - 1
 */
export function appendLeaf(state: TreeState, hash: Hash): Appended {
  return appendLeaves(state, [hash])
}

/** Appends a batch; `stored` in an order in which each prefix is a consistent tree. */
export function appendLeaves(
  state: TreeState,
  hashes: readonly Hash[],
  digest: Sha256 = sha256,
): Appended {
  checkState(state)
  checkSize(state.size + hashes.length)
  const edge = [...state.edge]
  const stored: StoredHash[] = []
  let size = state.size
  for (const leaf of hashes) {
    if (leaf.length !== 32) fail('BAD_STATE')
    let node: StoredHash = { level: 0, index: size, hash: leaf }
    stored.push(node)
    // Like a carry: each low one-bit of the size is a complete left sibling.
    for (let rest = size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      const hash = nodeHash(edge.pop()!, node.hash, digest)
      node = { level: node.level + 1, index: Math.floor(node.index / 2), hash }
      stored.push(node)
    }
    edge.push(node.hash)
    size++
  }
  return { state: { size, edge }, stored }
}

export function rootOf(state: TreeState, digest: Sha256 = sha256): Hash {
  checkState(state)
  return state.size === 0 ? emptyRoot() : foldRight(state.edge, digest)
}

function checkState(state: TreeState): TreeState {
  checkSize(state.size)
  const { size, edge } = state
  if (edge.length !== nodesOf(0, size).length) fail('BAD_STATE')
  if (!edge.every((hash) => hash.length === 32)) fail('BAD_STATE')
  return state
}
