/**
 * What a node learns from the form of messages: two federations with other identifiers, other
 * overlaps and other counts, but equal padded sizes and results, send messages of equal types and
 * lengths, between the same nodes.
 */

import { Federation } from '@drempel/examples/federation/index'
import { beforeAll, expect, it } from 'vitest'
import { PARTNERS } from './lists.ts'
import { type Shape, Tap } from './tap.ts'

const ids = PARTNERS.map(({ id }) => id)

type Plan = {
  /** Names by who has them: indexes of partners, and how many. */
  readonly shared: readonly (readonly [holders: readonly number[], count: number])[]
  /** Filled up with names of their own. */
  readonly sizes: readonly number[]
}

/** Lists of 47 to 249 names, which all publish one size; the first two have 20 names on two or more, 5 on three or more. */
const PLANS = {
  one: {
    shared: [
      [[0, 1], 15],
      [[0, 2, 3], 5],
    ],
    sizes: [64, 64, 64, 64],
  },
  other: {
    shared: [
      [[2, 3], 9],
      [[1, 3], 6],
      [[0, 1, 2, 3], 5],
    ],
    sizes: [70, 200, 47, 249],
  },
  larger: {
    shared: [
      [[0, 1], 25],
      [[0, 2, 3], 5],
    ],
    sizes: [64, 64, 64, 64],
  },
} as const satisfies Record<string, Plan>

function listsOf(name: keyof typeof PLANS): string[][] {
  const { shared, sizes } = PLANS[name]
  const lists: string[][] = ids.map(() => [])
  for (const [holders, count] of shared) {
    for (let i = 0; i < count; i++) {
      for (const holder of holders)
        lists[holder]!.push(`${name}-${holders.join('')}-${i}.example.com`)
    }
  }
  for (const [holder, list] of lists.entries()) {
    while (list.length < sizes[holder]!) list.push(`alone-${name}-${holder}-${list.length}.example`)
  }
  return lists
}

/** Each message of a key generation, a round, a check that is over and one that is not. */
async function shapesOf(name: keyof typeof PLANS): Promise<string[]> {
  const tap = new Tap()
  const federation = await Federation.create({
    partners: PARTNERS,
    convenant: { id: 'shape' },
    before: (id, port) => tap.before(id, port),
  })
  try {
    const lists = listsOf(name)
    for (const [i, { api }] of federation.nodes.entries()) await api.importFlags('host', lists[i]!)
    await federation.coordinator.api.generateKey('host')
    expect(await federation.runRound('host')).toMatchObject({ state: 'published', leftOut: [] })
    const question = { kind: 'host', purpose: 'fraude-onderzoek', rule: 'host-t2' } as const
    // In one federation the name is over, in the other it is not, and its length differs.
    const value = name === 'one' ? lists[0]![0]! : 'x.example'
    const { answer } = await federation.coordinator.api.check({ ...question, value })
    expect(answer).toBe(name === 'one' ? 'over' : 'not-over')
  } finally {
    tap.close()
    await federation.remove()
  }
  return lines(tap.shapes)
}

/** Asked until there is an answer; how often depends on the machine. */
const POLLS = ['rounds/commitment', 'rounds/outcome']
/** What a node asks at times of its own, to catch up. */
const AT_ANY_TIME = ['keys/current', 'lists/current']

function lines(shapes: readonly Shape[]): string[] {
  const longest = new Map<string, Shape>()
  for (const shape of shapes) {
    const place = `${shape.what} ${shape.from} ${shape.to}`
    // The answer itself is longer than any "not yet".
    if (shape.answered[0]! > (longest.get(place)?.answered[0] ?? -1)) longest.set(place, shape)
  }
  const once = [...longest.values()].filter(({ what }) => POLLS.includes(what))
  const others = shapes.filter(({ what }) => ![...POLLS, ...AT_ANY_TIME].includes(what))
  return [...once, ...others]
    .map(
      ({ from, to, what, sent, answered }) =>
        `${from} > ${to}  ${what}  ${sent.join('+')}  ${answered.join('+')}`,
    )
    .sort()
}

let one: string[]
beforeAll(async () => {
  one = await shapesOf('one')
}, 300_000)

it('messages of equal public sizes look alike, whatever the identifiers', async () => {
  expect(one.length).toBeGreaterThan(200)
  const kinds = ['rounds/upload', 'rounds/outcome', 'rounds/publish', 'oprf/evaluate', 'keys/']
  for (const what of [...kinds, 'merge', 'validate']) {
    expect(
      one.some((shape) => shape.includes(what)),
      what,
    ).toBe(true)
  }
  expect(await shapesOf('other')).toEqual(one)
})

it('a larger result shows, so that the comparison means something', async () => {
  expect(await shapesOf('larger')).not.toEqual(one)
})
