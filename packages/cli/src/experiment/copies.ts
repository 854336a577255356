/**
 * Lists that are no observation of their own. Independent partners see easy targets together, and a
 * partner's rare finds hardly at all: of what only B has, A has few. Who copies B has the rare as well
 * as the easy. So a list is suspect that has half of B, and half of what of B no third partner has.
 * Where days are known, the copy is the one that comes later; where not, it may be either. Where two lists
 * copy B, each hides the other's traces.
 */

import { itemsOf } from './items.ts'
import type { Material, Rule } from './model.ts'
import { proportion } from './statistics.ts'

export type Overlap = {
  readonly list: string
  readonly other: string
  /** Identifiers on both. */
  readonly both: number
  /** Part of `other` that stands on `list` too. */
  readonly contains: number
  /** The same among what no third partner has. */
  readonly containsRare: number | null
  readonly suspect: boolean
}

/** A list must have so many rare finds to say anything, and half of them, at the interval's low end. */
const LEAST_RARE = 30
const SUSPECT_FROM = 0.5

/** Every ordered pair that has something in common. */
export function overlaps(kind: Rule['kind'], { partners, items, ...rest }: Material): Overlap[] {
  const count = partners.length
  const matrix = () => Array.from({ length: count }, () => new Array<number>(count).fill(0))
  const [both, rareBoth, sooner] = [matrix(), matrix(), matrix()]
  const rareAlone = new Array<number>(count).fill(0)
  for (const { item } of itemsOf({ partners, items, ...rest }, kind)) {
    const first = new Map<number, number>()
    for (const { day, partner } of item.reports) if (!first.has(partner)) first.set(partner, day)
    const owners = [...first.keys()]
    for (const a of owners) {
      for (const b of owners) {
        both[a]![b]!++
        if (first.get(a)! < first.get(b)!) sooner[a]![b]!++
      }
    }
    if (owners.length === 1) rareAlone[owners[0]!]!++
    if (owners.length === 2) {
      const [a, b] = owners as [number, number]
      rareBoth[a]![b]!++
      rareBoth[b]![a]!++
    }
  }
  return partners.flatMap((list, a) =>
    partners.flatMap((other, b): Overlap[] => {
      if (a === b || both[a]![b] === 0) return []
      const contains = both[a]![b]! / both[b]![b]!
      const rare = proportion(rareBoth[a]![b]!, rareBoth[a]![b]! + rareAlone[b]!)
      return [
        {
          list: list.id,
          other: other.id,
          both: both[a]![b]!,
          contains,
          containsRare: rare.share,
          suspect:
            (!rest.dated || sooner[a]![b]! <= sooner[b]![a]!) &&
            contains >= SUSPECT_FROM &&
            rare.of >= LEAST_RARE &&
            (rare.low ?? 0) >= SUSPECT_FROM,
        },
      ]
    }),
  )
}
