import { describe, expect, it } from 'vitest'
import { jsonLine, machine, table } from './harness/report.ts'
import { rateOf, ratioOf, resultOf } from './harness/results.ts'
import { median, quantile, spread } from './harness/stats.ts'
import { takeTurns } from './harness/turns.ts'

describe('statistics', () => {
  it('interpolates quantiles of unsorted samples and leaves them as they are', () => {
    const samples = [4, 1, 3, 2]
    expect(quantile(samples, 0)).toBe(1)
    expect(quantile(samples, 0.25)).toBe(1.75)
    expect(median(samples)).toBe(2.5)
    expect(quantile(samples, 1)).toBe(4)
    expect(samples).toEqual([4, 1, 3, 2])
    expect(() => median([])).toThrow(RangeError)
  })

  it('takes little notice of one wild sample', () => {
    expect(median([1, 1, 1, 1, 1000])).toBe(1)
    expect(spread([1, 1, 1, 1, 1000])).toBe(0)
  })

  it('measures spread as a part of the median', () => {
    expect(spread([10, 20, 30, 40, 50])).toBeCloseTo(20 / 30)
    expect(spread([7])).toBeNull()
    expect(spread([0, 0])).toBeNull()
  })
})

describe('results', () => {
  it('has the shape that programs read', () => {
    const result = resultOf({ name: 'n', unit: 's', better: 'lower', goal: 2 }, [1, 3, 2])
    expect(result).toEqual({
      name: 'n',
      value: 2,
      unit: 's',
      peer: null,
      goal: 2,
      better: 'lower',
      met: true,
      spread: 0.5,
      point: null,
    })
  })

  it.each([
    ['lower', 2, true],
    ['lower', 1.9, false],
    ['higher', 2, true],
    ['higher', 2.1, false],
  ] as const)('%s is better, goal %d: met is %s', (better, goal, met) => {
    expect(resultOf({ name: 'n', unit: 's', better, goal }, [2]).met).toBe(met)
  })

  it('knows no verdict without a goal', () => {
    expect(rateOf('n', 100, [0.5, 0.25, 1])).toMatchObject({ value: 200, goal: null, met: null })
  })

  it('takes ratios within turns: a slow minute for both changes nothing', () => {
    const ratio = ratioOf({ name: 'n', peer: 'p', goal: 3 }, [1, 10, 1], [3, 30, 3])
    expect(ratio).toMatchObject({ value: 3, unit: 'times', peer: 'p', spread: 0, met: true })
    expect(() => ratioOf({ name: 'n', peer: 'p' }, [1], [1, 2])).toThrow(RangeError)
  })

  it('refuses what is no number', () => {
    expect(() => resultOf({ name: 'n', unit: 's', better: 'lower' }, [1, Number.NaN])).toThrow(
      RangeError,
    )
    expect(() => rateOf('n', 1, [0])).toThrow(RangeError)
  })
})

describe('report', () => {
  const results = [
    resultOf({ name: 'first', unit: '1/s', better: 'higher', goal: 5000 }, [1234.5]),
    ratioOf({ name: 'second', peer: 'another 1.0' }, [1, 1], [2, 2]),
  ]

  it('is one line of JSON', () => {
    const line = jsonLine(machine(0.5), results)
    expect(line).not.toContain('\n')
    const parsed = JSON.parse(line)
    expect(Object.keys(parsed)).toEqual(['machine', 'results'])
    expect(parsed.machine).toMatchObject({ cores: expect.any(Number), node: process.versions.node })
    expect(parsed.machine.load).toEqual([0.5, expect.any(Number)])
    expect(parsed.results).toEqual(results)
  })

  it('is a table with all of it', () => {
    const text = table(machine(0), results)
    expect(text).toMatch(/first +1,23[45] 1\/s +at least 5,000 +no/)
    expect(text).toMatch(/second +2 times +0% +another 1\.0/)
  })
})

describe('turns', () => {
  const limits = { seconds: 60, atLeast: 1, atMost: 4 }

  it('interleaves, begins with another one each turn, and leaves the warm-up out', async () => {
    const order: string[] = []
    const contender = (name: string) => ({ name, run: () => order.push(name) })
    const turns = await takeTurns([contender('a'), contender('b')], { ...limits, atMost: 3 })
    expect(order.join('')).toBe('ab' + 'ab' + 'ba' + 'ab')
    expect(turns.of('a')).toEqual([3, 6, 7])
    expect(turns.of('b')).toEqual([4, 5, 8])
  })

  it('counts the warm-up when its time is over by then', async () => {
    const run = () => new Promise<number>((resolve) => setTimeout(resolve, 30, 1))
    const turns = await takeTurns([{ name: 'a', run }], { ...limits, seconds: 0.01 })
    expect(turns.of('a')).toEqual([1])
  })

  it('takes the turns that it must, even too late', async () => {
    let calls = 0
    const run = () => ++calls
    const turns = await takeTurns([{ name: 'a', run }], { seconds: 0, atLeast: 2, atMost: 9 })
    expect(turns.of('a')).toEqual([2, 3])
  })

  it('runs once and only once for a limit of one', async () => {
    let calls = 0
    const run = () => ++calls
    const turns = await takeTurns([{ name: 'a', run }], { ...limits, atMost: 1 })
    expect(turns.of('a')).toEqual([1])
    expect(calls).toBe(1)
  })
})
