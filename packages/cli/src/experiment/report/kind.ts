/** The chapters of the report about one kind of identifier. */

import type { Lang, Text } from '../../output/language.ts'
import { type Finding, wronged, yieldShare } from '../evaluate.ts'
import { HOLDER_NAMES, HOLDERS, type Holder } from '../model.ts'
import type { KindResult, Results, RuleResult } from '../results.ts'
import {
  type Cell,
  decimal,
  escaped,
  figure,
  interval,
  paragraph,
  percent,
  tableOf,
  whole,
} from './markup.ts'
import { type ChartRow, rowsChart } from './rows.ts'
import { scatter } from './scatter.ts'
import { TEXTS } from './texts.ts'
import { ruleName, ruleSentence, SECTOR_NAMES } from './words.ts'

type Named = { readonly name: string; readonly finding: Finding; readonly reference: boolean }

export function kindSections(kind: KindResult, results: Results, lang: Lang): string[] {
  const say = (text: Text) => text[lang]
  const heading = (text: Text) => `<h3>${escaped(say(text))}</h3>`
  const { dated, truth } = results.material
  const named: Named[] = [
    ...kind.sectors.map(({ sector, finding }) => ({
      name: `${SECTOR_NAMES[sector as keyof typeof SECTOR_NAMES][lang]} ${say(TEXTS.alone)}`,
      finding,
      reference: true,
    })),
    ...kind.rules.map((finding) => ({
      name: ruleName(finding.rule, lang),
      finding,
      reference: false,
    })),
    { name: say(TEXTS.pooling), finding: kind.pooling, reference: true },
  ]
  const focus = kind.rules.find(({ rule }) => rule.id === kind.focus)!
  return [
    heading(TEXTS.detection),
    truth ? detectionFigure(named, kind, results, lang) : yieldFigure(named, lang),
    heading(TEXTS.histogram),
    histogramTable(kind, lang),
    ...(dated ? [heading(TEXTS.time), timeFigure(named, lang)] : []),
    ...(truth ? [heading(TEXTS.who), whoFigure(named, results, lang)] : []),
    heading(TEXTS.less),
    paragraph(say(truth ? TEXTS.lessIntro : TEXTS.lessUnknown)),
    lessTable(kind, results, lang),
    ...(truth ? [lessFigure(kind, results, lang)] : []),
    heading(TEXTS.value),
    paragraph(focusSentence(focus, lang), 'note'),
    valueFigure(kind, results, lang),
    heading(TEXTS.knows),
    knowsFigure(focus, kind, results, lang),
    heading(TEXTS.copies),
    paragraph(say(TEXTS.copiesIntro)),
    ...copiesPart(kind, results, lang),
    heading(TEXTS.learns),
    paragraph(say(TEXTS.learnsIntro)),
    paragraph(focusSentence(focus, lang), 'note'),
    learnsTable(focus, results, lang),
    paragraph(say(TEXTS.learnsOthers)),
    heading(TEXTS.cost),
    ...costPart(focus, results, lang),
  ]
}

function focusSentence({ rule }: RuleResult, lang: Lang): string {
  const sentence = ruleSentence(rule, lang)
  return lang === 'nl' ? `Voor de regel: ${sentence}.` : `For the rule: ${sentence}.`
}

function detectionFigure(
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
    label: say(TEXTS.detectionCaption),
  })
  const hasSaved = kind.pooling.saved !== null
  const head = [
    TEXTS.rule,
    TEXTS.found,
    TEXTS.keptOf,
    TEXTS.campaigns,
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
      finding.campaigns === null ? null : percent(finding.campaigns.share, lang),
      finding.ever,
      finding.final,
      ...(finding.saved === null ? [] : [finding.saved.victims, finding.saved.euro]),
    ]),
    lang,
  )
  return figure(chart, say(TEXTS.detectionCaption), table, say(TEXTS.numbers))
}

