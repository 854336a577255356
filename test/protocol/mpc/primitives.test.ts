import { hashParts, utf8 } from '@drempel/protocol/encoding'
import {
  andWindows,
  chunkRuns,
  equalRows,
  greaterThan,
  MAX_PAYLOAD,
  openSession,
  orWindows,
  type PartyContext,
  type Planes,
  permuteRows,
  ROW_WORDS,
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
import { type Recorded, threeResults } from '../worlds/three.ts'

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
  transcript: Recorded[] = [],
  memoryBytes = 1 << 22,
): Promise<Words> {
  const results = await threeResults({ seed, room: 1, transcript }, async (ctx) => {
    const session = await openSession(ctx, id, memoryBytes)
    return open(session, await run(session, ctx))
  })
  expect(results[1]).toEqual(results[0])
  expect(results[2]).toEqual(results[0])
  return results[0]
}

/** Rows of 128 values of `bits` bits, one per lane, as planes. */
function planesOf(ctx: PartyContext, values: readonly (readonly number[])[], bits: number): Planes {
  const planes = { bits, rows: values.length, rowWords: ROW_WORDS }
  const clear = new Int32Array(bits * values.length * ROW_WORDS)
  values.forEach((lanes, row) => {
    lanes.forEach((value, lane) => {
      for (let bit = 0; bit < bits; bit++) {
        const word = (bit * values.length + row) * ROW_WORDS + (lane >> 5)
        clear[word]! |= ((value >> (bits - 1 - bit)) & 1) << (lane & 31)
      }
    })
  })
  return { ...planes, share: share(ctx, clear, 'planes') }
}

function lanesOf(words: Words, row: number): readonly number[] {
  return Array.from(
    { length: 128 },
    (_, lane) => (words[row * ROW_WORDS + (lane >> 5)]! >>> (lane & 31)) & 1,
  )
}

function randomRows(rows: number, bits: number, seed: string): number[][] {
  const below = seededInts(seed)
  return Array.from({ length: rows }, () => Array.from({ length: 128 }, () => below(2 ** bits)))
}

