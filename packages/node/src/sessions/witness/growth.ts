/** Whether two heads of a member's log are of one tree, by the hash tiles that the member serves to all. */

import { isProtocolError } from '@drempel/protocol/encoding'
import {
  type Checkpoint,
  consistencyProof,
  encodeTilePath,
  type FetchTile,
  tileReader,
  verifyConsistency,
} from '@drempel/protocol/log'
import type { World } from './world.ts'

const MAX_TILE = 16 * 1024
const TILE_MS = 5_000
const UNTRUE = ['TILE_MISSING', 'BAD_TILE', 'BAD_CONSISTENCY_PROOF']

export type Head = Pick<Checkpoint, 'size' | 'root'>

/**
 * @param older not larger than `newer`
 * @returns false when the member serves no proof of it
 * @throws ProtocolError of peers
 */
export async function grew(
  ctx: Pick<World, 'peers' | 'log'>,
  member: string,
  origin: string,
  older: Head,
  newer: Head,
): Promise<boolean> {
  const fetch: FetchTile = async (tile) => {
    const path = `/peer/v1/log/${origin}/${encodeTilePath(tile)}`
    try {
      return (await ctx.peers.get(member, path, { maxResponse: MAX_TILE, timeoutMs: TILE_MS })).body
    } catch (error) {
      // Anything else, such as a disk that can't be read, says nothing of the log.
      if (isProtocolError(error, 'PEER_PROBLEM') && error.at === 'NOT_FOUND') return undefined
      throw error
    }
  }
  try {
    const proof = await consistencyProof(older.size, newer.size, tileReader(newer.size, fetch))
    verifyConsistency(older.size, older.root, newer.size, newer.root, proof)
    return true
  } catch (error) {
    if (!isProtocolError(error) || !UNTRUE.includes(error.code)) throw error
    ctx.log('warn', 'log.rolled-back', { peer: member, code: error.code })
    return false
  }
}