function yieldFigure(named: readonly Named[], lang: Lang): string {
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

function histogramTable({ histogram, listed }: KindResult, lang: Lang): string {
  let before = 0
  const rows = histogram.map((exactly, i): Cell[] => {
    const atLeast = listed - before
    before += exactly
    return [String(i + 1), exactly, atLeast]
  })
  return tableOf(
    [TEXTS.onLists, TEXTS.exactly, TEXTS.atLeast].map((text) => text[lang]),
    rows,
    lang,
  )
}

function timeFigure(named: readonly Named[], lang: Lang): string {
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

function whoFigure(named: readonly Named[], { material: { sought } }: Results, lang: Lang): string {
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
    series: holders.map((holder) => say(HOLDER_NAMES[holder])),
    label: say(TEXTS.whoCaption[sought]),
  })
  const head = [
    say(TEXTS.rule),
    ...holders.map((holder) => say(HOLDER_NAMES[holder])),
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
function occurring(named: readonly Named[]): Holder[] {
  return HOLDERS.filter((holder) => named.some(({ finding }) => finding.holders[holder] > 0))
}

function lessTable(kind: KindResult, { experiment, material }: Results, lang: Lang): string {
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

function lessFigure(kind: KindResult, { material: { sought } }: Results, lang: Lang): string {
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

function valueFigure({ values }: KindResult, { experiment }: Results, lang: Lang): string {
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

function knowsFigure(
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

function copiesPart({ overlaps }: KindResult, { experiment }: Results, lang: Lang): string[] {
  const say = (text: Text) => text[lang]
  const name = (id: string) => experiment.partners.find((partner) => partner.id === id)!.name
  const suspects = overlaps.filter(({ suspect }) => suspect)
  const warnings = [...new Set(suspects.map(({ list }) => list))].map((list) => {
    const others = suspects
      .filter((overlap) => overlap.list === list)
      .map(({ other, contains }) => `${name(other)} (${percent(contains, lang, 0)})`)
      .join(', ')
    return lang === 'nl'
      ? `Let op: de lijst van ${name(list)} bevat opvallend veel van ${others}. Tel deze deelnemer niet als onafhankelijke waarnemer zolang niet vaststaat waar zijn meldingen vandaan komen.`
      : `Beware: the list of ${name(list)} holds strikingly much of ${others}. Do not count this partner as an independent observer before it is known where its flags come from.`
  })
  const rows = [...overlaps]
    .sort((a, b) => b.contains - a.contains)
    .map(({ list, other, contains, containsRare, both, suspect }): Cell[] => [
      name(list),
      percent(contains, lang),
      name(other),
      percent(containsRare, lang),
      both,
      suspect ? say(TEXTS.suspect) : '',
    ])
  const head = [
    TEXTS.list,
    TEXTS.contains,
    TEXTS.other,
    TEXTS.containsRare,
    TEXTS.both,
    TEXTS.suspect,
  ]
  return [
    ...(warnings.length > 0
      ? warnings.map((text) => paragraph(text, 'warning'))
      : [paragraph(say(TEXTS.copiesNone))]),
    `<details><summary>${escaped(say(TEXTS.numbers))}</summary>${tableOf(head.map(say), rows, lang)}</details>`,
  ]
}

function learnsTable({ bits }: RuleResult, { experiment }: Results, lang: Lang): string {
  const head = [
    TEXTS.partner,
    TEXTS.ownBits,
    TEXTS.questionBits,
    TEXTS.pooledBits,
    TEXTS.pooledOthers,
  ]
  return tableOf(
    head.map((text) => text[lang]),
    bits.map(({ own, question, pooled, pooledOthers }, i): Cell[] => [
      experiment.partners[i]!.name,
      own,
      decimal(question, 3, lang),
      pooled,
      pooledOthers,
    ]),
    lang,
  )
}

function costPart({ costs }: RuleResult, { experiment }: Results, lang: Lang): string[] {
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
