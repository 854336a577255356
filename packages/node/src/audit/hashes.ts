/** Hashes of the tree as the store keeps them. */

import { type Hash, type NodeId, nodeHashes, type ReadHashes } from '@drempel/protocol/log'
import { sha256 } from '../bulk/index.ts'
import type { LogStore } from '../store/index.ts'
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
    while (row.length > 1) row = nodeHashes(row, sha256)
    return row[0]!
  }
  return (nodes) => Promise.all(nodes.map(read))
}
