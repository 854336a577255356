import type { AggregateTerms, RoundRule } from '@drempel/protocol/threshold'
import { describe, expect, test } from 'vitest'
import { cellsOf, shownOf } from '../worlds/aggregates.ts'
import { seededInts } from '../worlds/ciphers.ts'
import { overlapping } from '../worlds/exactness.ts'
import { type RoundWorld, runRound } from '../worlds/round.ts'
import type { Adversary, Recorded } from '../worlds/three.ts'

const seed = process.env.SEED ?? String(Date.now())

function ruleOf(aggregates: AggregateTerms): RoundRule {
  return { id: 'counted', t: 2, output: 'aggregates', aggregates }
}

async function opened(
  world: Pick<RoundWorld, 'lists'> & Partial<RoundWorld>,
  terms: AggregateTerms,
) {
  const { results } = await runRound({ seed, rules: [ruleOf(terms)], ...world })
  const all = results.map(({ aggregates }) => aggregates.get('counted')!)
  expect(all[1]).toEqual(all[0])
  expect(all[2]).toEqual(all[0])
  const { histogram, overlaps } = all[0]!
  return { histogram, overlaps: overlaps.map(({ count }) => count), pairs: overlaps }
}

/** Every set of holders as often as wanted. */
function listsOf(parties: number, times: (set: number) => number): string[][] {
  const lists = Array.from({ length: parties }, (): string[] => [])
  for (let set = 1; set < 1 << parties; set++) {
    for (let k = 0; k < times(set); k++) {
      lists.forEach((list, i) => {
        if ((set >> i) & 1) list.push(`${set}.${k}`)
      })
    }
  }
  return lists
}

describe(`aggregates, SEED=${seed}`, () => {
  test.each([2, 5])('%i partners: what the words of the rule let out', async (n) => {
    const below = seededInts(`${seed}/${n}`)
    const lists = listsOf(n, () => below(Math.ceil(120 / 2 ** n)))
    for (const [show, from] of [
      ['histogram', undefined],
      ['overlaps', undefined],
      ['both', undefined],
      ['histogram', 1],
      ['both', 1],
    ] as const) {
      const first = from === undefined ? {} : { from }
      const terms = { show, minCell: 10 + below(8), upTo: 2 + below(n), ...first }
      const { histogram, overlaps } = await opened({ lists }, terms)
      const expected = shownOf(cellsOf(lists, terms.upTo, from), terms)
      expect({ histogram, overlaps }, `${seed} ${JSON.stringify(terms)}`).toEqual(expected)
    }
  })

  test('cells at the limit and where tens round', async () => {
    const sizes = [9, 10, 14, 15, 995]
    for (const size of [9, 15]) {
      const times = sizes[(sizes.indexOf(size) + 1) % sizes.length]!
      const lists = listsOf(3, (set) => (set === 3 ? size : set === 5 ? times : 0))
      const { overlaps } = await opened({ lists }, { show: 'overlaps', minCell: 10 })
      const tens = (count: number) => (count < 10 ? null : 10 * Math.round(count / 10))
      expect(overlaps).toEqual([tens(size), tens(times), null])
    }
  })

  test('both are open when nothing is small', async () => {
    const lists = listsOf(3, (set) => 20 + set)
    const terms = { show: 'both', minCell: 20 } as const
    const { histogram, overlaps, pairs } = await opened({ lists }, terms)
    expect(histogram).toEqual([70, 30])
    expect({ histogram, overlaps }).toEqual(shownOf(cellsOf(lists), terms))
    expect(pairs.map(({ partners }) => partners)).toEqual([
      [0, 1],
      [0, 2],
      [1, 2],
    ])
    // 21, 22 and 24 by one; what fills the lists up is no identifier.
    const whole = await opened({ lists, sizes: [400, 500, 600] }, { ...terms, from: 1 })
    expect(whole).toMatchObject({ histogram: [70, 70, 30], overlaps })
    const closed = await opened({ lists }, { show: 'histogram', minCell: 28, from: 1 })
    expect(closed.histogram).toEqual([null, null, null])
  })

  test('large lists, several groups of shards; who is left out is not counted', async () => {
    const lists = overlapping([900, 700, 800, 500], 1500, `${seed}/large`)
    const terms = { show: 'both', minCell: 10 } as const
    const { histogram, overlaps, pairs } = await opened(
      {
        lists,
        options: { planeBytes: 1 },
        plan: (made) => {
          const width = made.keyBits - 8
          return { ...made, bins: 256, binBits: 8, width, orderBits: width }
        },
        upload: (partner, _, upload) => (partner === 1 ? undefined : upload),
      },
      terms,
    )
    const there = [lists[0]!, lists[2]!, lists[3]!]
    expect({ histogram, overlaps }).toEqual(shownOf(cellsOf(there), terms))
    expect(pairs.map(({ partners }) => partners)).toEqual([
      [0, 2],
      [0, 3],
      [2, 3],
    ])
  })
})

