/** The chapter on what the outcome rests on: every number, its source, and what it does. */

import { escaped } from '../../output/document.ts'
import type { Lang, Text } from '../../output/language.ts'
import { bears, PARAMETER_NAMES, PARAMETERS, type ParameterName } from '../parameters.ts'
import type { Results } from '../results.ts'
import type { Outcome, Sensitivity } from '../sensitivity.ts'
import { type Cell, decimal, figure, paragraph, percent, tableOf, whole } from './markup.ts'
import { type Mark, rowsChart } from './rows.ts'
import { TEXTS } from './texts.ts'
import { KIND_NAMES, ruleSentence } from './words.ts'

const MOST_ROWS = 12

export function parameterSection(results: Results, lang: Lang): string[] {
  const say = (text: Text) => text[lang]
  const { experiment, parameters, sensitivity, costSensitivity } = results
  const rows = PARAMETER_NAMES.filter((name) => bears(name, experiment)).map((name): Cell[] => {
    const { about, source, value, range } = PARAMETERS[name]
    const own = parameters[name] !== value
    const assumed = own ? TEXTS.chosen : (source ?? TEXTS.assumption)
    return [say(about), amount(name, parameters[name], lang), say(range ? assumed : TEXTS.size)]
  })
  return [
    `<h2>${escaped(say(TEXTS.parameters))}</h2>`,
    paragraph(say(TEXTS.parametersIntro)),
    tableOf([TEXTS.parameter, TEXTS.amount, TEXTS.source].map(say), rows, lang),
    ...(sensitivity.length > 0 ? [aboutRule(sensitivity[0]!, results, lang)] : []),
    ...(sensitivity.length > 0 ? [tornado(results, lang)] : []),
    ...(costSensitivity.length > 0 ? costTable(results, lang) : []),
  ]
}

/** Of the first kind: one chart is enough to see which numbers matter. */
function aboutRule(
  { kind, rule: id }: { kind: string; rule: string },
  { kinds }: Results,
  lang: Lang,
) {
  const found = kinds.find((one) => one.kind === kind)!
  const { rule } = found.rules.find((one) => one.rule.id === id)!
  const [name, sentence] = [KIND_NAMES[found.kind][lang], ruleSentence(rule, lang)]
  const text =
    lang === 'nl'
      ? `Voor ${name} en de regel: ${sentence}.`
      : `For ${name} and the rule: ${sentence}.`
  return paragraph(text, 'note')
}

function tornado({ sensitivity }: Results, lang: Lang): string {
  const say = (text: Text) => text[lang]
  const effects = sensitivity
    .filter((effect) => effect.kind === sensitivity[0]!.kind)
    .sort((a, b) => span(b) - span(a) || (a.parameter < b.parameter ? -1 : 1))
  const chart = rowsChart({
    rows: effects.slice(0, MOST_ROWS).map(({ parameter, base, low, high }) => ({
      label: short(say(PARAMETERS[parameter].about)),
      // The longer one below: both ends may lie on the same side.
      marks: [change(low, base), change(high, base)]
        .map((to, series): Mark => ({ shape: 'bar', from: 0, to, series }))
        .sort((a, b) => length(b) - length(a)),
    })),
    axis: say(TEXTS.sensitivityAxis),
    format: (value) => decimal(value, Number.isInteger(value) ? 0 : 1, lang),
    series: [TEXTS.lowEnd, TEXTS.highEnd].map(say),
    label: say(TEXTS.sensitivityCaption),
  })
  const saved = effects.some(({ base }) => base.saved !== null)
  const head = [
    ...[TEXTS.parameter, TEXTS.range, TEXTS.detectedRange, TEXTS.wrongRange],
    ...(saved ? [TEXTS.savedRange] : []),
  ]
  const table = tableOf(
    head.map(say),
    effects.map(({ parameter, low, high }): Cell[] => [
      say(PARAMETERS[parameter].about),
      rangeText(parameter, low, high, lang),
      `${percent(low.detected, lang)} – ${percent(high.detected, lang)}`,
      `${whole(low.wronged, lang)} – ${whole(high.wronged, lang)}`,
      ...(saved ? [`${whole(low.saved ?? 0, lang)} – ${whole(high.saved ?? 0, lang)}`] : []),
    ]),
    lang,
  )
  return figure(chart, say(TEXTS.sensitivityCaption), table, say(TEXTS.numbers))
}

function costTable({ costSensitivity, kinds }: Results, lang: Lang): string[] {
  const say = (text: Text) => text[lang]
  const effects = costSensitivity.filter(({ kind }) => kind === kinds[0]!.kind)
  const euros = (low: number, high: number) => `${whole(low, lang)} – ${whole(high, lang)}`
  const table = tableOf(
    [TEXTS.parameter, TEXTS.range, TEXTS.euroYearRange, TEXTS.euroStaffRange].map(say),
    effects.map(({ parameter, low, high }): Cell[] => [
      say(PARAMETERS[parameter].about),
      rangeText(parameter, low, high, lang),
      euros(low.euroYear, high.euroYear),
      euros(low.euroStaff, high.euroStaff),
    ]),
    lang,
  )
  const shown = `<details><summary>${escaped(say(TEXTS.numbers))}</summary>${table}</details>`
  return effects.length === 0 ? [] : [paragraph(say(TEXTS.costRange)), shown]
}

function rangeText(
  parameter: ParameterName,
  low: { readonly value: number },
  high: { readonly value: number },
  lang: Lang,
): string {
  return [low, high].map(({ value }) => amount(parameter, value, lang)).join(' – ')
}

function length(mark: Mark): number {
  return mark.shape === 'bar' ? Math.abs(mark.to - mark.from) : 0
}

/** In percentage points. */
function change(end: Outcome, base: Outcome): number {
  return 100 * ((end.detected ?? 0) - (base.detected ?? 0))
}

function span({ low, base, high }: Sensitivity): number {
  const [below, above] = [change(low, base), change(high, base)]
  return Math.max(Math.abs(below), Math.abs(above), Math.abs(above - below))
}

/** With its unit; a share as people say it. */
function amount(name: ParameterName, value: number, lang: Lang): string {
  const { unit } = PARAMETERS[name]
  if (unit.en === 'share') return `${plain(100 * value, lang)}%`
  if (unit.en === 'days' && value === 1) return lang === 'nl' ? '1 dag' : '1 day'
  return unit.en === 'number' ? plain(value, lang) : `${plain(value, lang)} ${unit[lang]}`
}

/** As many decimals as it has, at most three. */
function plain(value: number, lang: Lang): string {
  const rounded = Number(value.toFixed(3))
  const places = [0, 1, 2].find((count) => Number(rounded.toFixed(count)) === rounded) ?? 3
  return decimal(rounded, places, lang)
}

/** A label of a chart, cut at a word. */
function short(text: string): string {
  return text.length <= 50 ? text : `${text.slice(0, 50).replace(/ [^ ]*$/, '')} …`
}