describe('compare and swap', () => {
  test.each([
    [1, 1],
    [3, 1],
    [7, 1],
    [7, 2],
    [7, 3],
    [8, 8],
    [9, 4],
    [9, 32],
  ])('orders %i-bit values lane by lane, also equal ones, in %i blocks', async (bits, blocks) => {
    const values = randomRows(8, bits, `compare${bits}`)
    // Rows that differ in one bit alone, or in none.
    values[4] = values[0]!.map((value, lane) => value ^ ((1 << (lane % (bits + 1))) % 2 ** bits))
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
    const c = await opened('c', async (session, ctx) => {
      const planes = planesOf(ctx, values, bits)
      return greaterThan(session, planes, chunkRuns(session, runs, ROW_WORDS), bits, blocks)
    })
    pairs.forEach(([low, high], i) => {
      const expected = values[low!]!.map((value, lane) => (value > values[high!]![lane]! ? 1 : 0))
      expect(lanesOf(c, i)).toEqual(expected)
    })
    const after = await opened('s', async (session, ctx) => {
      const planes = planesOf(ctx, values, bits)
      const chunks = chunkRuns(session, runs, ROW_WORDS)
      const here = await greaterThan(session.narrow('c'), planes, chunks, bits, blocks)
      await swap(session.narrow('s'), planes, chunks, here)
      return planes.share
    })
    const valuesOf = (row: number) => {
      const planes = Array.from({ length: bits }, (_, bit) => lanesOf(after, bit * 8 + row))
      return values[row]!.map((_, lane) =>
        planes.reduce((value, plane) => 2 * value + plane[lane]!, 0),
      )
    }
    for (const [low, high] of pairs) {
      const two = values[low!]!.map((value, lane) => [value, values[high!]![lane]!])
      expect(valuesOf(low!)).toEqual(two.map((both) => Math.min(...both)))
      expect(valuesOf(high!)).toEqual(two.map((both) => Math.max(...both)))
    }
  })

  test.each([1, 3, 8])(
    'bits that rows have in common cost nothing, in %i blocks',
    async (blocks) => {
      const bits = 7
      const values = randomRows(8, bits, 'common')
      const runs = [
        { low: 0, high: 4, count: 2, common: 3 },
        { low: 2, high: 6, count: 1 },
        { low: 3, high: 7, count: 1, common: 7 },
      ]
      for (const { low, high, count, common = 0 } of runs) {
        const own = 2 ** (bits - common)
        for (let k = 0; k < count; k++) {
          const leading = values[low + k]!.map((value) => value - (value % own))
          values[high + k] = values[high + k]!.map((value, lane) => leading[lane]! + (value % own))
        }
      }
      const orderBits = bits - 1
      const run = async (session: Session, ctx: PartyContext, of: typeof runs) => {
        const planes = planesOf(ctx, values, bits)
        const chunks = chunkRuns(session, of, ROW_WORDS)
        const before = session.stats.ands
        const c = await greaterThan(session.narrow('c'), planes, chunks, orderBits, blocks)
        await swap(session.narrow('s'), planes, chunks, c, true)
        return { share: planes.share, ands: session.stats.ands - before }
      }
      const counts: number[] = []
      const after = await opened('common', async (session, ctx) => {
        const { share, ands } = await run(session, ctx, runs)
        counts.push(ands)
        return share
      })
      const plain = await opened('plain', async (session, ctx) => {
        const all = runs.map(({ low, high, count }) => ({ low, high, count }))
        const { share, ands } = await run(session, ctx, all)
        counts.push(ands)
        return share
      })
      expect(after).toEqual(plain)
      const [short, , , long] = counts
      if (blocks === 1) expect(short).toBe(128 * (2 * (3 + 4) + (6 + 7)))
      expect(short).toBeLessThan(long!)
    },
  )

  test.each([
    [12_500, 3, 1],
    [12_500, 3, 2],
    [8_191, 1, 2],
  ])('long runs of %i rows, in %i chunks and %i blocks', async (rows, count, blocks) => {
    const words = rows * ROW_WORDS
    const clear = randomWords(4 * words, 'long')
    const transcript: Recorded[] = []
    const run = async (session: Session, ctx: PartyContext) => {
      const planes = { bits: 2, rows: 2 * rows, rowWords: ROW_WORDS }
      const chunks = chunkRuns(session, [{ low: 0, high: rows, count: rows }], ROW_WORDS)
      expect(chunks.length).toBe(count)
      return greaterThan(session, { ...planes, share: share(ctx, clear, 'x') }, chunks, 2, blocks)
    }
    const c = await opened('long', run, transcript, 1 << 26)
    const expected = Array.from({ length: words }, (_, i) => {
      const [a, b] = [clear[i]!, clear[words + i]!]
      const [low, other] = [clear[2 * words + i]!, clear[3 * words + i]!]
      return (a & ~b) | (~(a ^ b) & low & ~other)
    })
    expect(c).toEqual(Int32Array.from(expected))
    for (const { length } of transcript) expect(length).toBeLessThanOrEqual(MAX_PAYLOAD)
  })

  test.each([1, 3, 7])('rows of %i words, no whole 64 lanes, are refused', async (words) => {
    await threeResults({ seed: 'lanes' }, async (ctx) => {
      const session = await openSession(ctx, id)
      expect(() => chunkRuns(session, [{ low: 0, high: 1, count: 1 }], words)).toThrow(RangeError)
    })
  })
})

describe('rows', () => {
  test.each([1, 2, 5])('equality of rows on %i bits', async (bits) => {
    const values = randomRows(9, bits, `equal${bits}`)
    const e = await opened('e', async (session, ctx) => {
      const runs = [
        { low: 0, high: 1, count: 7 },
        { low: 8, high: 2, count: 1 },
      ]
      const [chunk] = chunkRuns(session, runs, ROW_WORDS)
      return equalRows(session, planesOf(ctx, values, bits), chunk!)
    })
    const pairs = [...Array.from({ length: 7 }, (_, row) => [row, row + 1]), [8, 2]]
    const expected = pairs.map(([a, b]) =>
      values[a!]!.map((value, lane) => (value === values[b!]![lane] ? 1 : 0)),
    )
    expect(pairs.map((_, i) => lanesOf(e, i))).toEqual(expected)
  })

  test('windows of every length, AND and OR', async () => {
    const rows = 11
    const clear = randomWords(rows * ROW_WORDS, 'windows')
    for (let length = 1; length <= rows; length++) {
      const windows = Array.from({ length: (rows + 1 - length) * ROW_WORDS }, (_, at) =>
        Array.from({ length }, (_, row) => clear[at + row * ROW_WORDS]!),
      )
      const all = await opened(`and${length}`, async (session, ctx) =>
        andWindows(session, share(ctx, clear, 'w'), ROW_WORDS, length),
      )
      expect([...all]).toEqual(windows.map((window) => window.reduce((x, y) => x & y)))
      const any = await opened(`or${length}`, async (session, ctx) =>
        orWindows(session, share(ctx, clear, 'w'), ROW_WORDS, length),
      )
      expect([...any]).toEqual(windows.map((window) => window.reduce((x, y) => x | y)))
    }
  })

  test('transposition puts plane b of lane l at bit b of row l', async () => {
    const rows = 300
    const clear = randomWords(40 * rows * ROW_WORDS, 'transpose')
    const planes = { bits: 40, rows, rowWords: ROW_WORDS, share: { first: clear, second: clear } }
    // Some bits come from other rows.
    const places = Int32Array.from({ length: rows }, (_, i) => (7 * i + 5) % rows)
    const moved = (bit: number) => bit % 3 === 0
    const sources = Array.from({ length: 40 }, (_, bit) =>
      bit === 7 ? undefined : moved(bit) ? { planes, bit, places } : { planes, bit },
    )
    const spans = [
      { start: 3, count: 290 },
      { start: 0, count: 1 },
    ]
    const table = new Int32Array(2 * (5 + 128 * 291))
    await threeResults({ seed: 'transpose' }, async (ctx) => {
      const { arena } = await openSession(ctx, id)
      let row = 5
      for (const span of spans) {
        transposeInto(arena, table, row, 2, 'second', sources, ROW_WORDS, span)
        row += 128 * span.count
      }
    })
    const taken = spans.flatMap(({ start, count }) =>
      Array.from({ length: count }, (_, i) => start + i),
    )
    const wrong = taken.filter((place, i) =>
      Array.from({ length: 128 }, (_, lane) => lane).some((lane) => {
        const at = 2 * (5 + 128 * i + lane)
        return Array.from({ length: 64 }, (_, bit) => bit).some((bit) => {
          const absent = bit === 7 || bit >= 40
          const row = moved(bit) ? places[place]! : place
          const word = absent ? 0 : clear[(bit * rows + row) * ROW_WORDS + (lane >> 5)]!
          const got = (table[at + (bit >> 5)]! >>> (31 - (bit & 31))) & 1
          return got !== ((word >>> (lane & 31)) & 1)
        })
      }),
    )
    expect(wrong).toEqual([])
  })
})

