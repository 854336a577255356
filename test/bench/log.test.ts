import { inclusionProof, openCheckpoint, tileReader, verifyLog } from '@drempel/protocol/log'
import { describe, expect, it } from 'vitest'
import { bench, lastObject } from './command.ts'
import { makeLargeLog } from './log/large.ts'

describe('npm run bench -- log', () => {
  it('measures appends beside SQLite, verification and proofs, with their goals', async () => {
    const finished = await bench('log', '--smoke', '--json')
    expect(finished.code).toBe(0)
    const { results } = lastObject(finished)
    const find = (name: string) => results.find((one: { name: string }) => one.name === name)
    for (const [name, goal] of [
      ['log append, one by one / bare insert', 0.5],
      ['log append, 256 at once, an entry / bare insert', 0.3],
    ]) {
      expect(find(name as string)).toMatchObject({
        ...{ unit: 'times', goal },
        peer: expect.stringMatching(/^better-sqlite3 \d/),
      })
    }
    expect(find('log verify, 1000 entries')).toMatchObject({ unit: 's', better: 'lower' })
    expect(find('log inclusion proof, 1000 entries')).toMatchObject({ unit: 'B', value: 320 })
    expect(results.every(({ value }: { value: number }) => value > 0)).toBe(true)
  })

  it('verifies a log that one flipped bit of an entry spoils', async () => {
    const { note, key, size, fetchTile, leaf } = makeLargeLog(700)
    const checkpoint = openCheckpoint(note, key)
    const leaves: string[] = []
    await verifyLog(checkpoint, fetchTile, (_, bytes) => leaves.push(String(bytes)))
    expect(new Set(leaves).size).toBe(size)
    expect(leaves[699]).toBe(String(leaf(699)))
    expect(await inclusionProof(699, size, tileReader(size, fetchTile))).not.toHaveLength(0)
    const spoilt = verifyLog(checkpoint, async (tile) => {
      const bytes = (await fetchTile(tile))!.slice()
      if (tile.level === 'entries' && tile.index === 1) bytes[99]! ^= 1
      return bytes
    })
    await expect(spoilt).rejects.toMatchObject({ code: 'BAD_TILE' })
  })
})
