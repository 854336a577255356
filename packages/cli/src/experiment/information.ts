/**
 * What each partner learns, in bits, as Shannon's mutual information between what it sees and what
 * the others flagged, were its own flags drawn from their own frequencies: an answer that is nearly
 * always no tells little, and no answer tells more than one bit.
 *
 * A rule: yes or no for each own flag, and the size of the published list. Pooling: for each own flag
 * who else has it, and everything that the others have.
 */

import type { RuleFinding } from './evaluate.ts'
import { itemsOf } from './items.ts'
import type { Material, Rule } from './model.ts'
import { finalCounts } from './reference.ts'
import { entropy } from './statistics.ts'

export type Bits = {
  readonly partner: string
  /** About its own flags, all together. */
  readonly own: number
  /** For one question about an identifier that it did not flag. */
  readonly question: number
  /** About its own flags, were all lists on one heap. */
  readonly pooled: number
  /** Identifiers of others that it would see on that heap. */
  readonly pooledOthers: number
}

export function bitsLearned({ rule, learns }: RuleFinding, material: Material): Bits[] {
  const items = itemsOf(material, rule.kind).map(({ item }) => finalCounts(item, rule, material))
  const listed = items.filter((counts) => counts.some((count) => count > 0))
  return material.partners.map(({ id }, partner) => {
    const { own, ownOver, others } = learns[partner]!
    const told = rule.consumers.includes(partner)
    const foreign = listed.length - own
    return {
      partner: id,
      own: told ? own * entropy([ownOver, own - ownOver]) : 0,
      question: asks(rule, told) ? entropy([others, foreign - others]) : 0,
      pooled: pooledOf(partner, listed),
      pooledOthers: foreign,
    }
  })
}

/** Per partner: on its own flags, were all lists on one heap. */
export function pooledBits(rule: Pick<Rule, 'kind' | 'listAgeDays'>, material: Material): number[] {
  const items = itemsOf(material, rule.kind).map(({ item }) => finalCounts(item, rule, material))
  return material.partners.map((_, partner) => pooledOf(partner, items))
}

/** Who else has each of its flags. */
function pooledOf(partner: number, items: readonly (readonly number[])[]): number {
  const patterns = new Map<string, number>()
  let own = 0
  for (const counts of items) {
    if (counts[partner] === 0) continue
    own++
    const pattern = counts.map((count, i) => (count > 0 && i !== partner ? 1 : 0)).join('')
    patterns.set(pattern, (patterns.get(pattern) ?? 0) + 1)
  }
  return own * entropy(patterns.values())
}

function asks({ output }: Rule, told: boolean): boolean {
  return told && output === 'list'
}
