/**
 * How much of what is sought is found, counting what one campaign used for one another's: it is found or
 * missed together.
 */

import { itemsOf } from './items.ts'
import { type Item, isSought, type Material, type Rule } from './model.ts'
import { designEffect, type Proportion, proportion } from './statistics.ts'

/** Of what is sought: how much at least 1, 2, ... partners flagged. Null where the truth is not known. */
export function detectedBy(kind: Rule['kind'], material: Material): Proportion[] | null {
  if (!material.truth) return null
  const used = itemsOf(material, kind).filter(({ item }) => isSought(item.holder))
  const flaggedBy = used.map(({ item }) => new Set(item.reports.map(({ partner }) => partner)).size)
  return material.partners.map((_, i) => {
    const clusters = new Clusters()
    for (const [at, { item }] of used.entries()) clusters.add(item, flaggedBy[at]! > i)
    const count = flaggedBy.filter((flagged) => flagged > i).length
    return proportion(count, used.length, clusters.effect())
  })
}

/** By campaign; each without one stands by itself. */
export class Clusters {
  readonly #all = new Map<number | Item, { count: number; of: number }>()

  add(item: Item, found: boolean): void {
    const key = item.campaigns[0] ?? item
    const cluster = this.#all.get(key) ?? { count: 0, of: 0 }
    this.#all.set(key, cluster)
    cluster.of++
    if (found) cluster.count++
  }

  effect(): number {
    return designEffect(this.#all.values())
  }
}
