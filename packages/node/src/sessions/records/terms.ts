/** How long records are kept, by what the convenant said in any version that this node installed. */

import { parseSignedConvenantText } from '@drempel/protocol/convenant'
import { fromUtf8 } from '@drempel/protocol/encoding'
import type { NodeContext } from '../context.ts'

export const DAY_MS = 86_400_000

/** Days by purpose, the longest of all versions: what was asked under one is kept by its word. */
export async function retentionTerms({
  store,
}: Pick<NodeContext, 'store'>): Promise<ReadonlyMap<string, number>> {
  const terms = new Map<string, number>()
  for (const { document } of await store.convenants.history()) {
    const { purposes, intersections = [] } = parseSignedConvenantText(fromUtf8(document)).convenant
    for (const { id, retentionDays } of [...purposes, ...intersections]) {
      terms.set(id, Math.max(retentionDays, terms.get(id) ?? 0))
    }
  }
  return terms
}

/** The first moment after a quarter. */
export function endOf(quarter: string): number {
  return Date.UTC(Number(quarter.slice(0, 4)), 3 * Number(quarter.slice(5)))
}
