import {
  HALF_ROW_WORDS,
  type Kernel,
  plainKernel,
  ROW_WORDS,
  type Share,
  type Words,
} from '@drempel/protocol/mpc'
import { describe, expect, test, vi } from 'vitest'
// Not for users of the layer.
import { Arena } from '../../../packages/protocol/src/mpc/arena.ts'
import { seededBytes, seededInts } from '../worlds/ciphers.ts'

const seed = process.env.SEED ?? 'kernel'
const ROWS = 40
const WORDS = ROWS * ROW_WORDS
const PAGE = 65_536

type Backend = { readonly kernel: Kernel; words(clear: Words): Words }

function backendIn(arena: Arena): Backend {
  const words = (clear: Words) => {
    const held = arena.words(clear.length)
    held.set(clear)
    return held
  }
  return { kernel: arena.kernel, words }
}

const simd = backendIn(new Arena(64 * PAGE))
const outside = (clear: Words) => clear.slice()
const backends: [string, Backend][] = [
  ['plain', backendIn(new Arena(64 * PAGE, false))],
  ['SIMD', simd],
  ['SIMD on memory that it cannot reach', { kernel: simd.kernel, words: outside }],
]

function random(name: string, length = WORDS): Words {
  const bytes = seededBytes(`${seed}/${name}`)(4 * length)
  return new Int32Array(bytes.slice().buffer)
}

/** Runs of 1, 2, ... rows over disjoint rows, near and far, low before and behind high. */
function someRuns(name: string, rowWords: number): number[][] {
  const below = seededInts(`${seed}/${name}`)
  const runs: number[][] = []
  for (let row = 0, count = 1; row + 2 * count <= ROWS; row += 2 * count, count = 1 + below(4)) {
    runs.push(below(2) === 0 ? [row, row + count, count] : [row + count, row, count])
  }
  return runs.map((run) => run.map((rows) => rows * rowWords))
}

function wordPairs(runs: readonly (readonly number[])[]): [number, number][] {
  return runs.flatMap(([low, high, words]) =>
    Array.from({ length: words! }, (_, k): [number, number] => [low! + k, high! + k]),
  )
}

const cases = backends.flatMap(([name, backend]) => [
  [`${name}, rows of 128 lanes`, backend, ROW_WORDS] as const,
  [`${name}, rows of 64 lanes`, backend, HALF_ROW_WORDS] as const,
])

