/** Reading the log back: leaves, proofs, receipts and tiles, all from what the store holds. */

import type { Bytes } from '@drempel/protocol/encoding'
import {
  consistencyProof,
  encodeBundle,
  encodeHashTile,
  encodeReceipt,
  type Hash,
  inclusionProof,
  type NodeId,
  parseTilePath,
  type ReadHashes,
  type StoredHash,
  type TreeState,
  tileRange,
} from '@drempel/protocol/log'
import type { LogStore } from '../store/index.ts'
import { type LogKeys, loadOwn, signHead } from './end.ts'
import { fail } from './errors.ts'
import { readHashes } from './hashes.ts'
import type { LogHead } from './types.ts'

/**
 * The tree and the latest hashes of the log that is written to. A node of the tree never changes, and
 * a receipt is made when its entry is young, so that it finds nearly all here.
 */
export type Memory = {
  /** What was appended and is durable. */
  appended(origin: string, tree: TreeState, stored: readonly StoredHash[]): void
  /** After an append of which nobody knows whether it happened. */
  doubted(): void
  size(origin: string): Promise<number>
  /** Signed when it is asked for, once. */
  head(origin: string): Promise<LogHead | null>
  read(origin: string): ReadHashes
}

/** A level has less than 2^53 / 64 nodes. */
const LEVELS = 64

/**
 * @param most hashes of each of two generations; a receipt takes one for each level of the tree, twice at most
 * @param listed sees to it that the home knows of a log, before its head is shown
 */
export function createMemory(
  log: LogStore,
  keys: LogKeys,
  most: number,
  listed: (origin: string) => Promise<void>,
): Memory {
  let [known, older] = [new Map<number, Hash>(), new Map<number, Hash>()]
  let [written, latest]: [string?, TreeState?] = []
  const signed = new Map<string, LogHead>()
  const nameOf = ({ level, index }: NodeId) => index * LEVELS + level
  const remember = (name: number, hash: Hash): Hash => {
    if (known.size >= most) [known, older] = [new Map(), known]
    known.set(name, hash)
    return hash
  }
  return {
    appended(origin, tree, stored) {
      if (origin !== written) {
        known.clear()
        older.clear()
      }
      written = origin
      latest = tree
      for (const node of stored) remember(nameOf(node), node.hash)
    },
    doubted() {
      latest = undefined
    },
    size: async (origin) => {
      if (origin === written && latest !== undefined) return latest.size
      return (await log.end(origin))?.size ?? 0
    },
    head: async (origin) => {
      const before = signed.get(origin)
      let tree = origin === written ? latest : undefined
      if (tree === undefined) {
        const end = await log.end(origin)
        if (end === null) return null
        if (before?.size === end.size) return before
        tree = await loadOwn(log, keys, origin, end)
      }
      if (before?.size === tree.size) return before
      await listed(origin)
      const head = signHead(keys.signer, origin, tree)
      signed.set(origin, head)
      return head
    },
    read: (origin) => {
      const readStored = readHashes(log, origin)
      return async (nodes) => {
        if (origin !== written) return readStored(nodes)
        const hashes = nodes.map((node) => {
          const name = nameOf(node)
          return known.get(name) ?? older.get(name)
        })
        const missing = nodes.filter((_, i) => hashes[i] === undefined)
        if (missing.length === 0) return hashes as Hash[]
        const read = await readStored(missing)
        let next = 0
        return hashes.map((hash, i) => {
          if (hash !== undefined) return hash
          const stored = read[next++]!
          return origin === written ? remember(nameOf(nodes[i]!), stored) : stored
        })
      }
    },
  }
}

/** @throws ProtocolError `LOG_ENTRY_UNKNOWN` */
export async function readLeaf(log: LogStore, origin: string, index: number): Promise<Bytes> {
  if (!Number.isSafeInteger(index) || index < 0) fail('LOG_ENTRY_UNKNOWN')
  const [leaf] = await log.leaves(origin, index, index + 1)
  return leaf ?? fail('LOG_ENTRY_UNKNOWN')
}

/** @throws ProtocolError `LOG_ENTRY_UNKNOWN` */
export async function proveInclusion(
  log: LogStore,
  origin: string,
  index: number,
  size?: number,
): Promise<readonly Bytes[]> {
  const within = await sizeWithin(log, origin, size)
  if (!Number.isSafeInteger(index) || index < 0 || index >= within) fail('LOG_ENTRY_UNKNOWN')
  return inclusionProof(index, within, readHashes(log, origin))
}

/** @throws ProtocolError `LOG_ENTRY_UNKNOWN` */
export async function proveConsistency(
  log: LogStore,
  origin: string,
  size1: number,
  size2?: number,
): Promise<readonly Bytes[]> {
  const within = await sizeWithin(log, origin, size2)
  if (!Number.isSafeInteger(size1) || size1 < 1 || size1 > within) fail('LOG_ENTRY_UNKNOWN')
  return consistencyProof(size1, within, readHashes(log, origin))
}

/** @throws ProtocolError `LOG_ENTRY_UNKNOWN` */
export async function makeReceipt(
  log: LogStore,
  memory: Memory,
  origin: string,
  index: number,
  known?: Bytes,
): Promise<string> {
  // One head for both: another entry may be appended in between.
  const { size, note } = (await memory.head(origin)) ?? fail('LOG_ENTRY_UNKNOWN')
  const leaf = known ?? (await readLeaf(log, origin, index))
  const proof = await inclusionProof(index, size, memory.read(origin))
  return encodeReceipt({ index, proof, checkpoint: note, extra: leaf })
}

/**
 * A hash tile or entry bundle; null when the log does not reach it.
 * @throws ProtocolError `BAD_TILE_PATH`
 */
export async function readTile(log: LogStore, origin: string, path: string): Promise<Bytes | null> {
  const tile = parseTilePath(path)
  const end = await log.end(origin)
  const range = end === null ? undefined : tileRange(tile, end.size)
  if (range === undefined) return null
  const { level, from, to } = range
  const isBundle = tile.level === 'entries'
  const items = await (isBundle
    ? log.leaves(origin, from, to)
    : log.hashes(origin, level, from, to))
  if (items.length !== to - from) fail('LOG_DAMAGED', { at: origin })
  return isBundle ? encodeBundle(items) : encodeHashTile(items)
}

async function sizeWithin(log: LogStore, origin: string, size?: number): Promise<number> {
  const end = (await log.end(origin)) ?? fail('LOG_ENTRY_UNKNOWN')
  if (size === undefined) return end.size
  if (!Number.isSafeInteger(size) || size < 1 || size > end.size) fail('LOG_ENTRY_UNKNOWN')
  return size
}
