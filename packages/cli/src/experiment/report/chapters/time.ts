/** How early? */

import type { Lang, Text } from '../../../output/language.ts'
import type { RuleResult } from '../../results.ts'
import { type Cell, decimal, figure, tableOf, whole } from '../markup.ts'
import { rowsChart } from '../rows.ts'
import { TEXTS } from '../texts.ts'
import type { Named } from './named.ts'

export function timeFigure(named: readonly Named[], lang: Lang): string {
  const say = (text: Text) => text[lang]
  const chart = rowsChart({
    rows: named.map(({ name, finding: { wait }, reference }) => ({
      label: name,
      quiet: reference,
      note: wait === null ? '–' : decimal(wait.median, 0, lang),
      marks:
        wait === null
          ? []
          : [{ shape: 'dot', value: wait.median, low: wait.p10, high: wait.p90, series: 0 }],
    })),
    axis: say(TEXTS.waitAxis),
    format: (value) => whole(value, lang),
    series: [],
    label: say(TEXTS.timeCaption),
  })
  const table = tableOf(
    [TEXTS.rule, TEXTS.p10, TEXTS.median, TEXTS.p90, TEXTS.lead, TEXTS.leadCount].map(say),
    named.map(({ name, finding }): Cell[] => {
      const { wait } = finding
      const lead = 'lead' in finding ? (finding as RuleResult).lead : null
      return [
        name,
        wait?.p10 ?? null,
        wait?.median ?? null,
        wait?.p90 ?? null,
        lead?.median ?? null,
        lead?.count ?? null,
      ]
    }),
    lang,
  )
  return figure(chart, say(TEXTS.timeCaption), table, say(TEXTS.numbers))
}
