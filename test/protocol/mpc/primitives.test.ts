import { hashParts, utf8 } from '@drempel/protocol/encoding'
import {
  andWindows,
  chunkRuns,
  equalNeighbours,
  greaterThan,
  newPlanes,
  openSession,
  orWindows,
  type PartyContext,
  type Planes,
  permutation,
  planeAt,
  reveal,
  type Session,
  type Share,
  shuffle,
  swap,
  transposeInto,
  verify,
  type Words,
  wordsOf,
} from '@drempel/protocol/mpc'
import { describe, expect, test } from 'vitest'
import { aesCtr, seededBytes, seededInts } from '../worlds/ciphers.ts'
import { threeResults } from '../worlds/three.ts'

const id = utf8('primitives')

/** The party's share of words that the test knows. */
function share(ctx: PartyContext, clear: Words, seed: string): Share {
  const random = seededBytes(seed)
  const x0 = wordsOf(random(4 * clear.length))
  const x1 = wordsOf(random(4 * clear.length))
  const x2 = clear.map((word, i) => word ^ x0[i]! ^ x1[i]!)
  const all = [x0, x1, x2]
  return { first: all[ctx.party]!.slice(), second: all[(ctx.party + 1) % 3]!.slice() }
}

function randomWords(length: number, seed: string): Words {
  return wordsOf(seededBytes(seed)(4 * length)).slice()
}

async function open(session: Session, value: Share, name = 'out'): Promise<Words> {
  const here = session.narrow(name)
  return reveal(here, await verify(here, value))
}

async function opened(
  seed: string,
  run: (session: Session, ctx: PartyContext) => Promise<Share>,
): Promise<Words> {
  const results = await threeResults({ seed, room: 1 }, async (ctx) => {
    const session = await openSession(ctx, id)
    return open(session, await run(session, ctx))
  })
  expect(results[1]).toEqual(results[0])
  expect(results[2]).toEqual(results[0])
  return results[0]
}

/** Values of `bits` bits, one per row and lane, as planes of one word per row. */
function planesOf(ctx: PartyContext, values: readonly (readonly number[])[], bits: number): Planes {
  const planes = newPlanes(bits, values.length, 1)
  const clear = new Int32Array(planes.share.first.length)
  values.forEach((lanes, row) => {
    lanes.forEach((value, lane) => {
      for (let bit = 0; bit < bits; bit++)
        clear[planeAt(planes, bit) + row]! |= ((value >> (bits - 1 - bit)) & 1) << lane
    })
  })
  return { ...planes, share: share(ctx, clear, 'planes') }
}

function lanesOf(word: number): readonly number[] {
  return Array.from({ length: 32 }, (_, lane) => (word >>> lane) & 1)
}

function randomRows(rows: number, bits: number, seed: string): number[][] {
  const below = seededInts(seed)
  return Array.from({ length: rows }, () => Array.from({ length: 32 }, () => below(2 ** bits)))
}

describe('compare and swap', () => {
  test.each([1, 3, 7])('orders %i-bit values lane by lane, also equal ones', async (bits) => {
    const values = randomRows(8, bits, `compare${bits}`)
    const runs = [
      { low: 0, high: 4, count: 3 },
      { low: 7, high: 3, count: 1 },
    ]
    const pairs = [
      [0, 4],
      [1, 5],
      [2, 6],
      [7, 3],
    ] // prettier-ignore
    const c = await opened('c', async (session, ctx) =>
      greaterThan(session, planesOf(ctx, values, bits), chunkRuns(runs, 1), bits),
    )
    pairs.forEach(([low, high], i) => {
      const expected = values[low!]!.map((value, lane) => (value > values[high!]![lane]! ? 1 : 0))
      expect(lanesOf(c[i]!)).toEqual(expected)
    })
    const after = await opened('s', async (session, ctx) => {
      const planes = planesOf(ctx, values, bits)
      const chunks = chunkRuns(runs, 1)
      const here = await greaterThan(session.narrow('c'), planes, chunks, bits)
      await swap(session.narrow('s'), planes, chunks, here)
      return planes.share
    })
    for (const [low, high] of pairs) {
      for (let lane = 0; lane < 32; lane++) {
        const read = (row: number) => {
          let value = 0
          for (let bit = 0; bit < bits; bit++)
            value = 2 * value + ((after[bit * 8 + row]! >>> lane) & 1)
          return value
        }
        const two = [values[low!]![lane]!, values[high!]![lane]!].sort((a, b) => a - b)
        expect([read(low!), read(high!)]).toEqual(two)
      }
    }
  })

  test('long runs are cut into several chunks and give the same', async () => {
    const words = 50_000
    const clear = randomWords(2 * words, 'long')
    const c = await opened('long', async (session, ctx) => {
      const planes = { ...newPlanes(1, 2 * words, 1), share: share(ctx, clear, 'x') }
      const chunks = chunkRuns([{ low: 0, high: words, count: words }], 1)
      expect(chunks.length).toBe(3)
      return greaterThan(session, planes, chunks, 1)
    })
    expect(c.every((word, i) => word === (clear[i]! & ~clear[words + i]!))).toBe(true)
  })
})

