/**
 * Reading a tree from tiles (c2sp.org/tlog-tiles), for verifiers far from the store: hashes for
 * proofs, and the check of a whole log. Tiles come from whom one does not trust. A proof built from
 * them is worth nothing until it verifies against a signed root, and neither is a log.
 */

import { type Bytes, equalBytes } from '../encoding/index.ts'
import type { Checkpoint } from './checkpoint.ts'
import { fail } from './errors.ts'
import { type Hash, leafHashes, type NodeId, nodeHash, type ReadHashes } from './merkle.ts'
import {
  encodeHashTile,
  encodeTilePath,
  parseBundle,
  parseHashTile,
  TILE_WIDTH,
  type Tile,
  tileAt,
} from './tile.ts'
import { appendLeaves, emptyTree, rootOf } from './writer.ts'

/** The bytes at a tile's path, or nothing if the log does not serve it. */
export type FetchTile = (tile: Tile) => Bytes | undefined | PromiseLike<Bytes | undefined>

/**
 * A reader for `rootAt`, `inclusionProof` and `consistencyProof` over a tree of `size` leaves, which
 * a verified checkpoint must state: no tile beyond it is asked for.
 * @throws ProtocolError, when it reads: `TILE_MISSING`, `BAD_TILE`
 */
export function tileReader(size: number, fetch: FetchTile): ReadHashes {
  return async (nodes) => {
    const fetched = new Map<string, Promise<readonly Hash[]>>()
    const hashesOf = (level: number, index: number) => {
      const key = `${level}/${index}`
      const known = fetched.get(key) ?? fetchHashes(level, index, size, fetch)
      fetched.set(key, known)
      return known
    }
    return Promise.all(
      nodes.map(async (node) => {
        const { level, index, offset, span } = placeOf(node)
        return completeRoot((await hashesOf(level, index)).slice(offset, offset + span))
      }),
    )
  }
}

/**
 * Checks all entries and all hash tiles of a log against a checkpoint whose signature was verified.
 * Holds a tile per level in memory, whatever the size.
 * @param visit sees each entry in order, before the root is checked: it may count, not conclude
 * @throws ProtocolError `TILE_MISSING`, `BAD_BUNDLE`, `BAD_TILE` (`at` its path), `ROOT_MISMATCH`
 */
export async function verifyLog(
  checkpoint: Checkpoint,
  fetch: FetchTile,
  visit: (index: number, leaf: Bytes, hash: Hash) => void = () => {},
): Promise<void> {
  const { size, root } = checkpoint
  // Per level of tiles, the hashes since the last full one.
  const open: Hash[][] = []
  const close = async (level: number, end: number) => {
    const hashes = open[level]!
    const index = Math.ceil(end / TILE_WIDTH) - 1
    const served = await fetchHashes(level, index, size, fetch)
    if (!equalBytes(encodeHashTile(hashes), encodeHashTile(served))) {
      fail('BAD_TILE', { at: encodeTilePath({ level, index, width: hashes.length }) })
    }
    open[level] = []
  }
  let tree = emptyTree()
  while (tree.size < size) {
    const bundle = await fetchEntries(tree.size / TILE_WIDTH, size, fetch)
    const hashes = leafHashes(bundle)
    for (const [i, leaf] of bundle.entries()) visit(tree.size + i, leaf, hashes[i]!)
    const { state, stored } = appendLeaves(tree, hashes)
    for (const { level, index, hash } of stored) {
      if (level % 8 !== 0) continue
      const row = open[level / 8] ?? []
      open[level / 8] = row
      row.push(hash)
      if (row.length === TILE_WIDTH) await close(level / 8, index + 1)
    }
    tree = state
  }
  for (const [level, hashes] of open.entries()) {
    if (hashes.length > 0) await close(level, Math.floor(size / TILE_WIDTH ** level))
  }
  if (!equalBytes(rootOf(tree), root)) fail('ROOT_MISMATCH', { culprit: checkpoint.origin })
}

/** A node's tile, and the run of the tile's hashes that it covers. */
function placeOf({ level, index }: NodeId) {
  const span = 2 ** (level % 8)
  const first = index * span
  const offset = first % TILE_WIDTH
  return { level: Math.floor(level / 8), index: (first - offset) / TILE_WIDTH, offset, span }
}

async function fetchHashes(
  level: number,
  index: number,
  size: number,
  fetch: FetchTile,
): Promise<readonly Hash[]> {
  return fetchTile(level, index, size, fetch, parseHashTile)
}

async function fetchEntries(
  index: number,
  size: number,
  fetch: FetchTile,
): Promise<readonly Bytes[]> {
  return fetchTile('entries', index, size, fetch, parseBundle)
}

/** A partial tile that has grown full may be gone; the full one begins with the same items. */
async function fetchTile(
  level: Tile['level'],
  index: number,
  size: number,
  fetch: FetchTile,
  parse: (bytes: Bytes, width: number) => readonly Bytes[],
): Promise<readonly Bytes[]> {
  const tile = tileAt(level, index, size) ?? fail('TILE_MISSING')
  const bytes = await fetch(tile)
  if (bytes !== undefined) return parse(bytes, tile.width)
  const at = encodeTilePath(tile)
  if (tile.width === TILE_WIDTH) return fail('TILE_MISSING', { at })
  const full = (await fetch({ ...tile, width: TILE_WIDTH })) ?? fail('TILE_MISSING', { at })
  return parse(full, TILE_WIDTH).slice(0, tile.width)
}

/** The root of a complete subtree over 2^n hashes. */
function completeRoot(hashes: readonly Hash[]): Hash {
  if (hashes.length === 0) return fail('TILE_MISSING')
  let row = hashes
  while (row.length > 1) {
    row = Array.from({ length: row.length / 2 }, (_, i) => nodeHash(row[2 * i]!, row[2 * i + 1]!))
  }
  return row[0]!
}
