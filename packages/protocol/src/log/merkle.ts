/**
 * The Merkle tree of RFC 6962, section 2.1 (RFC 9162, section 2.1): hashes, proofs and their checks.
 *
 * A stored node (level, index) is the hash of the complete subtree over leaves
 * index·2^level to (index + 1)·2^level; a tree of any size is a row of such nodes. Proof builders
 * name all nodes they need, then read them at once. Sizes are safe integers, so every shift is a
 * division: `>>` would cut them to 32 bits.
 */

import { type Bytes, concatAll, equalBytes, sha256, sha256All } from '../encoding/index.ts'
import { fail } from './errors.ts'

/** 32 bytes. */
export type Hash = Bytes

export type NodeId = { readonly level: number; readonly index: number }

/** Returns the hash of each node in the order asked; the store, or tiles fetched from afar. */
export type ReadHashes = (
  nodes: readonly NodeId[],
) => readonly Hash[] | PromiseLike<readonly Hash[]>

/** SHA-256 of one message: that of encoding, or a faster one of who calls. */
export type Sha256 = (bytes: Bytes) => Hash

const LEAF = 0
const NODE = 1

/** The first byte keeps a leaf from passing for a node (RFC 6962, section 2.1). */
export function leafHash(leaf: Bytes): Hash {
  return leafHashBy(sha256, leaf)
}

// Written anew for each hash: memory of its own would take a third of a node's time.
const prefixed = new Uint8Array(4096)
const pair = Uint8Array.of(NODE, ...new Uint8Array(64))

export function leafHashBy(digest: Sha256, leaf: Bytes): Hash {
  const length = 1 + leaf.length
  const bytes = length > prefixed.length ? new Uint8Array(length) : prefixed.subarray(0, length)
  bytes[0] = LEAF
  bytes.set(leaf, 1)
  return digest(bytes)
}

/** @throws ProtocolError `BAD_STATE` for what is no hash */
export function nodeHash(left: Hash, right: Hash, digest: Sha256 = sha256): Hash {
  if (left.length !== 32 || right.length !== 32) fail('BAD_STATE')
  pair.set(left, 1)
  pair.set(right, 33)
  return digest(pair)
}

/** Fewer go one by one: the kernel's lanes would be empty. */
export const FEW = 4

/** Of each leaf. @param digest for a few */
export function leafHashes(leaves: readonly Bytes[], digest: Sha256 = sha256): Hash[] {
  if (leaves.length < FEW) return leaves.map((leaf) => leafHashBy(digest, leaf))
  return split(sha256All(leaves, { prefix: Uint8Array.of(LEAF) }))
}

/** Of the first and second hash, of the third and fourth, and so on; of an odd last one nothing. */
export function nodeHashes(hashes: readonly Hash[], digest: Sha256 = sha256): Hash[] {
  const pairs = Math.floor(hashes.length / 2)
  if (pairs < FEW) {
    return Array.from({ length: pairs }, (_, i) =>
      nodeHash(hashes[2 * i]!, hashes[2 * i + 1]!, digest),
    )
  }
  if (hashes.some(({ length }) => length !== 32)) fail('BAD_STATE')
  const bytes = concatAll(hashes)
  const messages = Array.from({ length: pairs }, (_, i) => bytes.subarray(64 * i, 64 * (i + 1)))
  return split(sha256All(messages, { prefix: Uint8Array.of(NODE) }))
}

/** Views. */
function split(hashes: Bytes): Hash[] {
  return Array.from({ length: hashes.length / 32 }, (_, i) => hashes.subarray(32 * i, 32 * (i + 1)))
}

export function emptyRoot(): Hash {
  return sha256(new Uint8Array(0))
}

/** The root over the first `size` leaves. @throws ProtocolError `BAD_SIZE` */
export async function rootAt(size: number, read: ReadHashes): Promise<Hash> {
  checkSize(size)
  if (size === 0) return emptyRoot()
  return (await readRanges([{ start: 0, end: size }], read))[0]!
}

/** From the leaf's sibling up to a child of the root. @throws ProtocolError `BAD_SIZE` */
export async function inclusionProof(
  index: number,
  size: number,
  read: ReadHashes,
): Promise<readonly Hash[]> {
  checkSize(size)
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) fail('BAD_SIZE')
  const siblings: Range[] = []
  let [start, end] = [0, size]
  while (end - start > 1) {
    const middle = start + splitOf(end - start)
    if (index < middle) {
      siblings.unshift({ start: middle, end })
      end = middle
    } else {
      siblings.unshift({ start, end: middle })
      start = middle
    }
  }
  return readRanges(siblings, read)
}

