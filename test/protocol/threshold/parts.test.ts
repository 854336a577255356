import type { PartyIndex } from '@drempel/protocol/mpc'
import { mergeNetwork, type RoundPlan, scheduleOf } from '@drempel/protocol/threshold'
import { describe, expect, test } from 'vitest'
import { cellsOf, shownOf } from '../worlds/aggregates.ts'
import { readCell, writeCell } from '../worlds/cells.ts'
import { expectExact, overlapping, randomLists, rulesFor } from '../worlds/exactness.ts'
import { type Lie, type RoundWorld, runRound } from '../worlds/round.ts'
import { bothOutputs, meets, randomHolding } from '../worlds/rules.ts'
import type { Adversary, Recorded } from '../worlds/three.ts'

const seed = process.env.SEED ?? String(Date.now())
const TWO = [2, 2, 2] as const

const withBins = (bins: number) => (made: RoundPlan) => {
  const binBits = Math.log2(bins)
  const width = made.keyBits - binBits
  return { ...made, bins, binBits, width, orderBits: width }
}

/** Sessions of one link: the round's own and, for each part, one to validate and one to merge. */
function sessions(transcript: readonly Recorded[]): number {
  return transcript.filter(({ from, to, step }) => from === 0 && to === 1 && step === 'hello')
    .length
}

describe(`a round in parts is exact, SEED=${seed}`, () => {
  test.each([
    ['three lists', overlapping([90, 60, 30], 50, `${seed}/three`)],
    ['all empty', [[], [], []]],
    ['random lists', randomLists(`${seed}/random`, 6)],
  ])('%s, two parts of 64 bins', async (name, lists) => {
    const rules = rulesFor([2, lists.length])
    const transcript: Recorded[] = []
    const world = { seed: `${seed}/${name}`, lists, rules, threads: TWO, transcript }
    expectExact(await runRound(world), lists, rules, seed)
    expect(sessions(transcript)).toBe(1 + 2 * 2)
  })

  test.each([
    // [bins, threads of each node, bytes of a plane, parts]
    [512, [8, 9, 255], 1, 8],
    [512, [4, 3, 300], 12_000, 2],
    [256, [4, 4, 4], 12_000, 4],
    [256, [1, 8, 8], 12_000, 1],
    [128, [16, 16, 16], 1, 2],
  ] as const)('%i bins, nodes with %j threads', async (bins, threads, planeBytes, parts) => {
    const lists = overlapping([300, 200, 100], 150, `${seed}/bins`)
    const rules = rulesFor([2, 3])
    const transcript: Recorded[] = []
    const plan = withBins(bins)
    const world = { seed, lists, rules, plan, threads, options: { planeBytes }, transcript }
    expectExact(await runRound(world), lists, rules, seed)
    expect(sessions(transcript)).toBe(parts === 1 ? 1 : 1 + 2 * parts)
  })

  test('rules with sectors and reports', async () => {
    const holding = randomHolding(5, 3, `${seed}/conditions`)
    const rules = [...bothOutputs({ t: 2, minSectors: 2 }), ...rulesFor([2])]
    const options = { sectors: holding.sectors }
    const outcome = await runRound({ seed, ...holding, rules, options, threads: TWO })
    expectExact(outcome, holding.lists, rules, seed, meets(holding))
  })

  test.each([
    [128, 1],
    [512, 4],
  ])('counts, whose lanes are added in parts of 128: %i bins', async (bins, parts) => {
    const lists = overlapping([200, 150, 150, 100], 120, `${seed}/counts`)
    const aggregates = { show: 'both', minCell: 10, upTo: 4 } as const
    const rules = [{ id: 'counted', t: 2, output: 'aggregates', aggregates } as const]
    const transcript: Recorded[] = []
    const threads = [8, 8, 8] as const
    const plan = withBins(bins)
    const { results } = await runRound({ seed, lists, rules, plan, threads, transcript })
    expect(sessions(transcript)).toBe(parts === 1 ? 1 : 1 + 2 * parts)
    const expected = shownOf(
      cellsOf(
        lists.map((list) => [...new Set(list)]),
        4,
      ),
      aggregates,
    )
    for (const { aggregates } of results) {
      const { histogram, overlaps } = aggregates.get('counted')!
      expect({ histogram, overlaps: overlaps.map(({ count }) => count) }).toEqual(expected)
    }
  })

  test('a small round is none for threads, unless nodes disagree on what small is', async () => {
    const lists = overlapping([90, 60, 30], 50, `${seed}/small`)
    const world = { seed, lists, rules: rulesFor([2]), threads: TWO }
    const transcript: Recorded[] = []
    await runRound({ ...world, transcript, options: { partAnds: 2 ** 40 } })
    expect(sessions(transcript)).toBe(1)
    const optionsAt = (party: PartyIndex) => (party === 1 ? { partAnds: 2 } : {})
    await expect(runRound({ ...world, optionsAt })).rejects.toMatchObject({
      code: 'SESSION_MISMATCH',
    })
  })
})

