/** What does each partner add, and what does it get? */

import type { Lang, Text } from '../../../output/language.ts'
import type { KindResult, Results, RuleResult } from '../../results.ts'
import { type Cell, decimal, figure, tableOf, whole } from '../markup.ts'
import { rowsChart } from '../rows.ts'
import { TEXTS } from '../texts.ts'

export function valueFigure({ values }: KindResult, { experiment }: Results, lang: Lang): string {
  const say = (text: Text) => text[lang]
  const name = (id: string) => experiment.partners.find((partner) => partner.id === id)!.name
  const series = [TEXTS.lostWithout, TEXTS.shapley].map(say)
  const chart = rowsChart({
    rows: values.map(({ partner, lostWithout, shapley }) => ({
      label: name(partner),
      marks: [
        { shape: 'bar', from: 0, to: lostWithout, series: 0 },
        ...(shapley === null ? [] : [{ shape: 'diamond', value: shapley, series: 1 } as const]),
      ],
    })),
    axis: say(TEXTS.valueAxis),
    format: (value) => whole(value, lang),
    series,
    label: say(TEXTS.value),
  })
  const table = tableOf(
    [say(TEXTS.partner), say(TEXTS.listed), ...series],
    values.map(({ partner, listed, lostWithout, shapley }): Cell[] => [
      name(partner),
      listed,
      lostWithout,
      shapley === null ? null : decimal(shapley, 1, lang),
    ]),
    lang,
  )
  return figure(chart, say(TEXTS.valueCaption), table, say(TEXTS.numbers))
}

export function knowsFigure(
  { knows }: RuleResult,
  kind: KindResult,
  { experiment }: Results,
  lang: Lang,
): string {
  const say = (text: Text) => text[lang]
  const all = kind.pooling.detected?.of ?? kind.listed
  const part = (count: number) => (all === 0 ? 0 : (100 * count) / all)
  const series = [TEXTS.aloneKnows, TEXTS.togetherKnows].map(say)
  const chart = rowsChart({
    rows: knows.map(({ alone, together }, i) => ({
      label: experiment.partners[i]!.name,
      note: `${decimal(part(alone), 1, lang)} → ${decimal(part(together), 1, lang)}`,
      marks: [
        { shape: 'bar', from: 0, to: part(alone), series: 0 },
        { shape: 'diamond', value: part(together), series: 1 },
      ],
    })),
    axis: say(TEXTS.knowsAxis),
    format: (value) => whole(value, lang),
    series,
    label: say(TEXTS.knowsCaption),
  })
  const table = tableOf(
    [say(TEXTS.partner), ...series],
    knows.map(({ alone, together }, i): Cell[] => [experiment.partners[i]!.name, alone, together]),
    lang,
  )
  return figure(chart, say(TEXTS.knowsCaption), table, say(TEXTS.numbers))
}
