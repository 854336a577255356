/**
 * The answer computed in the clear. Only a demo can do this: it has all the lists, which is what no
 * partner of a real federation has.
 */

import type { DemoPartner } from './partners.ts'

/** For each identifier the number of partners that flag it. */
export function countInTheClear(partners: readonly DemoPartner[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { canonical } of partners) {
    for (const name of canonical) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}

export type Comparison = {
  readonly t: number
  readonly expected: number
  readonly found: number
  /** Over the threshold, but a partner that flags it was not told so. */
  readonly missing: number
  /** Not over the threshold, but a partner that flags it was told so. */
  readonly extra: number
}

/** @param answers per partner, for each of its flags whether its node says that it is over */
export function compare(
  t: number,
  counts: ReadonlyMap<string, number>,
  answers: readonly ReadonlyMap<string, boolean>[],
): Comparison {
  const found = new Set<string>()
  const extra = new Set<string>()
  const missing = new Set<string>()
  for (const answer of answers) {
    for (const [name, over] of answer) {
      const isOver = (counts.get(name) ?? 0) >= t
      if (over) found.add(name)
      if (over && !isOver) extra.add(name)
      if (!over && isOver) missing.add(name)
    }
  }
  let expected = 0
  for (const [name, count] of counts) {
    if (count < t) continue
    expected++
    if (!found.has(name)) missing.add(name)
  }
  return { t, expected, found: found.size, missing: missing.size, extra: extra.size }
}
