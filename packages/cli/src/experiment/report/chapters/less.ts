/** Could it be had with less? */

import type { Lang, Text } from '../../../output/language.ts'
import { wronged, yieldShare } from '../../evaluate.ts'
import type { KindResult, Results } from '../../results.ts'
import { type Cell, decimal, figure, percent, tableOf, whole } from '../markup.ts'
import { scatter } from '../scatter.ts'
import { TEXTS } from '../texts.ts'
import { ruleName } from '../words.ts'

export function lessTable(kind: KindResult, { experiment, material }: Results, lang: Lang): string {
  const say = (text: Text) => text[lang]
  const head = [
    TEXTS.wanted,
    TEXTS.rule,
    TEXTS.keptOf,
    ...(material.truth ? [TEXTS.lessX[material.sought]] : [TEXTS.ever]),
  ]
  return tableOf(
    head.map(say),
    kind.less.map(({ wanted, rule }): Cell[] => {
      const mark = wanted === experiment.wanted ? ` ${say(TEXTS.asked)}` : ''
      const found = kind.rules.find((result) => result.rule.id === rule)
      const hit = found === undefined ? null : wronged(found)
      return [
        `${percent(wanted, lang, 0)}${mark}`,
        found === undefined ? say(TEXTS.noRule) : ruleName(found.rule, lang),
        found === undefined ? null : percent(yieldShare(found, kind.pooling), lang),
        material.truth ? hit : (found?.ever ?? null),
      ]
    }),
    lang,
  )
}

export function lessFigure(
  kind: KindResult,
  { material: { sought } }: Results,
  lang: Lang,
): string {
  const say = (text: Text) => text[lang]
  const points = kind.rules.map((finding) => ({
    label: ruleName(finding.rule, lang),
    x: wronged(finding),
    y: 100 * (finding.detected?.share ?? 0),
  }))
  const front = points.map(({ x, y }) =>
    points.every((other) => other.x > x || other.y < y || (other.x === x && other.y === y)),
  )
  const chart = scatter({
    points: points.map((point, i) => ({ ...point, named: front[i]! })),
    xAxis: say(TEXTS.lessX[sought]),
    yAxis: say(TEXTS.lessY),
    formatX: (value) => whole(value, lang),
    formatY: (value) => whole(value, lang),
    label: say(TEXTS.lessCaption),
  })
  const table = tableOf(
    [TEXTS.rule, TEXTS.lessX[sought], TEXTS.lessY].map(say),
    points.map(({ label, x, y }): Cell[] => [label, x, decimal(y, 1, lang)]),
    lang,
  )
  return figure(chart, say(TEXTS.lessCaption), table, say(TEXTS.numbers))
}
