/** Rules beyond a count, and what meets them, counted in the clear. */

import type { RoundRule } from '@drempel/protocol/threshold'
import { seededInts } from './ciphers.ts'

export type Holding = {
  readonly lists: readonly (readonly string[])[]
  /** Of each list. */
  readonly sectors: readonly string[]
  /** Of each value of each list. */
  readonly reports: readonly (readonly number[])[]
}

/** Every value in a list or not by chance, so that all sets of holders come up. */
export function randomHolding(parties: number, sectors: number, seed: string): Holding {
  const below = seededInts(seed)
  const lists = Array.from({ length: parties }, (): string[] => [])
  for (let v = 0; v < 60; v++) {
    const odds = 1 + below(4)
    for (const list of lists) if (below(4) < odds) list.push(`v${v}`)
  }
  // Every sector is somebody's, where there are partners enough; names in no order.
  const names = Array.from({ length: parties }, (_, i) =>
    String.fromCharCode(122 - (i < sectors ? i : below(sectors))),
  )
  return { lists, sectors: names, reports: lists.map((list) => list.map(() => 1 + below(4))) }
}

/** The values that meet a rule, by its words. */
export function meets(holding: Holding): (rule: RoundRule) => ReadonlySet<string> {
  const values = new Set(holding.lists.flat())
  const holders = [...values].map((value) => ({
    value,
    by: holding.lists.flatMap((list, i) => (list.includes(value) ? [i] : [])),
  }))
  return ({ t, minSectors = 1, reports = 1 }) => {
    const met = holders.filter(({ value, by }) => {
      const sectors = new Set(by.map((i) => holding.sectors[i]))
      const reported = by.reduce((sum, i) => {
        const own = holding.reports[i]![holding.lists[i]!.indexOf(value)]!
        return sum + Math.min(3, own)
      }, 0)
      return by.length >= t && sectors.size >= minSectors && reported >= reports
    })
    return new Set(met.map(({ value }) => value))
  }
}

/** Both outputs of a rule. */
export function bothOutputs(rule: Omit<RoundRule, 'id' | 'output'>): RoundRule[] {
  const name = JSON.stringify(rule)
  return [
    { id: `list ${name}`, ...rule, output: 'list' },
    { id: `owners ${name}`, ...rule, output: 'owners' },
  ]
}
