/** The report on live nodes: what they may show, and in so many words what nobody can know from it. */

import { escaped } from '../../output/document.ts'
import type { Lang, Text } from '../../output/language.ts'
import type { LiveKind, LivePartner, LiveResults } from '../live/results.ts'
import { page } from './html.ts'
import { LIVE_TEXTS as TEXTS } from './live-texts.ts'
import {
  type Cell,
  capital,
  decimal,
  figure,
  paragraph,
  percent,
  tableOf,
  whole,
} from './markup.ts'
import { rowsChart } from './rows.ts'
import { KIND_NAMES, SECTOR_NAMES } from './words.ts'

type Rule = LiveKind['rules'][number]

export function liveReport(
  results: LiveResults,
  { lang, software }: { readonly lang: Lang; readonly software: string },
): string {
  const say = (text: Text) => text[lang]
  const { experiment, convenant, kinds } = results
  const heading = (text: Text) => `<h2>${escaped(say(text))}</h2>`
  const facts = [
    [say(TEXTS.convenant), `${convenant.id}, ${say(TEXTS.version)} ${convenant.version}`],
    ['SHA-256', convenant.digest],
    [say(TEXTS.digest), results.digest],
    [`drempel, ${say(TEXTS.version)}`, software],
  ]
  const sections = [
    heading(TEXTS.question),
    paragraph(say(experiment.question)),
    heading(TEXTS.short),
    ...kinds.map((kind) => paragraph(shortly(kind, experiment.partners.length, lang))),
    paragraph(say(TEXTS.origin), 'note'),
    ...kinds.flatMap((kind) => [
      `<h2 class="kind">${escaped(capital(say(KIND_NAMES[kind.kind])))}</h2>`,
      ...kindPart(kind, results, lang),
    ]),
    heading(TEXTS.unknown),
    paragraph(say(TEXTS.unknownIntro)),
    `<ul>${TEXTS.unknowns.map((text) => `<li>${escaped(say(text))}</li>`).join('')}</ul>`,
    heading(TEXTS.made),
    `<dl>${facts.map(([name, value]) => `<dt>${escaped(name!)}</dt><dd>${escaped(value!)}</dd>`).join('')}</dl>`,
  ]
  return page(say(experiment.title), sections, lang)
}

function shortly({ kind, rules, counts, partners }: LiveKind, all: number, lang: Lang): string {
  const nl = lang === 'nl'
  const name = KIND_NAMES[kind][lang]
  const known = partners.flatMap(({ flags }) => flags ?? [])
  const flags = whole(
    known.reduce((sum, count) => sum + count, 0),
    lang,
  )
  const start = nl
    ? `${capital(name)}: de ${known.length} van de ${all} deelnemers die hun aantal tonen, hebben samen ${flags} meldingen.`
    : `${capital(name)}: the ${known.length} of ${all} partners that show their number have ${flags} flags together.`
  const sizes = rules.flatMap((rule) => {
    if (rule.size === null) return []
    return [`${whole(rule.size, lang)} (${ruleName(rule, lang)})`]
  })
  const over = nl ? 'Boven de drempel komen er' : 'Over the threshold are'
  const cells = [
    ...(counts?.histogram ?? []),
    ...(counts?.overlaps ?? []).map(({ count }) => count),
  ]
  const open = cells.filter((count) => count !== null).length
  const opened = nl
    ? `van de ${cells.length} aantallen gingen er ${open} open.`
    : `of ${cells.length} counts, ${open} were opened.`
  // Rules that count are the only ones of their kind.
  if (counts !== null) return `${capital(name)}: ${opened}`
  return [start, ...(sizes.length > 0 ? [`${over} ${sizes.join('; ')}.`] : [])].join(' ')
}

function kindPart(kind: LiveKind, { experiment }: LiveResults, lang: Lang): string[] {
  const say = (text: Text) => text[lang]
  const heading = (text: Text) => `<h3>${escaped(say(text))}</h3>`
  const nameOf = (id: string) =>
    experiment.partners.find((partner) => partner.id === id)?.name ?? id
  const named = kind.rules.filter(({ output }) => output !== 'aggregates')
  const { leftOut, contributors, createdAt, seconds } = kind
  const when = createdAt.slice(0, 16).replace('T', ' ')
  const took = `${say(TEXTS.round)}: ${when} UTC, ${decimal(seconds, 1, lang)} s. ${say(TEXTS.took)}: ${contributors.map(nameOf).join(', ')}.`
  const left = leftOut.map(({ member, reason }) => `${nameOf(member)} (${reason})`).join(', ')
  return [
    ...(named.length > 0 ? [heading(TEXTS.over), overFigure(named, lang)] : []),
    ...(named.length > 0
      ? [
          heading(TEXTS.own),
          paragraph(say(TEXTS.ownIntro)),
          ownTable(kind, named, experiment, lang),
        ]
      : []),
    ...(kind.counts === null ? [] : [heading(TEXTS.counts), ...countsPart(kind, nameOf, lang)]),
    heading(TEXTS.cost),
    paragraph(took),
    ...(left === '' ? [] : [paragraph(`${say(TEXTS.leftOut)}: ${left}.`, 'warning')]),
    tableOf(
      [TEXTS.partner, TEXTS.sent].map(say),
      kind.partners.map(({ partner, asked, bytesSent }): Cell[] => {
        const none = say(asked ? TEXTS.notMeasured : TEXTS.notAsked)
        return [
          nameOf(partner),
          bytesSent === null ? none : decimal(bytesSent / 1e6, bytesSent < 1e6 ? 2 : 1, lang),
        ]
      }),
      lang,
    ),
  ]
}

