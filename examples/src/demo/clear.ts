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
  /** Not over the threshold, or not flagged by that partner, but a partner was told so. */
  readonly extra: number
}

/** @param answers per partner, which of its flags its node says are over */
export function compare(
  t: number,
  counts: ReadonlyMap<string, number>,
  partners: readonly DemoPartner[],
  answers: readonly ReadonlySet<string>[],
): Comparison {
  const found = new Set<string>()
  const extra = new Set<string>()
  const missing = new Set<string>()
  const isOver = (name: string) => (counts.get(name) ?? 0) >= t
  for (const [i, { canonical }] of partners.entries()) {
    const told = answers[i]!
    for (const name of told) {
      found.add(name)
      if (!isOver(name) || !canonical.has(name)) extra.add(name)
    }
    for (const name of canonical) if (isOver(name) && !told.has(name)) missing.add(name)
  }
  let expected = 0
  for (const count of counts.values()) if (count >= t) expected++
  return { t, expected, found: found.size, missing: missing.size, extra: extra.size }
}