describe('shuffle', () => {
  test.each([1, 2, 128, 70_000])('keeps %i rows as a multiset and whole', async (rows) => {
    const clear = Int32Array.from({ length: 2 * rows }, (_, i) => (i % 2 === 0 ? i : ~(i - 1)))
    const work = async (session: Session, ctx: PartyContext) =>
      shuffle(session, share(ctx, clear, 's'), 2)
    const after = await opened('shuffle', work, [], 1 << 26)
    const seen = new Set<number>()
    for (let row = 0; row < rows; row++) {
      expect(after[2 * row + 1]).toBe(~after[2 * row]!)
      seen.add(after[2 * row]!)
    }
    expect(seen.size).toBe(rows)
    if (rows > 100) expect(after).not.toEqual(clear)
  })

  // Four rows in one bucket, which is plain Fisher-Yates, and in four of them.
  test.each([4, 1])(
    'orders of four rows are uniform (chi-squared, 23 degrees of freedom), buckets of %i',
    async (bucketRows) => {
      const counts = new Map<string, number>()
      for (let i = 0; i < 4800; i++) {
        const key = hashParts('drempel/v1/test/permutation', utf8(String(i))).subarray(0, 16)
        const stream = aesCtr(key, new Uint8Array(16))
        const order = new Int32Array(4)
        await permuteRows(order, Int32Array.of(0, 1, 2, 3), 1, stream, undefined, bucketRows)
        counts.set(order.join(), (counts.get(order.join()) ?? 0) + 1)
      }
      const chi = [...counts.values()].reduce((sum, n) => sum + (n - 200) ** 2 / 200, 0)
      expect(counts.size).toBe(24)
      expect(chi).toBeLessThan(58) // 10^-4 quantile
    },
  )

  test('a row of many goes to any place, whatever the number of buckets', async () => {
    const rows = 3000
    for (const bucketRows of [5000, 1000, 20, 1]) {
      // Sixteenths of the places against sixteenths of the rows.
      const cells = new Float64Array(256)
      for (let i = 0; i < 20; i++) {
        const key = hashParts('drempel/v1/test/places', utf8(`${bucketRows} ${i}`)).subarray(0, 16)
        const from = Int32Array.from({ length: rows }, (_, row) => row)
        const into = new Int32Array(rows)
        const stream = aesCtr(key, new Uint8Array(16))
        await permuteRows(into, from, 1, stream, undefined, bucketRows)
        expect(Int32Array.from(into).sort()).toEqual(from)
        into.forEach((row, place) => {
          cells[16 * Math.floor((16 * row) / rows) + Math.floor((16 * place) / rows)]!++
        })
      }
      const expected = (20 * rows) / 256
      const chi = cells.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)
      // 225 degrees of freedom, 10^-4 quantile; counts of permutations vary less than independent ones.
      expect(chi).toBeLessThan(310)
    }
  })
})
