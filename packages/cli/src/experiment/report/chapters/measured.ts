/** What rounds between real nodes took, beside what the formula says. */

import { escaped } from '../../../output/document.ts'
import type { Lang, Text } from '../../../output/language.ts'
import type { Results } from '../../results.ts'
import type { Checked } from '../html.ts'
import { type Cell, decimal, paragraph, tableOf } from '../markup.ts'
import { TEXTS } from '../texts.ts'

export function measuredPart(checked: Checked, { experiment }: Results, lang: Lang): string[] {
  if (checked.by !== 'nodes') return []
  const say = (text: Text) => text[lang]
  const name = (id: string) => experiment.partners.find((partner) => partner.id === id)!.name
  const head = [TEXTS.partner, TEXTS.sentMeasured, TEXTS.sentComputed].map(say)
  const mega = (bytes: number) => decimal(bytes / 1e6, bytes < 1e6 ? 2 : 1, lang)
  return [
    `<h3>${escaped(say(TEXTS.measured))}</h3>`,
    paragraph(say(TEXTS.measuredIntro)),
    ...checked.rounds.flatMap(({ rules, secondsRound, bytesSent }) => [
      `<h4>${escaped(rules.join(', '))}</h4>`,
      paragraph(`${say(TEXTS.roundSeconds)}: ${decimal(secondsRound, 1, lang)}`, 'note'),
      tableOf(
        head,
        bytesSent.map(({ partner, measured, computed }): Cell[] => [
          ...[name(partner), mega(measured), mega(computed)],
        ]),
        lang,
      ),
    ]),
  ]
}