describe('rows', () => {
  test.each([1, 2, 5])('equality of neighbours on %i bits', async (bits) => {
    const values = randomRows(9, bits, `equal${bits}`)
    const e = await opened('e', async (session, ctx) =>
      equalNeighbours(session, planesOf(ctx, values, bits)),
    )
    const expected = values
      .slice(1)
      .map((lanes, row) => lanes.map((value, lane) => (value === values[row]![lane] ? 1 : 0)))
    expect([...e].map(lanesOf)).toEqual(expected)
  })

  test('windows of every length, AND and OR', async () => {
    const clear = randomWords(11, 'windows')
    for (let length = 1; length <= 11; length++) {
      const windows = Array.from({ length: 12 - length }, (_, p) => [...clear.slice(p, p + length)])
      const all = await opened(`and${length}`, async (session, ctx) =>
        andWindows(session, share(ctx, clear, 'w'), 1, length),
      )
      expect([...all]).toEqual(windows.map((window) => window.reduce((x, y) => x & y)))
      const any = await opened(`or${length}`, async (session, ctx) =>
        orWindows(session, share(ctx, clear, 'w'), 1, length),
      )
      expect([...any]).toEqual(windows.map((window) => window.reduce((x, y) => x | y)))
    }
  })

  test('transposition puts plane b of lane l at bit b of row l', () => {
    const clear = randomWords(40 * 3, 'transpose')
    const sources = Array.from({ length: 40 }, (_, bit) =>
      bit === 7 ? undefined : { plane: clear, at: bit * 3 },
    )
    const table = new Int32Array(2 * (96 + 5))
    transposeInto(table, 5, 2, sources, 3)
    for (let lane = 0; lane < 96; lane++) {
      for (let bit = 0; bit < 64; bit++) {
        const word = bit === 7 || bit >= 40 ? 0 : clear[bit * 3 + (lane >> 5)]!
        const expected = (word >>> (lane & 31)) & 1
        const row = table[2 * (5 + lane) + (bit >> 5)]!
        expect((row >>> (31 - (bit & 31))) & 1).toBe(expected)
      }
    }
  })
})

describe('shuffle', () => {
  test.each([1, 2, 128, 70_000])('keeps %i rows as a multiset and whole', async (rows) => {
    const clear = Int32Array.from({ length: 2 * rows }, (_, i) => (i % 2 === 0 ? i : ~(i - 1)))
    const after = await opened('shuffle', async (session, ctx) =>
      shuffle(session, share(ctx, clear, 's'), 2),
    )
    const seen = new Set<number>()
    for (let row = 0; row < rows; row++) {
      expect(after[2 * row + 1]).toBe(~after[2 * row]!)
      seen.add(after[2 * row]!)
    }
    expect(seen.size).toBe(rows)
    if (rows > 100) expect(after).not.toEqual(clear)
  })

  test('permutations of four are uniform (chi-squared, 23 degrees of freedom)', () => {
    const counts = new Map<string, number>()
    for (let i = 0; i < 4800; i++) {
      const key = hashParts('drempel/v1/test/permutation', utf8(String(i))).subarray(0, 16)
      const order = permutation(4, aesCtr(key, new Uint8Array(16))).join()
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    const chi = [...counts.values()].reduce((sum, n) => sum + (n - 200) ** 2 / 200, 0)
    expect(counts.size).toBe(24)
    expect(chi).toBeLessThan(58) // 10^-4 quantile
  })
})
