import { encodeTilePath, type FetchTile, verifyLog } from '@drempel/protocol/log'
import { expect, test } from 'vitest'
import { checkpointAt, SIZE, serve } from './served.ts'

test('a log that fills a tile of the second level', async () => {
  let seen = 0
  await verifyLog(checkpointAt(SIZE), serve(SIZE), () => seen++)
  expect(seen).toBe(SIZE)
})

test.each(['tile/0/100', 'tile/0/257.p/3', 'tile/1/000', 'tile/1/001.p/1', 'tile/2/000.p/1'])(
  'a false hash in %s is found, and the tile named',
  async (path) => {
    const lying: FetchTile = (tile) => {
      const bytes = serve(SIZE)(tile)
      if (bytes === undefined || encodeTilePath(tile) !== path) return bytes
      return bytes.with(31, bytes[31]! ^ 1)
    }
    await expect(verifyLog(checkpointAt(SIZE), lying)).rejects.toMatchObject({
      code: 'BAD_TILE',
      at: path,
    })
  },
)
