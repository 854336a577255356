/**
 * What rounds between real nodes took, beside what the formula says: a page of its own, since it differs
 * each time and the report does not.
 */

import { escaped } from '../../output/document.ts'
import type { Lang, Text } from '../../output/language.ts'
import type { Results } from '../results.ts'
import type { MeasuredRound } from '../rounds.ts'
import { page } from './html.ts'
import { type Cell, decimal, paragraph, tableOf } from './markup.ts'
import { TEXTS } from './texts.ts'

export function measuredHtml(
  rounds: readonly MeasuredRound[],
  { experiment }: Results,
  lang: Lang,
): string {
  const say = (text: Text) => text[lang]
  const name = (id: string) => experiment.partners.find((partner) => partner.id === id)!.name
  const head = [TEXTS.partner, TEXTS.sentMeasured, TEXTS.sentComputed].map(say)
  const mega = (bytes: number) => decimal(bytes / 1e6, bytes < 1e6 ? 2 : 1, lang)
  const sections = [
    `<h2>${escaped(say(TEXTS.measured))}</h2>`,
    paragraph(say(TEXTS.measuredIntro)),
    ...rounds.flatMap(({ rules, secondsRound, bytesSent }) => [
      `<h3>${escaped(rules.join(', '))}</h3>`,
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
  return page(say(experiment.title), sections, lang)
}
