import { concat, hex, utf8 } from '@drempel/protocol/encoding'
import {
  consistencyProof,
  encodeBundle,
  encodeHashTile,
  encodeTilePath,
  type FetchTile,
  inclusionProof,
  leafHash,
  parseBundle,
  parseHashTile,
  parseTilePath,
  rootAt,
  TILE_WIDTH,
  type Tile,
  tileAt,
  tileRange,
  tileReader,
  verifyConsistency,
  verifyInclusion,
  verifyLog,
} from '@drempel/protocol/log'
import { describe, expect, test } from 'vitest'
import { checkpointAt, hashes, leaves, read, SIZE, serve } from './served.ts'

const code = (code: string, at?: string) =>
  expect.objectContaining(at === undefined ? { code } : { code, at })

describe('paths', () => {
  const cases: [string, Tile][] = [
    ['tile/0/000', { level: 0, index: 0, width: 256 }],
    ['tile/0/001.p/5', { level: 0, index: 1, width: 5 }],
    ['tile/1/x001/234.p/5', { level: 1, index: 1234, width: 5 }],
    ['tile/5/x123/x456/078', { level: 5, index: 123_456_078, width: 256 }],
    ['tile/2/x001/x234/067', { level: 2, index: 1_234_067, width: 256 }],
    ['tile/63/999.p/255', { level: 63, index: 999, width: 255 }],
    ['tile/entries/x003/x057/500', { level: 'entries', index: 3_057_500, width: 256 }],
    ['tile/entries/000.p/1', { level: 'entries', index: 0, width: 1 }],
  ]

  test.each(cases)('%s', (path, tile) => {
    expect(encodeTilePath(tile)).toBe(path)
    expect(parseTilePath(path)).toEqual(tile)
  })

  test.each([
    'tile/0/0',
    'tile/0/0000',
    'tile/0/x000/001',
    'tile/0/001/234',
    'tile/0/x001',
    'tile/0/x001/x234',
    'tile/3/5/123/456/078',
    'tile/-1/000',
    'tile/00/000',
    'tile/01/000',
    'tile/64/000',
    'tile/8/0/000',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/05',
    'tile/0/000.p/',
    'tile/0/000.p5',
    'tile/data/000',
    'tile/entries/000/',
    '/tile/0/000',
    'tile/0/000\n',
    'tile/0/../000',
    'tile/0/%2e%2e',
    'tile/0/x999/x999/x999/x999/x999/999',
    `tile/0/${'x001/'.repeat(4000)}001`,
  ])('%j is none', (path) => {
    expect(() => parseTilePath(path)).toThrow(code('BAD_TILE_PATH'))
  })

  test('a server reaches no further than its log', () => {
    // The example of the specification: a tree of 70,000 leaves.
    expect(tileAt(0, 272, 70_000)).toEqual({ level: 0, index: 272, width: 256 })
    expect(tileAt(0, 273, 70_000)).toEqual({ level: 0, index: 273, width: 112 })
    expect(tileAt(1, 1, 70_000)).toEqual({ level: 1, index: 1, width: 17 })
    expect(tileAt(2, 0, 70_000)).toEqual({ level: 2, index: 0, width: 1 })
    for (const [level, index] of [
      [0, 274],
      [1, 2],
      [2, 1],
      [3, 0],
      ['entries', 274],
    ] as const) {
      expect(tileAt(level, index, 70_000)).toBeUndefined()
    }
    expect(tileAt(0, 1, 256)).toBeUndefined()
    expect(tileAt(1, 0, 256)).toEqual({ level: 1, index: 0, width: 1 })
    const range = (width: number) => tileRange({ level: 0, index: 273, width }, 70_000)
    expect(range(112)).toEqual({ level: 0, from: 69_888, to: 70_000 })
    // A partial tile that has grown is still served at its old width.
    expect(range(3)).toEqual({ level: 0, from: 69_888, to: 69_891 })
    expect(range(113)).toBeUndefined()
    expect(tileRange({ level: 1, index: 0, width: 256 }, 70_000)).toEqual({
      level: 8,
      from: 0,
      to: 256,
    })
  })
})

