/**
 * Tiles, per c2sp.org/tlog-tiles: the tree as immutable files of 256 hashes, the leaves as bundles of
 * 256 entries. Paths and bytes only; tileReader.ts reads a tree from them.
 */

import { ByteReader, type Bytes, ByteWriter, concat } from '../encoding/index.ts'
import { fail } from './errors.ts'
import type { Hash } from './merkle.ts'

export const TILE_WIDTH = 256

/** `width` below 256 is a partial tile, the last of its level in a tree of some size. */
export type Tile = {
  readonly level: number | 'entries'
  readonly index: number
  readonly width: number
}

/** Stored nodes from, ..., to - 1 of one level; of leaves for a bundle, at level 0. */
export type TileRange = { readonly level: number; readonly from: number; readonly to: number }

const PATH = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/

/** `tile/0/x001/234.p/5`, below the log's prefix. @throws ProtocolError `BAD_TILE_PATH` */
export function encodeTilePath(tile: Tile): string {
  checkTile(tile)
  const digits = String(tile.index)
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0')
  const groups = padded.match(/.{3}/g)!
  const path = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/')
  const partial = tile.width === TILE_WIDTH ? '' : `.p/${tile.width}`
  return `tile/${tile.level}/${path}${partial}`
}

/** @throws ProtocolError `BAD_TILE_PATH` for all that encodeTilePath does not write */
export function parseTilePath(path: string): Tile {
  const match = PATH.exec(path) ?? fail('BAD_TILE_PATH')
  const tile: Tile = {
    level: match[1] === 'entries' ? 'entries' : Number(match[1]),
    index: Number(match[2]!.replaceAll(/[x/]/g, '')),
    width: match[3] === undefined ? TILE_WIDTH : Number(match[3]),
  }
  if (encodeTilePath(tile) !== path) fail('BAD_TILE_PATH')
  return tile
}

/** The tile of this index in a tree of `size` leaves, full or partial; nothing beyond the edge. */
export function tileAt(level: Tile['level'], index: number, size: number): Tile | undefined {
  const nodes = Math.floor(size / TILE_WIDTH ** hashLevel(level))
  const width = Math.min(TILE_WIDTH, nodes - index * TILE_WIDTH)
  return width > 0 ? { level, index, width } : undefined
}

/** What a tile holds, or nothing if a tree of `size` leaves does not reach so far. */
export function tileRange(tile: Tile, size: number): TileRange | undefined {
  checkTile(tile)
  const whole = tileAt(tile.level, tile.index, size)
  if (whole === undefined || whole.width < tile.width) return undefined
  const from = tile.index * TILE_WIDTH
  return { level: 8 * hashLevel(tile.level), from, to: from + tile.width }
}

/** @throws ProtocolError `BAD_TILE` */
export function encodeHashTile(hashes: readonly Hash[]): Bytes {
  if (!isWidth(hashes.length) || !hashes.every(({ length }) => length === 32)) fail('BAD_TILE')
  return concat(...hashes)
}

/** @throws ProtocolError `BAD_TILE` unless it holds exactly `width` hashes */
export function parseHashTile(bytes: Bytes, width: number): readonly Hash[] {
  if (!isWidth(width) || bytes.length !== 32 * width) fail('BAD_TILE')
  return Array.from({ length: width }, (_, i) => bytes.subarray(32 * i, 32 * (i + 1)))
}

/** Each entry behind its length in 16 bits. @throws ProtocolError `BAD_BUNDLE` */
export function encodeBundle(entries: readonly Bytes[]): Bytes {
  if (!isWidth(entries.length) || entries.some(({ length }) => length > 0xffff)) fail('BAD_BUNDLE')
  const writer = new ByteWriter()
  for (const entry of entries) writer.u16(entry.length).bytes(entry)
  return writer.finish()
}

/** @throws ProtocolError `BAD_BUNDLE` unless it holds exactly `width` entries */
export function parseBundle(bytes: Bytes, width: number): readonly Bytes[] {
  if (!isWidth(width)) fail('BAD_BUNDLE')
  const reader = new ByteReader(bytes)
  try {
    const entries = Array.from({ length: width }, () => reader.bytes(reader.u16()))
    reader.finish()
    return entries
  } catch {
    return fail('BAD_BUNDLE')
  }
}

function checkTile({ level, index, width }: Tile): void {
  const isLevel = level === 'entries' || (Number.isInteger(level) && level >= 0 && level <= 63)
  const isIndex = index >= 0 && Number.isSafeInteger((index + 1) * TILE_WIDTH)
  if (!isLevel || !isIndex || !Number.isInteger(index) || !isWidth(width)) fail('BAD_TILE_PATH')
}

const hashLevel = (level: Tile['level']) => (level === 'entries' ? 0 : level)
const isWidth = (width: number) => Number.isInteger(width) && width >= 1 && width <= TILE_WIDTH
