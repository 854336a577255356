/**
 * A log as files below one folder (c2sp.org/tlog-tiles: `checkpoint`, `tile/...`), for who works
 * without the node. Nothing in it is trusted when it is read back.
 */

import { dirname, join } from 'node:path'
import type { Bytes } from '@drempel/protocol/encoding'
import { encodeTilePath, type FetchTile } from '@drempel/protocol/log'
import { makeFolder, readBytesIfThere, readText, writeText } from '../client/files.ts'
import type { Context } from './context.ts'

export type StoredLog = {
  /** The signed note, unverified. */
  checkpoint(): Promise<string>
  readonly fetchTile: FetchTile
}

export function readFolder(folder: string): StoredLog {
  return {
    checkpoint: () => readText(join(folder, 'checkpoint')),
    fetchTile: (tile) => readBytesIfThere(join(folder, encodeTilePath(tile))),
  }
}

/** Keeps each tile on its way. */
export function keepTiles(ctx: Context, folder: string, fetch: FetchTile): FetchTile {
  return async (tile) => {
    const bytes: Bytes | undefined = await fetch(tile)
    if (bytes !== undefined) {
      const path = join(folder, encodeTilePath(tile))
      await makeFolder(dirname(path))
      await writeText(path, bytes, ctx.world.random)
    }
    return bytes
  }
}