describe('bytes', () => {
  test('hash tiles hold exactly their width', () => {
    const tile = encodeHashTile(hashes.slice(0, 5))
    expect(parseHashTile(tile, 5).map(hex)).toEqual(hashes.slice(0, 5).map(hex))
    for (const [bytes, width] of [
      [tile, 4],
      [tile, 6],
      [tile.subarray(1), 5],
      [concat(tile, Uint8Array.of(0)), 5],
      [new Uint8Array(0), 0],
      [tile, 4.5],
    ] as const) {
      expect(() => parseHashTile(bytes, width)).toThrow(code('BAD_TILE'))
    }
    expect(() => encodeHashTile([])).toThrow(code('BAD_TILE'))
    expect(() => encodeHashTile(hashes.slice(0, 257))).toThrow(code('BAD_TILE'))
    expect(() => encodeHashTile([utf8('short')])).toThrow(code('BAD_TILE'))
  })

  test('bundles hold exactly their width, each entry behind 16 bits of length', () => {
    const bundle = encodeBundle([utf8('ab'), new Uint8Array(0), new Uint8Array(65_535)])
    expect([...bundle.subarray(0, 8)]).toEqual([0, 2, 97, 98, 0, 0, 255, 255])
    expect(parseBundle(bundle, 3).map(({ length }) => length)).toEqual([2, 0, 65_535])
    for (const [bytes, width] of [
      [bundle, 2],
      [bundle, 4],
      [bundle.subarray(0, -1), 3],
      [concat(bundle, Uint8Array.of(0)), 3],
      [new Uint8Array(0), 0],
      [Uint8Array.of(0), 1],
    ] as const) {
      expect(() => parseBundle(bytes, width)).toThrow(code('BAD_BUNDLE'))
    }
    expect(() => encodeBundle([new Uint8Array(65_536)])).toThrow(code('BAD_BUNDLE'))
    expect(() => encodeBundle([])).toThrow(code('BAD_BUNDLE'))
  })
})

describe('reading from tiles', () => {
  const sizes = [1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, SIZE]

  test('gives the proofs that the store gives', async () => {
    for (const size of sizes) {
      const { root } = checkpointAt(size)
      const fromTiles = tileReader(size, serve(size))
      expect(hex(await rootAt(size, fromTiles))).toBe(hex(root))
      for (const index of [0, 1, Math.floor(size / 2), size - 2, size - 1]) {
        if (index < 0 || index >= size) continue
        const proof = await inclusionProof(index, size, fromTiles)
        expect(proof).toEqual(await inclusionProof(index, size, read))
        verifyInclusion(hashes[index]!, index, size, proof, root)
      }
      for (const older of sizes.filter((older) => older <= size)) {
        const proof = await consistencyProof(older, size, fromTiles)
        verifyConsistency(older, checkpointAt(older).root, size, root, proof)
      }
    }
  })

  test('asks once for each tile, and for none beyond the size', async () => {
    const asked: string[] = []
    const fetch: FetchTile = (tile) => {
      asked.push(encodeTilePath(tile))
      return serve(SIZE)(tile)
    }
    await inclusionProof(65_600, SIZE, tileReader(SIZE, fetch))
    expect(asked.toSorted()).toEqual(['tile/0/256', 'tile/0/257.p/3', 'tile/2/000.p/1'])
  })

  test('takes a full tile for a partial one that is gone', async () => {
    const pruned: FetchTile = (tile) =>
      tile.width === TILE_WIDTH ? serve(SIZE)({ ...tile }) : undefined
    const proof = await inclusionProof(3, 200, tileReader(200, pruned))
    verifyInclusion(hashes[3]!, 3, 200, proof, checkpointAt(200).root)
    await expect(inclusionProof(3, SIZE, tileReader(SIZE, pruned))).rejects.toThrow(
      code('TILE_MISSING'),
    )
  })

  test('refuses tiles of the wrong length', async () => {
    const cut: FetchTile = (tile) => serve(SIZE)(tile)?.subarray(1)
    await expect(rootAt(SIZE, tileReader(SIZE, cut))).rejects.toThrow(code('BAD_TILE'))
  })

  test('a server with one false hash gives no proof that verifies', async () => {
    const { root } = checkpointAt(300)
    for (let at = 0; at < 300; at += 7) {
      const lying: FetchTile = (tile) => {
        const bytes = serve(300)(tile)
        const i = at - tile.index * TILE_WIDTH
        if (tile.level !== 0 || bytes === undefined || i < 0 || i >= tile.width) return bytes
        return bytes.with(32 * i, bytes[32 * i]! ^ 1)
      }
      const proof = await inclusionProof(299 - at, 300, tileReader(300, lying))
      const honest = await inclusionProof(299 - at, 300, read)
      if (proof.every((hash, i) => hex(hash) === hex(honest[i]!))) continue
      expect(() => verifyInclusion(hashes[299 - at]!, 299 - at, 300, proof, root)).toThrow(
        code('BAD_INCLUSION_PROOF'),
      )
    }
  })
})

