/** Reading the log back: leaves, proofs, receipts and tiles, all from what the store holds. */

import type { Bytes } from '@drempel/protocol/encoding'
import {
  consistencyProof,
  encodeBundle,
  encodeHashTile,
  encodeReceipt,
  type Hash,
  inclusionProof,
  parseTilePath,
  type ReadHashes,
  tileRange,
} from '@drempel/protocol/log'

import type { LogHead, LogStore } from '../store/index.ts'
import { fail } from './errors.ts'

/** A node that is missing is damage: every caller asks within the head's size only. */
export function readHashes(log: LogStore, origin: string): ReadHashes {
  return async (nodes) => {
    const hashes = await log.nodes(origin, nodes)
    return hashes.map((hash) => hash ?? fail('LOG_DAMAGED', { at: origin }))
  }
}

/**
 * The same with a memory of `most` hashes: a node of the tree never changes, and the proofs of entries
 * that follow each other share all but a few.
 */
export function rememberingReader(log: LogStore, most: number): (origin: string) => ReadHashes {
  const known = new Map<string, Hash>()
  const remember = (name: string, hash: Hash): Hash => {
    known.set(name, hash)
    const [oldest] = known.keys()
    if (known.size > most && oldest !== undefined) known.delete(oldest)
    return hash
  }
  return (origin) => async (nodes) => {
    const names = nodes.map(({ level, index }) => `${level}/${index} ${origin}`)
    const hashes = names.map((name) => known.get(name))
    const missing = nodes.filter((_, i) => hashes[i] === undefined)
    const read = missing.length === 0 ? [] : await readHashes(log, origin)(missing)
    let next = 0
    return hashes.map((hash, i) => hash ?? remember(names[i]!, read[next++]!))
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
  read: ReadHashes,
  origin: string,
  index: number,
): Promise<string> {
  // One head for both: another entry may be appended in between.
  const { size, note } = await headOf(log, origin)
  const leaf = await readLeaf(log, origin, index)
  const proof = await inclusionProof(index, size, read)
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