test.each([1, 2])('in %i parts says how far the merge is, layer by layer', async (parts) => {
  const lists = overlapping([90, 60, 30], 50, `${seed}/progress`)
  const told: number[][] = [[], [], []]
  const contextAt = (party: PartyIndex) => ({
    onProgress: (done: number) => void told[party]!.push(done),
  })
  const threads = [parts, parts, parts] as const
  const { plan } = await runRound({ seed, lists, rules: rulesFor([2]), threads, contextAt })
  const layers = scheduleOf(mergeNetwork(plan, [0, 1, 2])).steps.length
  for (const one of told) {
    expect(one.length).toBeGreaterThanOrEqual(layers)
    expect(one).toEqual(one.toSorted((a, b) => a - b))
    expect(one[0]).toBeLessThan(0.5)
    expect(one.at(-1)).toBe(1)
  }
})

describe('an opponent', () => {
  const lists = overlapping([90, 60, 30], 50, `${seed}/opponent`)
  const world: RoundWorld = { seed, lists, rules: rulesFor([2]), threads: TWO }

  test.each([3, 127])(
    'that breaks the order of its list in bin %i alone is left out',
    async (bin) => {
      const lie: Lie = (prepared, plan) => {
        if (prepared.partner !== 2) return prepared
        const list = { ...prepared, planes: prepared.planes.slice() }
        const [a, b] = [readCell(plan, list, bin, 7), readCell(plan, list, bin, 8)]
        writeCell(plan, list, bin, 7, b)
        writeCell(plan, list, bin, 8, a)
        return list
      }
      const { results } = await runRound({ ...world, lie })
      for (const { leftOut } of results)
        expect(leftOut).toEqual([{ partner: 2, reason: 'INVALID_LIST' }])
    },
  )

  test.each([
    // [step, code]: what a part of node 0 says to node 1 is changed on the way
    ['validate0', 'TRANSCRIPT_MISMATCH'],
    ['group0/merge', 'TRANSCRIPT_MISMATCH'],
    ['hello', 'SESSION_MISMATCH'],
  ])('that changes a bit of %s', async (step, code) => {
    let changed = 0
    const adversary: Adversary = (message) => {
      if (message.from !== 0 || message.to !== 2 || !message.step.startsWith(step)) return message
      if (changed++ > 0) return message
      const payload = message.payload.slice()
      payload[0]! ^= 1
      return { ...message, payload }
    }
    await expect(runRound({ ...world, adversary })).rejects.toMatchObject({ code })
    expect(changed).toBeGreaterThan(0)
  })

  test('that dies in the middle of a part ends the round', async () => {
    const adversary: Adversary = (message) =>
      message.from === 1 && message.step.startsWith('group0/unmerge') ? 'die' : message
    await expect(runRound({ ...world, adversary })).rejects.toThrow('died on purpose')
  })
})

test('no two sessions of a round have the same keys', async () => {
  const hellos = new Set<string>()
  const adversary: Adversary = (message) => {
    if (message.step === 'hello') {
      const id = Buffer.from(message.payload.subarray(0, 32)).toString('hex')
      hellos.add(`${message.from}>${message.to} ${id}`)
    }
    return message
  }
  const lists = overlapping([20, 20, 20], 20, seed)
  await runRound({ seed, lists, rules: rulesFor([2]), threads: TWO, adversary })
  // Six directions, five sessions.
  expect(hellos.size).toBe(6 * 5)
})
