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
  nodeHashes,
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

/**
 * Appends a batch; `stored` in an order in which each prefix is a consistent tree.
 * @param digest for levels with a few new nodes
 */
export function appendLeaves(
  state: TreeState,
  hashes: readonly Hash[],
  digest: Sha256 = sha256,
): Appended {
  checkState(state)
  checkSize(state.size + hashes.length)
  const [alone] = hashes
  if (alone !== undefined && hashes.length === 1) return appendAlone(state, alone, digest)
  if (hashes.some(({ length }) => length !== 32)) fail('BAD_STATE')
  const edge = [...state.edge]
  const open: Hash[] = []
  const rows: Row[] = []
  let [row, first] = [hashes, state.size]
  while (row.length > 0) {
    rows.push({ first, row })
    // Like a carry: where the size has a one-bit a left sibling waits for the first of the row.
    const all = first % 2 === 1 ? [edge.pop()!, ...row] : row
    if (all.length % 2 === 1) open.unshift(all.at(-1)!)
    row = nodeHashes(all, digest)
    first = Math.floor(first / 2)
  }
  const size = state.size + hashes.length
  return { state: { size, edge: [...edge, ...open] }, stored: inOrder(rows, state.size, size) }
}

/** Like a carry: each one-bit that the size ends in is a left sibling that waits. */
function appendAlone({ size, edge: before }: TreeState, leaf: Hash, digest: Sha256): Appended {
  if (leaf.length !== 32) fail('BAD_STATE')
  const edge = before.slice()
  const stored: StoredHash[] = [{ level: 0, index: size, hash: leaf }]
  let [level, index, hash] = [0, size, leaf]
  while (index % 2 === 1) {
    hash = nodeHash(edge.pop()!, hash, digest)
    index = Math.floor(index / 2)
    level++
    stored.push({ level, index, hash })
  }
  edge.push(hash)
  return { state: { size: size + 1, edge }, stored }
}

/** New nodes of a level, from index `first` on. */
type Row = { readonly first: number; readonly row: readonly Hash[] }

/** Each leaf, and behind it the subtrees that it completes. */
function inOrder(rows: readonly Row[], from: number, to: number): StoredHash[] {
  const stored: StoredHash[] = []
  for (let leaf = from; leaf < to; leaf++) {
    let index = leaf
    for (let level = 0; ; level++) {
      const { first, row } = rows[level]!
      stored.push({ level, index, hash: row[index - first]! })
      if (index % 2 === 0) break
      index = Math.floor(index / 2)
    }
  }
  return stored
}

export function rootOf(state: TreeState, digest: Sha256 = sha256): Hash {
  checkState(state)
  return state.size === 0 ? emptyRoot() : foldRight(state.edge, digest)
}

function checkState(state: TreeState): TreeState {
  checkSize(state.size)
  const { size, edge } = state
  let ones = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2
  if (edge.length !== ones) fail('BAD_STATE')
  if (!edge.every((hash) => hash.length === 32)) fail('BAD_STATE')
  return state
}
