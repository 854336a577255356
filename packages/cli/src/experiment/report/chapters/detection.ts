/** What does each rule find? And on how many lists do identifiers stand? */

import type { Lang, Text } from '../../../output/language.ts'
import { yieldShare } from '../../evaluate.ts'
import type { KindResult, Results, RuleResult } from '../../results.ts'
import { type Cell, figure, interval, percent, tableOf, whole } from '../markup.ts'
import { type ChartRow, rowsChart } from '../rows.ts'
import { TEXTS } from '../texts.ts'
import type { Named } from './named.ts'

export function detectionFigure(
  named: readonly Named[],
  kind: KindResult,
  { material: { sought } }: Results,
  lang: Lang,
): string {
  const say = (text: Text) => text[lang]
  const rows = named.map(({ name, finding: { detected }, reference }): ChartRow => {
    const { share, low, high } = detected!
    return {
      label: name,
      quiet: reference,
      note: percent(share, lang),
      marks:
        share === null
          ? []
          : [{ shape: 'dot', value: 100 * share, low: 100 * low, high: 100 * high, series: 0 }],
    }
  })
  const chart = rowsChart({
    rows,
    axis: say(TEXTS.detectionAxis[sought]),
    format: (value) => whole(value, lang),
    series: [],
    label: say(TEXTS.detectionCaption[sought]),
  })
  const hasSaved = kind.pooling.saved !== null
  const hasCampaigns = kind.pooling.campaigns !== null
  const head = [
    TEXTS.rule,
    TEXTS.found,
    TEXTS.keptOf,
    ...(hasCampaigns ? [TEXTS.campaigns] : []),
    TEXTS.ever,
    TEXTS.final,
    ...(hasSaved ? [TEXTS.savedVictims, TEXTS.savedEuro] : []),
  ].map(say)
  const table = tableOf(
    head,
    named.map(({ name, finding }): Cell[] => [
      name,
      interval(finding.detected!, lang),
      percent(yieldShare(finding, kind.pooling), lang),
      ...(finding.campaigns === null ? [] : [percent(finding.campaigns.share, lang)]),
      finding.ever,
      finding.final,
      ...(finding.saved === null ? [] : [finding.saved.victims, finding.saved.euro]),
    ]),
    lang,
  )
  return figure(chart, say(TEXTS.detectionCaption[sought]), table, say(TEXTS.numbers))
}

export function yieldFigure(named: readonly Named[], lang: Lang): string {
  const say = (text: Text) => text[lang]
  const rules = named.filter(({ reference }) => !reference)
  const chart = rowsChart({
    rows: rules.map(({ name, finding }) => ({
      label: name,
      note: whole(finding.ever, lang),
      marks: [{ shape: 'bar', from: 0, to: finding.ever, series: 0 }],
    })),
    axis: say(TEXTS.yieldAxis),
    format: (value) => whole(value, lang),
    series: [],
    label: say(TEXTS.yieldCaption),
  })
  const table = tableOf(
    [TEXTS.rule, TEXTS.ever, TEXTS.final, TEXTS.newPairs].map(say),
    named.map(({ name, finding }): Cell[] => [
      name,
      finding.ever,
      finding.final,
      'newToConsumers' in finding ? (finding as RuleResult).newToConsumers : null,
    ]),
    lang,
  )
  return figure(chart, say(TEXTS.yieldCaption), table, say(TEXTS.numbers))
}

export function histogramTable(
  { histogram, listed, detectedBy }: KindResult,
  { material: { sought } }: Results,
  lang: Lang,
): string {
  let before = 0
  const rows = histogram.map((exactly, i): Cell[] => {
    const atLeast = listed - before
    before += exactly
    const found = detectedBy === null ? [] : [interval(detectedBy[i]!, lang)]
    return [String(i + 1), exactly, atLeast, ...found]
  })
  const head = [TEXTS.onLists, TEXTS.exactly, TEXTS.atLeast]
  const foundBy = detectedBy === null ? [] : [TEXTS.foundBy[sought]]
  return tableOf(
    [...head, ...foundBy].map((text) => text[lang]),
    rows,
    lang,
  )
}