describe('a closed cell can be anything below the limit, whatever is open', () => {
  // Of three partners: how many identifiers each pair holds alone, and all three.
  const [PAIR, ALL] = [30, 12]
  const minCell = 10
  const worlds = (use: (a: number, b: number, c: number, all: number) => void) => {
    for (let a = 0; a <= PAIR; a++)
      for (let b = 0; b <= PAIR; b++)
        for (let c = 0; c <= PAIR; c++) for (let all = 0; all <= ALL; all++) use(a, b, c, all)
  }

  /** What one partner alone holds, where who looks knows how large every list is. */
  const LISTS = 3 * (2 * PAIR + ALL)
  const alone = (a: number, b: number, c: number, all: number) => {
    return LISTS - 2 * (a + b + c) - 3 * all
  }

  test.each([['histogram'], ['overlaps'], ['both'], ['both', 1]] as const)(
    '%s %s',
    (show, from?: 1) => {
      /** Per release, the values that each closed cell can have. */
      const seen = new Map<string, Set<number>[]>()
      const classes = from === 1 ? 3 : 2
      worlds((a, b, c, all) => {
        const held = [a + b + c, all]
        const histogram = from === 1 ? [alone(a, b, c, all), ...held] : held
        const cells = { histogram, overlaps: [a + all, b + all, c + all] }
        const shown = shownOf(cells, { show, minCell, ...(from === 1 ? { from } : {}) })
        const values = [...(shown.histogram.length > 0 ? cells.histogram : []), ...cells.overlaps]
        const open = [...shown.histogram, ...shown.overlaps]
        const key = open.join()
        const sets = seen.get(key) ?? open.map(() => new Set<number>())
        seen.set(key, sets)
        open.forEach((cell, i) => {
          if (cell === null) sets[i]!.add(values[i]!)
        })
      })
      expect(seen.size).toBeGreaterThan(10)
      const small = new Set(Array.from({ length: minCell }, (_, value) => value))
      for (const [release, sets] of seen) {
        const cells = release.split(',')
        // What is larger is not tried in all ways above.
        if (cells.some((cell) => Number(cell) > 20)) continue
        cells.forEach((cell, i) => {
          if (cell !== '') return
          const ofHistogram = show !== 'overlaps' && i < classes
          if (show === 'both' && ofHistogram)
            expect(sets[i]!.size, `${release} cell ${i}`).toBeGreaterThanOrEqual(minCell)
          else expect(sets[i], `${release} cell ${i}`).toEqual(small)
        })
      }
    },
  )

  test('the test finds what leaks where histogram and overlaps close one by one', () => {
    const releases = new Map<string, Set<number>>()
    worlds((a, b, c, all) => {
      const cells = { histogram: [a + b + c, all], overlaps: [a + all, b + all, c + all] }
      const { histogram } = shownOf({ ...cells, overlaps: [] }, { show: 'histogram', minCell })
      const { overlaps } = shownOf({ ...cells, histogram: [] }, { show: 'overlaps', minCell })
      if (overlaps.some((cell) => cell !== null) || histogram[0] !== 30) return
      const key = histogram.join()
      releases.set(key, (releases.get(key) ?? new Set()).add(all))
    })
    // Three overlaps below ten, 25 or more held by two: nothing is held by all three.
    expect([...releases.values()]).toEqual([new Set([0])])
  })

  test('and where classes from one holder on close one by one', () => {
    const releases = new Map<string, Set<number>>()
    worlds((a, b, c, all) => {
      const histogram = [alone(a, b, c, all), a + b + c, all]
      const shown = shownOf({ histogram, overlaps: [] }, { show: 'histogram', minCell }).histogram
      if (shown[2] !== null || shown[1] === null) return
      const key = shown.join()
      releases.set(key, (releases.get(key) ?? new Set()).add(all))
    })
    expect(Math.min(...[...releases.values()].map(({ size }) => size))).toBeLessThan(minCell)
  })
})

