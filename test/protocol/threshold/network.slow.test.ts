import { mergeNetwork, planRound } from '@drempel/protocol/threshold'
import { describe, expect, it } from 'vitest'
import { seededInts } from '../worlds/ciphers.ts'
import { mergesOf, shapedPlan } from './clear.ts'
import { allowedWindows, everyAlignment, someAlignments, zeroOneTest } from './zero-one.ts'

const seed = process.env.SEED ?? 'network'
const all = (count: number) => Array.from({ length: count }, (_, i) => i)

/** The last merge of a round over lists of these factors. */
function lastMerge(base: number, factors: readonly number[], window?: number) {
  const plan = shapedPlan(base, factors, window)
  const merge = mergesOf(mergeNetwork(plan, all(factors.length))).at(-1)!
  return { merge, windows: allowedWindows(plan, merge) }
}

function expectSorted(
  merge: Parameters<typeof zeroOneTest>[0],
  alignments: ReturnType<typeof everyAlignment>,
  name: string,
) {
  expect(zeroOneTest(merge, alignments).unsorted, name).toBeUndefined()
}

describe('the 0-1 test', () => {
  it('passes for every allowed alignment of 2 to 70 lists, at a window of 6', () => {
    for (let count = 2; count <= 70; count++) {
      const { merge, windows } = lastMerge(17, Array(count).fill(1), 6)
      expectSorted(merge, everyAlignment(windows), `${count} lists`)
    }
  })

  it('passes for the edges of the windows of 2 to 70 lists', () => {
    const below = seededInts(`${seed}/edges`)
    for (let count = 2; count <= 70; count++) {
      const base = 1 + below(120)
      const { merge, windows } = lastMerge(base, Array(count).fill(1))
      expectSorted(
        merge,
        someAlignments(windows, 8, below),
        `${seed}: ${count} lists, base ${base}`,
      )
    }
  })

  it('passes for sides of 1 to 1, up to 1 to 260, at a window of 6', () => {
    for (let ratio = 1; ratio <= 260; ratio += ratio < 20 ? 1 : 16) {
      for (const base of [3, 10]) {
        const { merge, windows } = lastMerge(base, [1, ratio], 6)
        expectSorted(merge, everyAlignment(windows), `1 to ${ratio}, base ${base}`)
      }
    }
  })

  it('passes for the edges of the windows of sides of 1 to 1, up to 1 to 260', () => {
    const below = seededInts(`${seed}/ratios`)
    for (let ratio = 1; ratio <= 260; ratio += ratio < 20 ? 1 : 16) {
      const base = 1 + below(12)
      const { merge, windows } = lastMerge(base, [1, ratio])
      expectSorted(merge, someAlignments(windows, 4, below), `${seed}: 1 to ${ratio}, base ${base}`)
    }
  })

  it('passes for every merge of planned rounds of mixed sizes', () => {
    const below = seededInts(`${seed}/planned`)
    for (let round = 0; round < 25; round++) {
      const count = 2 + below(12)
      const sizes = Array.from({ length: count }, () => Math.floor(256 * 2 ** (below(600) / 100)))
      const plan = planRound(sizes.map((paddedSize, i) => ({ id: `p${i}`, paddedSize })))
      for (const merge of mergesOf(mergeNetwork(plan, all(count)))) {
        const some = someAlignments(allowedWindows(plan, merge), 4, below)
        expectSorted(merge, some, `${seed}: round ${round}, sizes ${sizes}`)
      }
    }
  })
})
