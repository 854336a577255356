/** Lists of made-up hosts with planned overlaps, and who has which. */

import type { Partner } from '@drempel/examples/federation/index'

export const PARTNERS: readonly Partner[] = [
  { id: 'bank-noord', name: 'Bank Noord', sector: 'bank' },
  { id: 'bank-zuid', name: 'Bank Zuid', sector: 'bank' },
  { id: 'telecom-oost', name: 'Telecom Oost', sector: 'telecom' },
  { id: 'platform-west', name: 'Platform West', sector: 'platform' },
]

/**
 * For every set of partners some names that exactly that set flags.
 * @param perSet names for each of the 2^n - 1 sets
 */
export function plannedLists(
  ids: readonly string[],
  perSet: number,
): ReadonlyMap<string, readonly string[]> {
  const lists = new Map(ids.map((id): [string, string[]] => [id, []]))
  for (let set = 1; set < 2 ** ids.length; set++) {
    for (let i = 0; i < perSet; i++) {
      for (const [bit, id] of ids.entries()) {
        if ((set >> bit) & 1) lists.get(id)!.push(`held-by-${set.toString(2)}-${i}.example.net`)
      }
    }
  }
  return lists
}

/** What each partner must be told of its own flags, computed in the clear. */
export function overInTheClear(
  lists: ReadonlyMap<string, readonly string[]>,
  t: number,
): ReadonlyMap<string, readonly string[]> {
  const counts = new Map<string, number>()
  for (const list of lists.values()) {
    for (const name of list) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return new Map(
    [...lists].map(([id, list]) => [id, list.filter((name) => counts.get(name)! >= t).sort()]),
  )
}
