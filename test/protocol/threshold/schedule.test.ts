import { hashParts, utf8 } from '@drempel/protocol/encoding'
import {
  comparators,
  mergeNetwork,
  planRound,
  prepareList,
  type Schedule,
  scheduleOf,
} from '@drempel/protocol/threshold'
import { describe, expect, test } from 'vitest'
import { seededBytes } from '../worlds/ciphers.ts'
import { binOf, mergeRows, mergesOf, shapedPlan } from './clear.ts'

const seed = process.env.SEED ?? 'schedule'
const all = (count: number) => Array.from({ length: count }, (_, i) => i)

/** Sizes of lists; the merge tree is even, a chain, and something between. */
const shapes: [string, number[]][] = [
  ['one list', [50]],
  ['two lists', [30, 40]],
  ['eight equal lists', Array(8).fill(60)],
  ['a chain', [10, 30, 200, 2_000, 9_000]],
  ['mixed', [900, 10, 20, 3_000, 40, 500, 70]],
]

describe.each(shapes)('%s', (name, sizes) => {
  const plan = planRound(sizes.map((paddedSize, i) => ({ id: `p${i}`, paddedSize })))
  const network = mergeNetwork(plan, all(sizes.length))
  const schedule = scheduleOf(network)

  test('uses each row at most once in a step, and runs every comparator', () => {
    for (const step of schedule.steps) {
      const used = new Uint8Array(schedule.rows)
      for (const { low, high, count } of step) {
        for (let k = 0; k < count; k++) {
          used[low + k]!++
          used[high + k]!++
        }
      }
      expect(Math.max(0, ...used)).toBe(step.length === 0 ? 0 : 1)
    }
    const pairs = mergesOf(network).flatMap(({ layers }) => layers.flat())
    expect(comparators(schedule)).toBe(pairs.reduce((sum, { count }) => sum + count, 0))
  })

  test('takes as many steps as the deepest merge has layers above each other', () => {
    const depth = (node: typeof network): number =>
      node.kind === 'list' ? 0 : Math.max(depth(node.left), depth(node.right)) + node.layers.length
    expect(schedule.steps.length).toBe(depth(network))
    expect(schedule.steps.every((step) => step.length > 0)).toBe(true)
  })

  test('leaves every bin in order, just as the network does', () => {
    const salt = hashParts('drempel/v1/test/salt', utf8(`${seed}/${name}`))
    const prepared = sizes.map((size, i) => {
      const values = all(size).map((k) => utf8(k % 3 === 0 ? `both${k}` : `own${i}.${k}`))
      return prepareList(plan, i, salt, values, seededBytes(`${seed}/${i}`))
    })
    const ones = (1n << BigInt(plan.width)) - 1n
    for (const bin of [0, 1, plan.bins - 1]) {
      const list = (partner: number) => binOf(plan, prepared[partner]!, bin)
      const merged = runSchedule(schedule, list, plan.width)
      expect(merged).toEqual(mergeRows(network, list, ones))
      expect(merged).toEqual(
        all(sizes.length)
          .flatMap(list)
          .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
      )
    }
  })
})

function runSchedule(
  { rows, starts, ones: firstOnes, steps, order }: Schedule,
  list: (partner: number) => readonly bigint[],
  width: number,
): bigint[] {
  const ones = (1n << BigInt(width)) - 1n
  const held = Array<bigint>(rows).fill(ones)
  for (const [partner, start] of starts) {
    for (const [slot, x] of list(partner).entries()) held[start + slot] = x
  }
  expect(firstOnes).toBe([...starts.keys()].reduce((sum, i) => sum + list(i).length, 0))
  for (const { low, high, count, common } of steps.flat()) {
    for (let k = 0; k < count; k++) {
      const [a, b] = [held[low + k]!, held[high + k]!]
      if ((a ^ b) >> BigInt(width - common) !== 0n) throw new Error(`${a} and ${b} differ`)
      held[low + k] = a < b ? a : b
      held[high + k] = a < b ? b : a
    }
  }
  return order.flatMap(({ start, count }) => held.slice(start, start + count))
}

test('pairs have two leading bits in common on average', () => {
  const { steps } = scheduleOf(mergeNetwork(shapedPlan(1000, Array(8).fill(1)), all(8)))
  const runs = steps.flat()
  const bits = runs.reduce((sum, { count, common }) => sum + count * common, 0)
  expect(bits / comparators({ steps })).toBeGreaterThan(2)
  expect(runs.some(({ common }) => common === 0)).toBe(true)
})

test('merges of one level share their steps', () => {
  const four = scheduleOf(mergeNetwork(shapedPlan(100, [1, 1, 1, 1]), all(4)))
  const pair = scheduleOf(mergeNetwork(shapedPlan(100, [1, 1]), all(2)))
  const last = mergesOf(mergeNetwork(shapedPlan(100, [1, 1, 1, 1]), all(4))).at(-1)!
  expect(four.steps.length).toBe(pair.steps.length + last.layers.length)
})

test('rows of ones serve again in later merges', () => {
  const network = mergeNetwork(shapedPlan(100, Array(16).fill(1)), all(16))
  const padded = mergesOf(network).reduce((sum, { size, rows }) => sum + size - rows, 0)
  const { rows, ones } = scheduleOf(network)
  expect(rows - ones).toBeLessThan(padded / 2)
})
