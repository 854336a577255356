/** What does it cost, and whom? */

import type { Lang, Text } from '../../../output/language.ts'
import type { Cost } from '../../cost.ts'
import type { Results } from '../../results.ts'
import { type Cell, decimal, paragraph, tableOf } from '../markup.ts'
import { TEXTS } from '../texts.ts'

export function costPart(
  { costs }: { readonly costs: readonly Cost[] | null },
  { experiment }: Results,
  lang: Lang,
): string[] {
  const say = (text: Text) => text[lang]
  if (costs === null) return [paragraph(say(TEXTS.costNone))]
  const head = [
    TEXTS.partner,
    TEXTS.computes,
    TEXTS.seconds,
    TEXTS.megabytes,
    TEXTS.euroYear,
    TEXTS.euroStaff,
  ]
  const rows = costs.map(
    ({ computes, processorSeconds, bytesSent, euroYear, euroStaff }, i): Cell[] => [
      experiment.partners[i]!.name,
      say(computes ? TEXTS.yes : TEXTS.no),
      decimal(processorSeconds, 1, lang),
      decimal(bytesSent / 1e6, 1, lang),
      euroYear,
      euroStaff,
    ],
  )
  return [paragraph(say(TEXTS.costIntro)), tableOf(head.map(say), rows, lang)]
}