describe.each(cases)('%s', (_, { kernel, words }, rowWords) => {
  const held = (clear: Share): Share => ({ first: words(clear.first), second: words(clear.second) })

  /** All three parties' parts of one gate on shared operands; masks are left in, to be found again. */
  function threeParts(
    length: number,
    into: number,
    operands: readonly (readonly [Words, Words, Words])[],
    gate: (z: Words, mask: Words, shares: readonly Share[]) => void,
  ): Words {
    const sum = new Int32Array(length)
    for (const party of [0, 1, 2]) {
      const shares = operands.map((parts) =>
        held({ first: parts[party]!, second: parts[(party + 1) % 3]! }),
      )
      const before = random(`z${party}`, into + length + ROW_WORDS)
      const mask = random(`mask${party}`, into + length)
      const z = words(before)
      gate(z, words(mask), shares)
      for (let k = 0; k < length; k++) sum[k]! ^= z[into + k]! ^ mask[into + k]!
      // Nothing before or behind is touched.
      expect(z.subarray(0, into)).toEqual(before.subarray(0, into))
      expect(z.subarray(into + length)).toEqual(before.subarray(into + length))
    }
    return sum
  }

  const shared = (name: string, length = WORDS): [Words, Words, Words] => [
    random(`${name}0`, length),
    random(`${name}1`, length),
    random(`${name}2`, length),
  ]
  const open = ([x, y, z]: readonly [Words, Words, Words]) =>
    x.map((word, k) => word ^ y[k]! ^ z[k]!)

  test('and', () => {
    const [x, y] = [shared('x'), shared('y')]
    for (const count of [0, rowWords, WORDS - 3 * rowWords]) {
      const sum = threeParts(count, 8, [x, y], (z, mask, [a, b]) =>
        kernel.and(z, 8, mask, a!, 2 * rowWords, b!, 3 * rowWords, count),
      )
      const [clearX, clearY] = [open(x), open(y)]
      const product = (_: unknown, k: number) =>
        clearX[2 * rowWords + k]! & clearY[3 * rowWords + k]!
      expect([...sum]).toEqual(Array.from({ length: count }, product))
    }
  })

  test.each(['compare', 'select', 'swap'] as const)('%s', (name) => {
    const base = WORDS
    const [plane, c] = [shared('plane', 2 * WORDS), shared('c')]
    const [p, q] = [open(plane), open(c)]
    const runs = someRuns(name, rowWords)
    const pairs = wordPairs(runs)
    const at = 2 * rowWords
    const sum = threeParts(pairs.length, 4, [plane, c], (z, mask, [a, b]) => {
      const before = [a!, b!].map(({ first, second }) => [first.slice(), second.slice()])
      kernel[name](z, 4, mask, a!, base, words(Int32Array.from(runs.flat())), b!, at)
      // The own part is in the first component by now, and nowhere else.
      pairs.forEach(([low, high], k) => {
        if (name !== 'swap') before[1]![0]![at + k]! ^= z[4 + k]!
        else for (const row of [low, high]) before[0]![0]![base + row]! ^= z[4 + k]!
      })
      expect([a!, b!].map(({ first, second }) => [first, second])).toEqual(before)
    })
    const expected = pairs.map(([low, high], k) => {
      const [a, b] = [p[base + low]!, p[base + high]!]
      return (a ^ b) & (name === 'compare' ? a ^ q[at + k]! : q[at + k]!)
    })
    expect([...sum]).toEqual(expected)
  })

  test('exchange, differ and add', () => {
    const runs = someRuns('runs', rowWords)
    const triples = words(Int32Array.from(runs.flat()))
    const pairs = wordPairs(runs)
    const [clear, d] = [random('clear', 2 * WORDS), random('d', 2 * WORDS)]
    const plane = words(clear)
    kernel.exchange(plane, WORDS, triples, words(d), 8)
    const exchanged = clear.slice()
    pairs.forEach(([low, high], k) => {
      exchanged[WORDS + low]! ^= d[8 + k]!
      exchanged[WORDS + high]! ^= d[8 + k]!
    })
    expect(plane).toEqual(exchanged)

    const out = words(clear)
    kernel.differ(out, 4, words(d), WORDS, triples)
    const differed = clear.slice()
    pairs.forEach(([low, high], k) => {
      differed[4 + k] = d[WORDS + low]! ^ d[WORDS + high]!
    })
    expect(out).toEqual(differed)

    const target = words(clear)
    kernel.add(target, 8, words(d), 4, WORDS - rowWords)
    const added = clear.map((word, k) =>
      k >= 8 && k < 8 + WORDS - rowWords ? word ^ d[k - 4]! : word,
    )
    expect(target).toEqual(added)
  })

  test.each([1, 3, 10])('transpose of 32 planes of %i rows', (rows) => {
    const count = rows * rowWords
    const clear = random('planes', 32 * count)
    const out = words(new Int32Array(32 * count + 4).fill(77))
    kernel.transpose(out, words(clear), count)
    const expected = Array.from({ length: 32 * count }, (_, row) => {
      let value = 0
      for (let bit = 0; bit < 32; bit++) {
        const word = clear[bit * count + (row >> 5)]!
        value = (value << 1) | ((word >>> (row & 31)) & 1)
      }
      return value
    })
    expect([...out]).toEqual([...expected, 77, 77, 77, 77])
  })

  test('no runs, no words', () => {
    const clear = random('clear')
    const [z, none] = [words(clear), words(new Int32Array(0))]
    const share = held({ first: clear, second: clear })
    for (const name of ['compare', 'select', 'swap'] as const)
      kernel[name](z, 0, z, share, 0, none, share, 0)
    kernel.exchange(z, 0, none, z, 0)
    kernel.add(z, 0, z, 0, 0)
    expect(z).toEqual(clear)
  })
})

describe('the arena', () => {
  test('has SIMD on this engine, and plain loops on request', () => {
    expect(simd.kernel).not.toBe(plainKernel)
    expect(new Arena(PAGE, false).kernel).toBe(plainKernel)
  })

  test('has plain loops where the engine has no WebAssembly', () => {
    vi.stubGlobal('WebAssembly', undefined)
    const arena = new Arena(PAGE)
    expect(arena.kernel).toBe(plainKernel)
    expect(arena.words(8).buffer.byteLength).toBe(PAGE)
  })

  test.each([true, false])('hands out words apart, zeroed shares, and takes them back', (fast) => {
    const arena = new Arena(PAGE, fast)
    const one = arena.words(5).fill(-1)
    const mark = arena.mark()
    const two = arena.words(9).fill(-2)
    expect([...one]).toEqual(Array(5).fill(-1))
    expect((two.byteOffset - one.byteOffset) % 16).toBe(0)
    arena.release(mark)
    const again = arena.share(9)
    expect(again.first.byteOffset).toBe(two.byteOffset)
    expect([...again.first, ...again.second]).toEqual(Array(18).fill(0))
  })

  test('that is full hands out other memory', () => {
    const arena = new Arena(PAGE)
    const inside = arena.words(PAGE / 4 - 4)
    const beyond = arena.words(8)
    expect(beyond.buffer).not.toBe(inside.buffer)
    expect(arena.words(4).buffer).toBe(inside.buffer)
  })

  test('larger than the engine has serves all the same', () => {
    const arena = new Arena(2 ** 45)
    expect(arena.words(1000).length).toBe(1000)
  })
})
