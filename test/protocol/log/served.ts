/** A log of some 66,000 entries, served at any size from its store by tileRange alone. */

import {
  appendLeaves,
  type Checkpoint,
  emptyTree,
  encodeBundle,
  encodeHashTile,
  type Hash,
  leafHash,
  rootAt,
  TILE_WIDTH,
  type Tile,
  tileRange,
} from '@drempel/protocol/log'
import { memoryReader, nodeKey, numberedLeaves } from './tree.ts'

// Two full tiles at level 1 would need 131,072 leaves; one and a bit shows every kind of edge.
export const SIZE = TILE_WIDTH ** 2 + TILE_WIDTH + 3
export const leaves = numberedLeaves(SIZE)
export const hashes = leaves.map(leafHash)
const stored = new Map<string, Hash>()
for (const node of appendLeaves(emptyTree(), hashes).stored) stored.set(nodeKey(node), node.hash)
export const read = memoryReader(stored)

export function serve(size: number): (tile: Tile) => Uint8Array | undefined {
  return (tile) => {
    const range = tileRange(tile, size)
    if (range === undefined) return undefined
    if (tile.level === 'entries') return encodeBundle(leaves.slice(range.from, range.to))
    const indices = Array.from({ length: range.to - range.from }, (_, i) => range.from + i)
    return encodeHashTile(indices.map((index) => stored.get(`${range.level}/${index}`)!))
  }
}

const roots = new Map<number, Hash>()
for (const size of [
  0,
  1,
  2,
  5,
  200,
  255,
  256,
  257,
  300,
  511,
  512,
  600,
  65_535,
  65_536,
  65_537,
  SIZE,
]) {
  roots.set(size, await rootAt(size, read))
}

export function checkpointAt(size: number): Checkpoint {
  return { origin: 'drempel/proef/bank-a/2026Q4', size, root: roots.get(size)! }
}
