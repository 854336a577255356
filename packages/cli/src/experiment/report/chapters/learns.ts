/** What does each party learn? */

import type { Lang } from '../../../output/language.ts'
import type { Results, RuleResult } from '../../results.ts'
import { type Cell, decimal, tableOf } from '../markup.ts'
import { TEXTS } from '../texts.ts'

export function learnsTable({ bits }: RuleResult, { experiment }: Results, lang: Lang): string {
  const head = [
    TEXTS.partner,
    TEXTS.ownBits,
    TEXTS.questionBits,
    TEXTS.pooledBits,
    TEXTS.pooledOthers,
  ]
  return tableOf(
    head.map((text) => text[lang]),
    bits.map(({ own, question, pooled, pooledOthers }, i): Cell[] => [
      experiment.partners[i]!.name,
      own,
      decimal(question, 3, lang),
      pooled,
      pooledOthers,
    ]),
    lang,
  )
}
