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
  nodeHash,
  parseTilePath,
  type ReadHashes,
  type StoredHash,
  tileRange,
} from '@drempel/protocol/log'

import { sha256 } from '../bulk/index.ts'
import type { LogHead, LogStore } from '../store/index.ts'
import { fail } from './errors.ts'

/** Levels that are kept, those of tiles: the seven in between are made of them in no time. */
export const isKept = ({ level }: NodeId): boolean => level % 8 === 0

/** A node that is missing is damage: every caller asks within the head's size only. */
export function readHashes(log: LogStore, origin: string): ReadHashes {
  const read = async ({ level, index }: NodeId): Promise<Hash> => {
    const width = 2 ** (level % 8)
    const from = index * width
    let row = await log.hashes(origin, level - (level % 8), from, from + width)
    if (row.length !== width) fail('LOG_DAMAGED', { at: origin })
    while (row.length > 1) {
      const below = row
      row = Array.from({ length: below.length / 2 }, (_, i) =>
        nodeHash(below[2 * i]!, below[2 * i + 1]!, sha256),
      )
    }
    return row[0]!
  }
  return (nodes) => Promise.all(nodes.map(read))
}

/**
 * The head and the latest hashes of the log that is written to. A node of the tree never changes, and
 * a receipt is made when its entry is young, so that it finds nearly all here.
 */
export type Memory = {
  /** What was appended and is durable. */
  appended(origin: string, head: LogHead, stored: readonly StoredHash[]): void
  /** After an append of which nobody knows whether it happened. */
  doubted(): void
  head(origin: string): Promise<LogHead | null>
  read(origin: string): ReadHashes
}

/** A level has less than 2^53 / 64 nodes. */
const LEVELS = 64

/** @param most hashes of each of two generations; a receipt takes one for each level of the tree, twice at most */
export function createMemory(log: LogStore, most: number): Memory {
  let [known, older] = [new Map<number, Hash>(), new Map<number, Hash>()]
  let [written, latest]: [string?, LogHead?] = []
  const nameOf = ({ level, index }: NodeId) => index * LEVELS + level
  const remember = (name: number, hash: Hash): Hash => {
    if (known.size >= most) [known, older] = [new Map(), known]
    known.set(name, hash)
    return hash
  }
  return {
    appended(origin, head, stored) {
      if (origin !== written) {
        known.clear()
        older.clear()
      }
      written = origin
      latest = head
      for (const node of stored) remember(nameOf(node), node.hash)
    },
    doubted() {
      latest = undefined
    },
    head: async (origin) =>
      origin === written && latest !== undefined ? latest : log.head(origin),
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
  const head = await log.head(origin)
  const range = head === null ? undefined : tileRange(tile, head.size)
  if (range === undefined) return null
  const { level, from, to } = range
  const isBundle = tile.level === 'entries'
  const items = await (isBundle
    ? log.leaves(origin, from, to)
    : log.hashes(origin, level, from, to))
  if (items.length !== to - from) fail('LOG_DAMAGED', { at: origin })
  return isBundle ? encodeBundle(items) : encodeHashTile(items)
}

async function headOf(log: LogStore, origin: string): Promise<LogHead> {
  return (await log.head(origin)) ?? fail('LOG_ENTRY_UNKNOWN')
}

async function sizeWithin(log: LogStore, origin: string, size?: number): Promise<number> {
  const head = await headOf(log, origin)
  if (size === undefined) return head.size
  if (!Number.isSafeInteger(size) || size < 1 || size > head.size) fail('LOG_ENTRY_UNKNOWN')
  return size
}
