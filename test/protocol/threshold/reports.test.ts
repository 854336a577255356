import { describe, expect, test } from 'vitest'
import { expectExact, rulesFor } from '../worlds/exactness.ts'
import { type Lie, runRound } from '../worlds/round.ts'
import { bothOutputs, meets, randomHolding } from '../worlds/rules.ts'

const seed = process.env.SEED ?? String(Date.now())

describe(`at least t partners with at least r reports, SEED=${seed}`, () => {
  test.each([3, 6])('%i partners: every t and r, one that nobody meets too', async (n) => {
    const world = randomHolding(n, 1, `${seed}/${n}`)
    const most = 3 * n + 1
    const asked = new Set([2, 3, 4, 5, 7, 8, most].filter((r) => r <= most))
    const rules = [...asked].flatMap((reports) =>
      [...new Set([2, n])].flatMap((t) => bothOutputs({ t, reports })),
    )
    const meeting = meets(world)
    const outcome = await runRound({ seed: `${seed}/${n}`, ...world, rules })
    expectExact(outcome, world.lists, rules, seed, meeting)
    const [three] = rules.filter(({ reports }) => reports === 3)
    expect(meeting(three!).size).toBeGreaterThan(0)
  })

  test('with sectors, beside rules that only count', async () => {
    const world = randomHolding(5, 3, `${seed}/mixed`)
    const rules = [
      ...bothOutputs({ t: 2, reports: 5, minSectors: 2 }),
      ...rulesFor([2]),
      ...bothOutputs({ t: 3, minSectors: 3 }),
      ...bothOutputs({ t: 2, reports: 3 }),
    ]
    const options = { sectors: world.sectors }
    const outcome = await runRound({ seed: `${seed}/mixed`, ...world, rules, options })
    expectExact(outcome, world.lists, rules, seed, meets(world))
  })
})

const drie = bothOutputs({ t: 2, reports: 3 })

test('one partner is not enough, whatever its count; equal values of one list add up', async () => {
  const lists = [['alone', 'sum', 'sum'], ['sum', 'pair'], ['pair']]
  const reports = [[900, 1, 1], [1, 1], [1]]
  const outcome = await runRound({ seed, lists, reports, rules: drie })
  expect(outcome.lists.get(drie[0]!.id)).toEqual([outcome.key('sum')])
  expect(outcome.owners.get(drie[1]!.id)!.get(0)).toEqual([false, true, true])
  expect(outcome.owners.get(drie[1]!.id)!.get(2)).toEqual([false])
})

describe('a partner that brings a count of zero', () => {
  const lists = [['x', 'y'], ['x'], ['x', 'y'], ['y']]
  const reports = [[1, 1], [1], [1, 2], [1]]
  const lying =
    (partner: number, dummies: boolean): Lie =>
    (list, plan) => {
      if (list.partner !== partner) return list
      const planes = list.planes.slice()
      const { slots } = plan.partners[partner]!
      const [bin, slot] = dummies ? [0, slots - 1] : place(list.slotOf[0]!, slots)
      for (const bit of [plan.width, plan.width + 1]) {
        const shard = Math.floor(bin / 128)
        const at = ((shard * (plan.width + 2) + bit) * slots + slot) * 16 + ((bin % 128) >> 3)
        planes[at] = planes[at]! & ~(1 << (bin & 7))
      }
      return { ...list, planes }
    }
  const place = (cell: number, slots: number) => [Math.floor(cell / slots), cell % slots] as const

  test.each([
    ['on a record', false],
    ['on a dummy', true],
  ])('%s is left out by name', async (_, dummies) => {
    const outcome = await runRound({ seed, lists, reports, rules: drie, lie: lying(1, dummies) })
    for (const { leftOut } of outcome.results)
      expect(leftOut).toEqual([{ partner: 1, reason: 'INVALID_LIST' }])
    expect(outcome.lists.get(drie[0]!.id)).toEqual([outcome.key('y')])
  })
})

test('a rule on reports in a plan without counts is refused', async () => {
  const lists = [['x'], ['x'], ['x']]
  const plan = (made: Parameters<NonNullable<Parameters<typeof runRound>[0]['plan']>>[0]) => {
    return { ...made, reportBits: 0 as const }
  }
  await expect(runRound({ seed, lists, rules: drie, plan })).rejects.toThrow(/BAD_RULE/)
})
