/** Lists to run rounds over, and the answer computed in the clear. */

import { NPM_LISTS, npmList } from '@drempel/examples/lists'
import type { RoundRule } from '@drempel/protocol/threshold'
import type { Mode } from '../harness/suite.ts'

export type Workload = {
  readonly name: string
  readonly lists: readonly (readonly string[])[]
  /** Rounds over these lists, in turns. */
  readonly rounds: readonly {
    readonly rules: readonly RoundRule[]
    readonly goals: Goals
    /** The output unless given. */
    readonly label?: string
    /** On threads of their own; one unless given. */
    readonly parts?: number
  }[]
}

/** In the units of the suite's results. */
export type Goals = {
  readonly seconds?: number
  readonly cpuSeconds?: number
  readonly peakMiB?: number
  readonly andsPerRecord?: number
}

/** Made when its turn comes: the largest takes half a gigabyte. */
export const WORKLOADS: Record<Mode, readonly (() => Workload)[]> = {
  full: [
    () => synthetic(alike(3, 100_000), 2, { owners: { seconds: 1.2 }, list: {} }),
    () => synthetic(alike(10, 100_000), 3, { owners: { seconds: 4 }, list: {} }),
    () => npmLists(),
    () =>
      synthetic(alike(33, 144_045), 3, {
        owners: { seconds: 22, cpuSeconds: 12, peakMiB: 0.7e9 / 2 ** 20 },
        list: {},
      }),
  ],
  quick: [
    () => synthetic(alike(3, 20_000), 2, { owners: { seconds: 1.2 / 5 }, list: {} }),
    () => synthetic(alike(10, 10_000), 3, { owners: { seconds: 4 / 10 } }),
    () => npmLists(),
  ],
  smoke: [
    () => synthetic(alike(3, 300), 2, { owners: {} }),
    () => synthetic(alike(4, 200), 3, { owners: {}, list: {} }),
  ],
}

const OUTPUTS = ['owners', 'list'] as const

/** How much longer a round may take that opens a list than one that tells owners. */
export const LIST_GOAL = 1.3

/**
 * Lists of these sizes: a tenth of each is on exactly t lists, another tenth on exactly t - 1, so that
 * an error by one would show; the rest is its own.
 */
export function synthetic(
  sizes: readonly number[],
  t: number,
  outputs: { readonly [Output in RoundRule['output']]?: Goals },
): Workload {
  const lists = sizes.map((): string[] => [])
  for (const holders of [t, t - 1]) share(lists, sizes, holders)
  lists.forEach((list, partner) => {
    for (let i = 0; list.length < sizes[partner]!; i++) list.push(`own${partner}.${i}`)
  })
  const rounds = OUTPUTS.flatMap((output) => {
    const goals = outputs[output]
    return goals === undefined ? [] : [{ rules: [{ id: `t${t}`, t, output }], goals }]
  })
  return { name: `${nameOf(sizes)}, t = ${t}`, lists, rounds }
}

/** Each identifier goes to the lists that still lack most of their tenth. */
function share(lists: readonly string[][], sizes: readonly number[], holders: number): void {
  const lacking = lists.map((list, i) => ({ list, left: Math.floor(sizes[i]! / 10) }))
  for (let i = 0; holders <= lists.length; i++) {
    lacking.sort((a, b) => b.left - a.left)
    if (lacking[holders - 1]!.left === 0) return
    for (const one of lacking.slice(0, holders)) {
      one.list.push(`on${holders}.${i}`)
      one.left--
    }
  }
}

/** As many lists of one size. */
export function alike(partners: number, size: number): readonly number[] {
  return Array.from({ length: partners }, () => size)
}

function nameOf(sizes: readonly number[]): string {
  const numerals = sizes.map((size) => size.toLocaleString('en'))
  return new Set(sizes).size === 1 ? `${sizes.length} x ${numerals[0]}` : numerals.join(' + ')
}

/** Four separately kept lists of disposable e-mail domains, whole, as the npm registry has them. */
function npmLists(): Workload {
  const lists = NPM_LISTS.map(npmList)
  const rules = [2, 3].map((t) => ({ id: `t${t}`, t, output: 'list' }) as const)
  const rounds = [{ rules, goals: { andsPerRecord: 3060 } }]
  return { name: 'four npm lists, t = 2 and 3', lists, rounds }
}

/** How many lists have each identifier. */
export function countInTheClear(
  lists: readonly (readonly string[])[],
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const list of lists) {
    for (const value of list) counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  return counts
}
