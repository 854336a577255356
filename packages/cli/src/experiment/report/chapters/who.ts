/** Who is hit? */

import type { Lang, Text } from '../../../output/language.ts'
import { HOLDER_NAMES, HOLDERS, type Holder } from '../../model.ts'
import type { Results, RuleResult } from '../../results.ts'
import { type Cell, figure, interval, tableOf, whole } from '../markup.ts'
import { rowsChart } from '../rows.ts'
import { TEXTS } from '../texts.ts'
import type { Named } from './named.ts'

export function whoFigure(
  named: readonly Named[],
  { material: { sought } }: Results,
  lang: Lang,
): string {
  const say = (text: Text) => text[lang]
  const holders = occurring(named)
  const rules = named.filter(
    ({ finding, reference }) => !reference || finding === named.at(-1)!.finding,
  )
  const chart = rowsChart({
    rows: rules.map(({ name, finding }) => {
      let from = 0
      const marks = holders.map((holder, series) => {
        const to = from + finding.holders[holder]
        const mark = { shape: 'bar', from, to, series } as const
        from = mark.to
        return mark
      })
      return { label: name, note: whole(finding.ever, lang), marks }
    }),
    axis: say(TEXTS.whoAxis),
    format: (value) => whole(value, lang),
    series: holders.map((holder) => say(nameOf(holder))),
    label: say(TEXTS.whoCaption[sought]),
  })
  const head = [
    say(TEXTS.rule),
    ...holders.map((holder) => say(nameOf(holder))),
    say(TEXTS.wrong),
    say(TEXTS.exposures),
  ]
  const table = tableOf(
    head,
    named.map(({ name, finding }): Cell[] => [
      name,
      ...holders.map((holder) => finding.holders[holder]),
      interval(finding.wrong!, lang),
      'exposures' in finding ? (finding as RuleResult).exposures : null,
    ]),
    lang,
  )
  return figure(chart, say(TEXTS.whoCaption[sought]), table, say(TEXTS.numbers))
}

/** The kinds of holder that there are in this world. */
function occurring(named: readonly Named[]): (Holder | 'unknown')[] {
  return ([...HOLDERS, 'unknown'] as const).filter((holder) =>
    named.some(({ finding }) => finding.holders[holder] > 0),
  )
}

function nameOf(holder: Holder | 'unknown'): Text {
  return holder === 'unknown' ? TEXTS.unknownHolder : HOLDER_NAMES[holder]
}
