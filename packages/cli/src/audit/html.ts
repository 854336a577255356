/**
 * The report as one HTML file: no script, nothing fetched, prints on A4. Every text that comes from a
 * log or a convenant is escaped; they are others' words.
 */

import type { AlertCode } from '@drempel/protocol/api'
import { ALERTS } from '../output/alerts.ts'
import { escaped, htmlDocument } from '../output/document.ts'
import type { Lang, Text } from '../output/language.ts'
import type { Period } from './period.ts'
import { unknownText } from './rehearsed.ts'
import type { Summary } from './summary.ts'
import { setBackText } from './times.ts'
import { eventWords } from './words.ts'

export type ReportFacts = {
  readonly summary: Summary
  readonly period: Period
  /** Signed notes of the tree heads that the report rests on. */
  readonly checkpoints: readonly string[]
  /** Where the key came from that the logs verified under. */
  readonly key: string
  /** Cosigned entries of each log, or null without a quorum of witnesses. */
  readonly cosigned: readonly (number | null)[]
  readonly madeAt: number
}

export function htmlReport(facts: ReportFacts, lang: Lang): string {
  const { summary, period, checkpoints, key, cosigned, madeAt } = facts
  const say = (text: Text) => escaped(text[lang])
  const day = (time: number) => new Date(time).toISOString().slice(0, 10)
  const span = `${day(period.from)} – ${day(period.until - 1)}`
  const heading = (text: Text) => `<h2>${say(text)}</h2>`
  const sections = [
    heading(TEXTS.logs),
    tableOf(
      TEXTS.logsHead[lang],
      summary.logs.map(({ origin, size, inPeriod, ofRehearsals }, i) => [
        ...[origin, inPeriod, ofRehearsals, size, cosigned[i] ?? '-'],
      ]),
      lang,
    ),
    ...(summary.logs.some(({ ofRehearsals }) => ofRehearsals > 0)
      ? [`<p>${say(TEXTS.rehearsed)}</p>`]
      : []),
    ...summary.logs.flatMap(({ origin, unknown }) =>
      unknown === 0 ? [] : [`<p>${escaped(origin)}: ${say(unknownText(unknown))}</p>`],
    ),
    `<p>${say(TEXTS.verified)} ${say(KEYS[key] ?? KEYS.node!)}</p>`,
    ...summary.logs.flatMap(({ origin, setBack }) =>
      setBack === null ? [] : [`<p>${escaped(origin)}: ${say(setBackText(setBack))}</p>`],
    ),
    heading(TEXTS.days),
    barsOf(summary.days, lang),
    heading(TEXTS.queries),
    tableOf(
      TEXTS.queriesHead[lang],
      summary.queries.map(({ purpose, kind, asked, answered, failed, refused }) => [
        ...[purposeOf(purpose, lang), kind || '-', asked, answered, failed, refused],
      ]),
      lang,
    ),
    `<p>${say(TEXTS.sealed)}</p>`,
    heading(TEXTS.evaluated),
    tableOf(
      TEXTS.evaluatedHead[lang],
      summary.evaluated.map(({ asker, purpose, requests, refused }) => [
        ...[asker || '-', purposeOf(purpose, lang), requests, refused],
      ]),
      lang,
    ),
    heading(TEXTS.intersections),
    tableOf(
      TEXTS.intersectionsHead[lang],
      summary.intersections.map(({ party, purpose, kind, begun, done, failed, refused }) => [
        ...[party || '-', purpose || '-', kind || '-', begun, done, failed, refused],
      ]),
      lang,
    ),
    heading(TEXTS.rounds),
    tableOf(
      TEXTS.roundsHead[lang],
      [[summary.rounds.announced, summary.rounds.published, summary.rounds.failed]],
      lang,
    ),
    heading(TEXTS.refusals),
    tableOf(
      TEXTS.refusalsHead[lang],
      summary.refusals.map(({ type, reason, count }) => [
        ...[eventWords(type)[lang], reason || '-', count],
      ]),
      lang,
    ),
    heading(TEXTS.notable),
    tableOf(
      TEXTS.notableHead[lang],
      summary.notable.map(({ origin, index, time, type, reason, parties }) => [
        { short: time.replace('T', ' ').replace('Z', '') },
        eventWords(type)[lang],
        reasonOf(type, reason, lang),
        parties || '-',
        { short: `${origin.split('/').at(-1)} ${index}` },
      ]),
      lang,
    ),
    heading(TEXTS.heads),
    `<p>${say(TEXTS.headsAbout)}</p>`,
    ...checkpoints.map((note) => `<pre>${escaped(note)}</pre>`),
  ]
  const title = `${TEXTS.title[lang]} ${summary.member}, ${span}`
  const made = new Date(madeAt).toISOString().slice(0, 16).replace('T', ' ')
  const body = [
    `<h1>${say(TEXTS.title)} ${escaped(summary.member)}</h1>`,
    `<p>${say(TEXTS.period)}: ${span}. ${say(TEXTS.made)}: ${made}. ${say(TEXTS.utc)}</p>`,
    ...sections,
  ]
  return htmlDocument({ lang, title, style: STYLE, body })
}