test('what nodes exchange follows from sizes alone, and nothing is opened but the release', async () => {
  const shapeOf = async (lists: readonly (readonly string[])[]) => {
    const transcript: Recorded[] = []
    await opened(
      { seed: 'shape', lists, sizes: [9, 9, 9], transcript },
      {
        show: 'both',
        minCell: 10,
      },
    )
    return [0, 1, 2].map((from) =>
      transcript.filter((m) => m.from === from).map(({ to, step, length }) => [to, step, length]),
    )
  }
  const one = await shapeOf([['x', 'a'], ['a'], ['x']])
  const other = await shapeOf([['a'], ['x', 'a', 'b'], ['x', 'c', 'd', 'e']])
  expect(other).toEqual(one)
})

test('what a node receives looks uniform until the opening', async () => {
  let [bits, ones] = [0, 0]
  const adversary: Adversary = (message) => {
    if (!/tally|aggregates\/(least|tens|all|show)/.test(message.step)) return message
    bits += 8 * message.payload.length
    for (const byte of message.payload) for (let bit = byte; bit > 0; bit >>= 1) ones += bit & 1
    return message
  }
  await opened({ lists: [['x', 'y'], ['x'], ['y']], adversary }, { show: 'both', minCell: 10 })
  expect(bits).toBeGreaterThan(100_000)
  expect(Math.abs(ones - bits / 2) / Math.sqrt(bits / 4)).toBeLessThan(6)
})

test('aggregates stand alone, count from two holders, and close at ten or more', async () => {
  const lists = [['x'], ['x'], ['x']]
  const terms = { show: 'both', minCell: 10 } as const
  const bad: readonly (readonly RoundRule[])[] = [
    [ruleOf(terms), { id: 'list', t: 2, output: 'list' }],
    [{ ...ruleOf(terms), t: 3 }],
    [ruleOf({ ...terms, minCell: 9 })],
    [ruleOf({ ...terms, upTo: 1 })],
    [ruleOf({ ...terms, show: 'overlaps', from: 1 })],
    [{ id: 'none', t: 2, output: 'aggregates' }],
    [{ ...ruleOf(terms), output: 'list' }],
  ]
  for (const rules of bad)
    await expect(runRound({ seed, lists, rules })).rejects.toThrow(/BAD_RULE/)
})

test('nothing is opened when the host does not want it', async () => {
  const transcript: Recorded[] = []
  const options = { beforeOpening: () => Promise.reject(new Error('released before')) }
  await expect(
    opened({ lists: [['x'], ['x'], ['x']], options, transcript }, { show: 'both', minCell: 10 }),
  ).rejects.toThrow('released before')
  expect(transcript.filter(({ step }) => step.startsWith('aggregates'))).toEqual([])
})