/** That the first `size1` leaves of a tree of `size2` are the older tree. @throws ProtocolError `BAD_SIZE` */
export async function consistencyProof(
  size1: number,
  size2: number,
  read: ReadHashes,
): Promise<readonly Hash[]> {
  checkSize(size2)
  if (!Number.isSafeInteger(size1) || size1 < 1 || size1 > size2) fail('BAD_SIZE')
  const parts: Range[] = []
  let [start, end] = [0, size2]
  // SUBPROOF of RFC 6962, section 2.1.2, as a walk towards the older tree's right edge.
  while (size1 !== end) {
    const middle = start + splitOf(end - start)
    if (size1 <= middle) {
      parts.unshift({ start: middle, end })
      end = middle
    } else {
      parts.unshift({ start, end: middle })
      start = middle
    }
  }
  // Where the walk never went right, that subtree is the older tree, whose root the verifier has.
  if (start !== 0) parts.unshift({ start, end })
  return readRanges(parts, read)
}

/** RFC 9162, section 2.1.3.2. @throws ProtocolError `BAD_INCLUSION_PROOF` */
export function verifyInclusion(
  leaf: Hash,
  index: number,
  size: number,
  proof: readonly Hash[],
  root: Hash,
): void {
  const refuse = () => fail('BAD_INCLUSION_PROOF')
  if (!isSize(size) || !isSize(index) || index >= size) refuse()
  if (![leaf, root, ...proof].every(isHash)) refuse()
  let [node, last, hash] = [index, size - 1, leaf]
  for (const sibling of proof) {
    if (last === 0) refuse()
    if (isOdd(node) || node === last) {
      hash = nodeHash(sibling, hash)
      // A right edge has no sibling on the levels where its number is even.
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)]
    } else {
      hash = nodeHash(hash, sibling)
    }
    ;[node, last] = [half(node), half(last)]
  }
  if (last !== 0 || !equalBytes(hash, root)) refuse()
}

/**
 * RFC 9162, section 2.1.4.2. An empty tree is consistent with anything, which proves nothing:
 * size 0 is refused. @throws ProtocolError `BAD_CONSISTENCY_PROOF`
 */
export function verifyConsistency(
  size1: number,
  root1: Hash,
  size2: number,
  root2: Hash,
  proof: readonly Hash[],
): void {
  const refuse = () => fail('BAD_CONSISTENCY_PROOF')
  if (!isSize(size1) || !isSize(size2) || size1 < 1 || size1 > size2) refuse()
  if (![root1, root2, ...proof].every(isHash)) refuse()
  if (size1 === size2) {
    if (proof.length !== 0 || !equalBytes(root1, root2)) refuse()
    return
  }
  if (proof.length === 0) refuse()
  const path = isPowerOfTwo(size1) ? [root1, ...proof] : proof
  let [node, last] = [size1 - 1, size2 - 1]
  while (isOdd(node)) [node, last] = [half(node), half(last)]
  let older = path[0]!
  let newer = path[0]!
  for (const hash of path.slice(1)) {
    if (last === 0) refuse()
    if (isOdd(node) || node === last) {
      older = nodeHash(hash, older)
      newer = nodeHash(hash, newer)
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)]
    } else {
      newer = nodeHash(newer, hash)
    }
    ;[node, last] = [half(node), half(last)]
  }
  if (last !== 0 || !equalBytes(older, root1) || !equalBytes(newer, root2)) refuse()
}

/** The stored nodes that make up leaves start to end, left to right; `start` as the tree splits. */
export function nodesOf(start: number, end: number): readonly NodeId[] {
  const nodes: NodeId[] = []
  let at = start
  while (at < end) {
    let [level, width] = [0, 1]
    while (at % (2 * width) === 0 && at + 2 * width <= end) [level, width] = [level + 1, 2 * width]
    nodes.push({ level, index: at / width })
    at += width
  }
  return nodes
}

/** The root over nodes of falling height, left to right: the right edge folds from its end. */
export function foldRight(hashes: readonly Hash[], digest: Sha256 = sha256): Hash {
  let hash = hashes[hashes.length - 1]!
  for (let i = hashes.length - 2; i >= 0; i--) hash = nodeHash(hashes[i]!, hash, digest)
  return hash
}

/** @throws ProtocolError `BAD_SIZE` */
export function checkSize(size: number): void {
  if (!isSize(size)) fail('BAD_SIZE')
}

type Range = { readonly start: number; readonly end: number }

async function readRanges(ranges: readonly Range[], read: ReadHashes): Promise<readonly Hash[]> {
  const wanted = ranges.map(({ start, end }) => nodesOf(start, end))
  const nodes = wanted.flat()
  const hashes = nodes.length === 0 ? [] : await read(nodes)
  if (hashes.length !== nodes.length || !hashes.every(isHash)) fail('BAD_STATE')
  let at = 0
  return wanted.map(({ length }) => {
    at += length
    return foldRight(hashes.slice(at - length, at))
  })
}

/** The largest power of two below `size`, for size >= 2. */
function splitOf(size: number): number {
  let width = 1
  while (2 * width < size) width *= 2
  return width
}

const half = (value: number) => Math.floor(value / 2)
const isOdd = (value: number) => value % 2 === 1
const isSize = (value: number) => Number.isSafeInteger(value) && value >= 0
const isHash = (value: Bytes) => value instanceof Uint8Array && value.length === 32

function isPowerOfTwo(value: number): boolean {
  let width = 1
  while (width < value) width *= 2
  return width === value
}
