/**
 * The report as one HTML file: no script, nothing fetched, prints on A4. From the results alone, so
 * that the same experiment gives the same bytes.
 */

import { escaped, htmlDocument } from '../../output/document.ts'
import type { Lang, Text } from '../../output/language.ts'
import type { Results } from '../results.ts'
import { kindSections } from './kind.ts'
import { type Cell, capital, paragraph, tableOf, whole } from './markup.ts'
import { parameterSection } from './parameters.ts'
import { CHART_STYLE } from './rows.ts'
import { type Point, shortly } from './short.ts'
import { TEXTS } from './texts.ts'
import { KIND_NAMES, SECTOR_NAMES } from './words.ts'

/** How far the real protocol gave the same answers. */
export type Checked =
  | { readonly by: 'nodes' }
  | { readonly by: 'sample'; readonly identifiers: number; readonly partners: readonly string[] }
  /** Nobody wanted it, or there are too few partners for a round. */
  | { readonly by: 'nothing'; readonly why: 'off' | 'few' }

export type ReportOptions = {
  readonly lang: Lang
  readonly checked: Checked
  readonly software: string
}

export function reportHtml(results: Results, { lang, checked, software }: ReportOptions): string {
  const say = (text: Text) => text[lang]
  const { experiment, material, kinds } = results
  const heading = (text: Text) => `<h2>${escaped(say(text))}</h2>`
  const origin =
    'files' in experiment.data
      ? material.truth
        ? TEXTS.realTruth
        : TEXTS.real
      : 'people' in experiment.data
        ? TEXTS.madeUpPeople
        : TEXTS.madeUp
  const sections = [
    heading(TEXTS.question),
    paragraph(say(experiment.question)),
    heading(TEXTS.short),
    ...shortly(results, lang).map(point),
    paragraph(say(origin), 'note'),
    heading(TEXTS.partners),
    partnersTable(results, lang),
    ...kinds.flatMap((kind) => [
      ...(kinds.length > 1
        ? [`<h2 class="kind">${escaped(capital(say(KIND_NAMES[kind.kind])))}</h2>`]
        : []),
      ...kindSections(kind, results, lang),
    ]),
    ...parameterSection(results, lang),
    heading(TEXTS.made),
    ...howChecked(checked, lang),
    ...(material.victims > 0 ? [paragraph(say(TEXTS.limits))] : []),
    `<dl><dt>${escaped(say(TEXTS.seed))}</dt><dd>${experiment.seed}</dd><dt>${escaped(say(TEXTS.digest))}</dt><dd>${results.digest}</dd><dt>drempel, ${escaped(say(TEXTS.version))}</dt><dd>${escaped(software)}</dd></dl>`,
  ]
  return page(say(experiment.title), sections, lang)
}

function point({ word, text }: Point): string {
  return `<p class="point"><strong>${escaped(word)}.</strong> ${escaped(text)}</p>`
}

/** A whole document around the sections. */
export function page(heading: string, sections: readonly string[], lang: Lang): string {
  const from = TEXTS.drempel[lang]
  const title = `${heading} – ${from}`
  const body = [`<p class="from">${escaped(from)}</p>`, `<h1>${escaped(heading)}</h1>`, ...sections]
  return htmlDocument({ lang, title, style: `${STYLE}${CHART_STYLE}`, body })
}

function howChecked(checked: Checked, lang: Lang): string[] {
  if (checked.by === 'nodes') return [paragraph(TEXTS.agreed[lang])]
  const plain = TEXTS.plain[lang]
  if (checked.by === 'nothing')
    return [paragraph(plain), paragraph(TEXTS.unchecked[checked.why][lang])]
  const count = whole(checked.identifiers, lang)
  const names = checked.partners.join(', ')
  const sampled =
    lang === 'nl'
      ? `Ter controle kreeg een steekproef van ${count} identificatoren bij ${checked.partners.length} deelnemers (${names}) haar antwoord ook van het echte protocol tussen echte nodes: voor elke regel die in een convenant kan staan hetzelfde.`
      : `As a check, a sample of ${count} identifiers at ${checked.partners.length} partners (${names}) got its answer from the real protocol between real nodes as well: the same for every rule that a convenant may hold.`
  return [paragraph(plain), paragraph(sampled)]
}

function partnersTable({ experiment, material, kinds }: Results, lang: Lang): string {
  const many = kinds.length > 1
  const listed = kinds.map(({ kind }) =>
    many ? `${TEXTS.listed[lang]}: ${KIND_NAMES[kind][lang]}` : TEXTS.listed[lang],
  )
  const rejects = material.rejected.length > 0
  const head = [TEXTS.partner[lang], TEXTS.sector[lang], ...listed]
  const rows = experiment.partners.map(({ id, name, sector }, i): Cell[] => [
    name,
    SECTOR_NAMES[sector][lang],
    ...kinds.map(({ sizes }) => sizes[i]!),
    ...(rejects ? [material.rejected.find(({ partner }) => partner === id)?.count ?? 0] : []),
  ])
  return tableOf([...head, ...(rejects ? [TEXTS.rejected[lang]] : [])], rows, lang)
}

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; color: #111; background: #fff }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 1rem } h2 { font-size: 1.2rem; margin: 2.2rem 0 .5rem; break-after: avoid } h4 { font-size: 1rem; margin: 1.3rem 0 .3rem; break-after: avoid } h3 { font-size: 1.05rem; margin: 1.8rem 0 .4rem; break-after: avoid }
.kind { border-top: 2px solid #111; padding-top: .8rem; font-size: 1.35rem } .from { color: #555; margin: 0 }
.wide { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-size: .9rem } thead th { vertical-align: bottom; border-bottom: 2px solid #888 }
th, td { text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid #ddd; vertical-align: top } tbody th { font-weight: 400 }
th.n, td.n { text-align: right; font-variant-numeric: tabular-nums } td.n { white-space: nowrap } tr { break-inside: avoid }
figure { margin: 1rem 0; break-inside: avoid } figcaption, .note { color: #444; font-size: .92rem } summary { cursor: pointer; color: #444; font-size: .92rem }
.point { margin: .45rem 0 } .warning { border-left: 4px solid #d55e00; padding-left: .8rem } dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; font-size: .9rem } dd { margin: 0; overflow-wrap: anywhere }
@page { size: A4; margin: 18mm } @media print { body { margin: 0; max-width: none; font-size: 10.5pt } .wide { overflow: visible } table { font-size: 8pt } th, td { padding: .15rem .5rem .15rem 0; hyphens: auto } td.n { white-space: normal } th:last-child, td:last-child { padding-right: 0 } details::details-content { content-visibility: visible; block-size: auto } }
`
