/** The identifiers of one kind, with where they stand. */

import type { Item, Material, Rule } from './model.ts'

export type Located = {
  readonly item: Item
  readonly at: number
  /** The day of the first flag anywhere, whosever reports are looked at. */
  readonly first: number
}

export function itemsOf({ items }: Material, kind: Rule['kind']): Located[] {
  return items.flatMap((item, at) =>
    item.kind === kind ? [{ item, at, first: item.reports[0]?.day ?? 0 }] : [],
  )
}
