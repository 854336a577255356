import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { utf8 } from '@drempel/protocol/encoding'
import { type RoundRule, recordKey } from '@drempel/protocol/threshold'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Computed } from './round/messages.ts'
import { assertExact, prepareRound, type Round } from './round/partners.ts'
import { countInTheClear, synthetic } from './round/workloads.ts'

describe('synthetic lists', () => {
  it.each([
    [[100, 100, 100], 2],
    [[100, 100, 100, 100, 100], 3],
    [[1000, 400, 90, 90, 10], 3],
    [[50, 50], 2],
  ])('%j, t = %d: the sizes asked for, no duplicates, some over and some just not', (sizes, t) => {
    const { lists } = synthetic(sizes, t, { owners: {} })
    expect(lists.map((list) => list.length)).toEqual(sizes)
    for (const list of lists) expect(new Set(list).size).toBe(list.length)
    const counts = [...countInTheClear(lists).values()]
    expect(Math.max(...counts)).toBe(t)
    expect(counts).toContain(t - 1)
  })

  it('puts a tenth of equal lists over the threshold', () => {
    const { lists } = synthetic([200, 200, 200, 200], 2, { list: {} })
    const counts = countInTheClear(lists)
    for (const list of lists) {
      expect(list.filter((value) => counts.get(value)! >= 2)).toHaveLength(20)
    }
  })

  it('puts nothing over a threshold above the number of lists', () => {
    const { lists } = synthetic([30, 30], 4, { list: {} })
    expect(Math.max(...countInTheClear(lists).values())).toBe(1)
  })
})

describe('the check of results', () => {
  const lists = synthetic([40, 40, 40], 2, { list: {} }).lists
  const counts = countInTheClear(lists)
  const rules: readonly RoundRule[] = [{ id: 'r', t: 2, output: 'list' }]
  const folder = mkdtempSync(join(tmpdir(), 'drempel-bench-test-'))
  let round: Round
  beforeAll(() => {
    round = prepareRound(lists, folder)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const node = (values: readonly string[], leftOut = 0): Computed => ({
    endedAt: 0,
    cpuSeconds: 0,
    busiestSeconds: 0,
    peakMiB: 0,
    heldUpMs: 0,
    stats: { ands: 0, bytesSent: 0, rounds: 0 },
    leftOut,
    lists: new Map([
      ['r', values.map((value) => recordKey(round.salt, utf8(value), round.plan.keyBits))],
    ]),
    owners: new Map(),
    aggregates: new Map(),
  })
  const over = [...counts].filter(([, count]) => count >= 2).map(([value]) => value)
  const below = [...counts].find(([, count]) => count < 2)![0]
  const check = (...nodes: Computed[]) => assertExact(round, lists, rules, counts, nodes)

  it('accepts the right list and refuses one key missing, extra or replaced, at any node', () => {
    const right = node(over)
    expect(() => check(right, right, right)).not.toThrow()
    for (const wrong of [over.slice(1), [...over, below], [below, ...over.slice(1)]]) {
      expect(() => check(right, right, node(wrong))).toThrow(/wrong result/)
    }
    expect(() => check(right, node(over, 1), right)).toThrow(/left out/)
  })
})