describe('checking a whole log', () => {
  test('accepts an honest one of any size, and shows its entries in order', async () => {
    for (const size of [0, 1, 255, 256, 257, 600]) {
      let seen = 0
      await verifyLog(checkpointAt(size), serve(size), (index, leaf) => {
        if (index !== seen || hex(leaf) !== hex(leaves[index]!)) throw new Error('out of order')
        seen++
      })
      expect(seen).toBe(size)
    }
  })

  test('refuses one entry changed, dropped or swapped', async () => {
    const size = 600
    for (const change of [
      (entries: Uint8Array[]) => entries.with(3, utf8('rewritten')),
      (entries: Uint8Array[]) => entries.with(3, entries[4]!).with(4, entries[3]!),
      (entries: Uint8Array[]) => entries.with(3, new Uint8Array(0)),
    ]) {
      for (const bundle of [0, 1, 2]) {
        const lying: FetchTile = (tile) =>
          tile.level === 'entries' && tile.index === bundle
            ? encodeBundle(change(leaves.slice(256 * bundle, 256 * bundle + tile.width)))
            : serve(size)(tile)
        await expect(verifyLog(checkpointAt(size), lying)).rejects.toThrow(code('BAD_TILE'))
      }
    }
    const short: FetchTile = (tile) =>
      tile.level === 'entries' ? encodeBundle(leaves.slice(1, tile.width)) : serve(size)(tile)
    await expect(verifyLog(checkpointAt(size), short)).rejects.toThrow(code('BAD_BUNDLE'))
  })

  test.each([
    [600, 'tile/0/001'],
    [600, 'tile/0/002.p/88'],
    [600, 'tile/1/000.p/2'],
  ])('at size %d refuses a false hash in %s, and names the tile', async (size, path) => {
    const lying: FetchTile = (tile) => {
      const bytes = serve(size)(tile)
      if (bytes === undefined || encodeTilePath(tile) !== path) return bytes
      return bytes.with(31, bytes[31]! ^ 1)
    }
    await expect(verifyLog(checkpointAt(size), lying)).rejects.toThrow(code('BAD_TILE', path))
  })

  test('refuses a consistent tree under another root', async () => {
    const forged: FetchTile = (tile) => {
      const entries = leaves.slice(0, 5).with(0, utf8('rewritten'))
      return tile.level === 'entries'
        ? encodeBundle(entries)
        : encodeHashTile(entries.map(leafHash))
    }
    await expect(verifyLog(checkpointAt(5), forged)).rejects.toThrow(code('ROOT_MISMATCH'))
  })

  test('refuses a log with a hole', async () => {
    const hole: FetchTile = (tile) =>
      tile.level === 'entries' && tile.index === 1 ? undefined : serve(600)(tile)
    await expect(verifyLog(checkpointAt(600), hole)).rejects.toThrow(
      code('TILE_MISSING', 'tile/entries/001'),
    )
  })
})