function overFigure(rules: readonly Rule[], lang: Lang): string {
  const say = (text: Text) => text[lang]
  const told = rules.filter(({ size }) => size !== null)
  const table = tableOf(
    [TEXTS.rule, TEXTS.size].map(say),
    rules.map((rule): Cell[] => [ruleName(rule, lang), rule.size ?? say(TEXTS.ownersOnly)]),
    lang,
  )
  if (told.length === 0) return table
  const chart = rowsChart({
    rows: told.map((rule) => ({
      label: ruleName(rule, lang),
      note: whole(rule.size!, lang),
      marks: [{ shape: 'bar', from: 0, to: rule.size!, series: 0 }],
    })),
    axis: say(TEXTS.sizeAxis),
    format: (value) => whole(value, lang),
    series: [],
    label: say(TEXTS.sizeCaption),
  })
  return figure(chart, say(TEXTS.sizeCaption), table, say(TEXTS.figures))
}

function ownTable(
  { partners }: LiveKind,
  rules: readonly Rule[],
  { partners: all }: LiveResults['experiment'],
  lang: Lang,
): string {
  const say = (text: Text) => text[lang]
  const over = ({ flags, over: counts }: LivePartner, { id }: Rule): Cell => {
    const count = counts[id]
    if (count === undefined || count === null || flags === null) return say(TEXTS.notAsked)
    return `${whole(count, lang)} (${percent(flags === 0 ? null : count / flags, lang)})`
  }
  const head = [TEXTS.partner, TEXTS.sector, TEXTS.flags].map(say)
  return tableOf(
    [...head, ...rules.map((rule) => `${say(TEXTS.ownOver)}: ${ruleName(rule, lang)}`)],
    partners.map((partner): Cell[] => {
      const { name, sector } = all.find(({ id }) => id === partner.partner)!
      return [
        ...[name, SECTOR_NAMES[sector][lang], partner.flags ?? say(TEXTS.notAsked)],
        ...rules.map((rule) => over(partner, rule)),
      ]
    }),
    lang,
  )
}

function countsPart(
  { counts, rules, contributors }: LiveKind,
  nameOf: (id: string) => string,
  lang: Lang,
): string[] {
  const say = (text: Text) => text[lang]
  const { from = 2, histogram, overlaps } = counts!
  const least = rules.find(({ output }) => output === 'aggregates')?.minCell ?? 10
  const intro =
    lang === 'nl'
      ? `Afgerond op tien. Dicht betekent: minder dan ${least}, of uit andere aantallen af te leiden.`
      : `Rounded to tens. Closed means: below ${least}, or it would follow from other counts.`
  const more = lang === 'nl' ? 'of meer' : 'or more'
  const last = from + histogram.length - 1 < contributors.length ? histogram.length - 1 : -1
  const shown = (count: number | null): Cell => count ?? say(TEXTS.closed)
  const classes = histogram.map((count, i): Cell[] => [
    i === last ? `${from + i} ${more}` : String(from + i),
    shown(count),
  ])
  const pairs = overlaps.map(({ members, count }): Cell[] => [
    members.map(nameOf).join(' + '),
    shown(count),
  ])
  return [
    paragraph(intro, 'note'),
    ...(classes.length > 0 ? [tableOf([TEXTS.holders, TEXTS.number].map(say), classes, lang)] : []),
    ...(pairs.length > 0
      ? [
          `<h4>${escaped(say(TEXTS.pairs))}</h4>`,
          tableOf([TEXTS.pair, TEXTS.number].map(say), pairs, lang),
        ]
      : []),
  ]
}

function ruleName({ t, minSectors, reports, output }: Rule, lang: Lang): string {
  const nl = lang === 'nl'
  return [
    `${t} ${nl ? 'deelnemers' : 'partners'}`,
    ...(minSectors > 1 ? [`${minSectors} ${nl ? 'sectoren' : 'sectors'}`] : []),
    ...(reports > 0 ? [`${reports} ${nl ? 'meldingen' : 'reports'}`] : []),
    ...(output === 'owners' ? [nl ? 'alleen melders' : 'flaggers only'] : []),
  ].join(', ')
}
