/** The chapter on what the outcome rests on: every number, its source, and what it does. */

import type { Lang, Text } from '../../output/language.ts'
import { bears, PARAMETER_NAMES, PARAMETERS, type ParameterName } from '../parameters.ts'
import type { Results } from '../results.ts'
import type { Outcome, Sensitivity } from '../sensitivity.ts'
import {
  type Cell,
  decimal,
  escaped,
  figure,
  paragraph,
  percent,
  tableOf,
  whole,
} from './markup.ts'
import { rowsChart } from './rows.ts'
import { TEXTS } from './texts.ts'

const MOST_ROWS = 12

export function parameterSection(results: Results, lang: Lang): string[] {
  const say = (text: Text) => text[lang]
  const { experiment, sensitivity } = results
  const names = PARAMETER_NAMES.filter((name) => bears(name, experiment))
  const found = (name: ParameterName) => sensitivity.find(({ parameter }) => parameter === name)
  const varied = sensitivity.length > 0
  const head = [
    ...[TEXTS.parameter, TEXTS.unit, TEXTS.amount, TEXTS.source],
    ...(varied ? [TEXTS.range, TEXTS.detectedRange, TEXTS.wrongRange] : []),
  ]
  const rows = names.map((name): Cell[] => {
    const { about, unit, range, source, value } = PARAMETERS[name]
    const given = experiment.parameters[name]
    const own = given !== undefined && given !== value
    const effect = found(name)
    return [
      say(about),
      say(unit),
      amount(results.parameters[name], lang),
      own ? say(TEXTS.chosen) : (source ?? say(TEXTS.assumption)),
      ...(varied
        ? [
            range === null ? '' : range.map((end) => amount(end, lang)).join(' – '),
            effect === undefined ? '' : shares(effect, lang),
            effect === undefined
              ? ''
              : `${whole(effect.low.wronged, lang)} – ${whole(effect.high.wronged, lang)}`,
          ]
        : []),
    ]
  })
  return [
    `<h2>${escaped(say(TEXTS.parameters))}</h2>`,
    paragraph(say(TEXTS.parametersIntro)),
    ...(varied ? [tornado(results, lang)] : []),
    tableOf(head.map(say), rows, lang),
  ]
}

function tornado({ sensitivity, kinds }: Results, lang: Lang): string {
  const say = (text: Text) => text[lang]
  // Of the first kind: one chart is enough to see which numbers matter.
  const kind = kinds[0]!
  const changes = sensitivity
    .filter((effect) => effect.kind === kind.kind)
    .map((effect) => ({
      parameter: effect.parameter,
      low: change(effect.low, effect.base),
      high: change(effect.high, effect.base),
    }))
    .sort((a, b) => span(b) - span(a) || (a.parameter < b.parameter ? -1 : 1))
  const chart = rowsChart({
    rows: changes.slice(0, MOST_ROWS).map(({ parameter, low, high }) => ({
      label: short(say(PARAMETERS[parameter].about)),
      marks: [
        { shape: 'bar', from: 0, to: low, series: 0 },
        { shape: 'bar', from: 0, to: high, series: 1 },
      ],
    })),
    axis: say(TEXTS.sensitivityAxis),
    format: (value) => decimal(value, Number.isInteger(value) ? 0 : 1, lang),
    series: [TEXTS.lowEnd, TEXTS.highEnd].map(say),
    label: say(TEXTS.sensitivityCaption),
  })
  const table = tableOf(
    [TEXTS.parameter, TEXTS.lowEnd, TEXTS.highEnd].map(say),
    changes.map(({ parameter, low, high }): Cell[] => [
      say(PARAMETERS[parameter].about),
      decimal(low, 1, lang),
      decimal(high, 1, lang),
    ]),
    lang,
  )
  return figure(chart, say(TEXTS.sensitivityCaption), table, say(TEXTS.numbers))
}

/** In percentage points. */
function change(end: Outcome, base: Outcome): number {
  return 100 * ((end.detected ?? 0) - (base.detected ?? 0))
}

function span({ low, high }: { low: number; high: number }): number {
  return Math.max(Math.abs(low), Math.abs(high), Math.abs(high - low))
}

function shares({ low, high }: Sensitivity, lang: Lang): string {
  return `${percent(low.detected, lang)} – ${percent(high.detected, lang)}`
}

function amount(value: number, lang: Lang): string {
  if (Number.isInteger(value)) return whole(value, lang)
  return decimal(value, value < 1 ? 3 : 1, lang).replace(/0+$/, '')
}

/** A label of a chart, cut at a word. */
function short(text: string): string {
  return text.length <= 42 ? text : `${text.slice(0, 42).replace(/ [^ ]*$/, '')} …`
}