/** Of tagging and of refusals there is no purpose. */
function purposeOf(purpose: string, lang: Lang): string {
  return purpose === 'tag' ? TEXTS.tagging[lang] : purpose || '-'
}

/** An alert has words of its own; other reasons are the codes by which they are looked up. */
function reasonOf(type: string, reason: string, lang: Lang): string {
  const known = type === 'alert.raised' && Object.hasOwn(ALERTS, reason)
  return known ? `${ALERTS[reason as AlertCode][lang]} (${reason})` : reason || '-'
}

/** What is short stays on one line. */
type Cell = string | number | { readonly short: string }

function tableOf(head: readonly string[], rows: readonly (readonly Cell[])[], lang: Lang): string {
  const first = rows[0]
  if (first === undefined) return `<p>${escaped(TEXTS.nothing[lang])}</p>`
  const cell = (value: Cell) => {
    if (typeof value === 'number') return `<td class="n">${value.toLocaleString(lang)}</td>`
    if (typeof value === 'string') return `<td>${escaped(value)}</td>`
    return `<td class="s">${escaped(value.short)}</td>`
  }
  const lines = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`)
  const titles = head
    .map(
      (title, i) => `<th${typeof first[i] === 'number' ? ' class="n"' : ''}>${escaped(title)}</th>`,
    )
    .join('')
  return `<table><thead><tr>${titles}</tr></thead><tbody>${lines.join('\n')}</tbody></table>`
}

/** One bar a day; its title says the number, and so does the text for who can't see it. */
function barsOf(days: Summary['days'], lang: Lang): string {
  const most = Math.max(0, ...days.map(({ queries }) => queries))
  if (most === 0) return `<p>${escaped(TEXTS.nothing[lang])}</p>`
  const [width, height] = [Math.max(2, Math.floor(680 / days.length)), 120]
  const bars = days.map(({ day, queries }, i) => {
    const tall = Math.round((height * queries) / most)
    return `<rect x="${i * width}" y="${height - tall}" width="${Math.max(1, width - 1)}" height="${tall}"><title>${day}: ${queries}</title></rect>`
  })
  // A day without queries has no bar; the line shows that it is there.
  bars.push(`<rect x="0" y="${height - 1}" width="${width * days.length}" height="1"></rect>`)
  const total = width * days.length
  const label = `${TEXTS.most[lang]}: ${most}`
  return `<figure><svg viewBox="0 0 ${total} ${height}" width="${total}" height="${height}" role="img" aria-label="${escaped(label)}">${bars.join('')}</svg>
<figcaption>${days[0]!.day} – ${days.at(-1)!.day}; ${escaped(label)}</figcaption></figure>`
}

const STYLE = `
body { font: 15px/1.45 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem; color: #111; background: #fff }
h1 { font-size: 1.5em } h2 { font-size: 1.1em; margin: 1.6em 0 .4em; break-after: avoid } p { margin: .5em 0; orphans: 2; widows: 2 }
table { border-collapse: collapse; width: 100% } thead { display: table-header-group } tr, figure, pre { break-inside: avoid }
th, td { text-align: left; padding: .2em 1em .2em 0; border-bottom: 1px solid #ccc; vertical-align: top; overflow-wrap: break-word }
th { vertical-align: bottom; border-bottom-color: #555 } th:last-child, td:last-child { padding-right: 0 }
th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap } td.s { white-space: nowrap; font-variant-numeric: tabular-nums }
pre { font-size: .8em; white-space: pre-wrap; overflow-wrap: anywhere; background: #f4f4f4; padding: .6em }
svg { max-width: 100%; height: auto; fill: #1d5fa8 } figure { margin: 0 } figcaption { color: #555 }
@page { size: A4; margin: 18mm 16mm; @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif } }
@media print { body { font-size: 9.5pt; margin: 0; padding: 0; max-width: none } rect { print-color-adjust: exact } }
`

const KEYS: Readonly<Record<string, Text>> = {
  convenant: {
    nl: 'De sleutel komt uit het ondertekende convenant.',
    en: 'The key comes from the signed convenant.',
  },
  home: {
    nl: 'De sleutel komt uit de map van de node.',
    en: "The key comes from the node's folder.",
  },
  node: { nl: 'De sleutel komt van de node zelf.', en: 'The key comes from the node itself.' },
}

const TEXTS = {
  title: { nl: 'Verslag over het logboek van', en: 'Report on the log of' },
  period: { nl: 'Periode', en: 'Period' },
  made: { nl: 'Gemaakt', en: 'Made' },
  utc: { nl: 'Tijden in UTC.', en: 'Times in UTC.' },
  nothing: { nl: 'Niets in deze periode.', en: 'Nothing in this period.' },
  logs: { nl: 'Logboeken', en: 'Logs' },
  logsHead: {
    nl: ['logboek', 'regels in de periode', 'en van repetities', 'alle regels', 'meegetekend tot'],
    en: ['log', 'entries in the period', 'and of rehearsals', 'all entries', 'cosigned up to'],
  },
  rehearsed: {
    nl: 'Regels van repetities gaan over verzonnen meldingen. Ze tellen in geen ander getal van dit verslag mee.',
    en: 'Entries of rehearsals are about made-up flags. No other figure of this report counts them.',
  },
  verified: {
    nl: 'Elke regel en elke hash is nagerekend tot de ondertekende wortel.',
    en: 'Every entry and every hash was recomputed up to the signed root.',
  },
  days: { nl: 'Vragen per dag', en: 'Queries a day' },
  most: { nl: 'hoogste dag', en: 'highest day' },
  tagging: { nl: '(eigen meldingen)', en: '(own flags)' },
  queries: { nl: 'Eigen vragen', en: 'Own queries' },
  queriesHead: {
    nl: ['doel', 'soort', 'gesteld', 'beantwoord', 'mislukt', 'geweigerd'],
    en: ['purpose', 'kind', 'asked', 'answered', 'failed', 'refused'],
  },
  sealed: {
    nl: 'Wie vroeg, waarover en met welk antwoord staat in verzegelde records, niet in dit verslag.',
    en: 'Who asked, about what and with which answer stands in sealed records, not in this report.',
  },
  evaluated: { nl: 'Als sleutelhouder', en: 'As a key holder' },
  evaluatedHead: {
    nl: ['vrager', 'doel', 'verzoeken', 'geweigerd'],
    en: ['asker', 'purpose', 'requests', 'refused'],
  },
  intersections: { nl: 'Doorsneden van twee lijsten', en: 'Intersections of two lists' },
  intersectionsHead: {
    nl: ['met', 'doel', 'soort', 'begonnen', 'klaar', 'mislukt', 'geweigerd'],
    en: ['with', 'purpose', 'kind', 'begun', 'done', 'failed', 'refused'],
  },
  rounds: { nl: 'Rondes', en: 'Rounds' },
  roundsHead: {
    nl: ['aangekondigd', 'gepubliceerd', 'mislukt of geweigerd'],
    en: ['announced', 'published', 'failed or refused'],
  },
  refusals: { nl: 'Weigeringen en fouten', en: 'Refusals and failures' },
  refusalsHead: { nl: ['gebeurtenis', 'reden', 'aantal'], en: ['event', 'reason', 'count'] },
  notable: { nl: 'Om na te kijken', en: 'To look at' },
  notableHead: {
    nl: ['tijd (UTC)', 'gebeurtenis', 'reden', 'partijen', 'regel'],
    en: ['time (UTC)', 'event', 'reason', 'parties', 'entry'],
  },
  heads: { nl: 'Ondertekende boomhoofden', en: 'Signed tree heads' },
  headsAbout: {
    nl: 'Wie dit verslag narekent, begint hier: drempel log verify, met het convenant.',
    en: 'Whoever recomputes this report begins here: drempel log verify, with the convenant.',
  },
} as const
