/**
 * The report as one HTML file: no script, nothing fetched, prints on A4. Every text that comes from a
 * log or a convenant is escaped; they are others' words.
 */

import type { Lang, Text } from '../output/language.ts'
import type { Period } from './period.ts'
import type { Summary } from './summary.ts'

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
      summary.logs.map(({ origin, size, inPeriod }, i) => [
        ...[origin, inPeriod, size, cosigned[i] ?? '-'],
      ]),
      lang,
    ),
    `<p>${say(TEXTS.verified)} ${say(KEYS[key] ?? KEYS.node!)}</p>`,
    heading(TEXTS.days),
    barsOf(summary.days, lang),
    heading(TEXTS.queries),
    tableOf(
      TEXTS.queriesHead[lang],
      summary.queries.map(({ purpose, kind, asked, answered, failed, refused }) => [
        ...[purpose || '-', kind || '-', asked, answered, failed, refused],
      ]),
      lang,
    ),
    `<p>${say(TEXTS.sealed)}</p>`,
    heading(TEXTS.evaluated),
    tableOf(
      TEXTS.evaluatedHead[lang],
      summary.evaluated.map(({ asker, purpose, requests, refused }) => [
        ...[asker || '-', purpose || '-', requests, refused],
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
      summary.refusals.map(({ type, reason, count }) => [type, reason || '-', count]),
      lang,
    ),
    heading(TEXTS.notable),
    tableOf(
      TEXTS.notableHead[lang],
      summary.notable.map(({ origin, index, time, type, reason, parties }) => [
        ...[time, type, reason || '-', parties || '-', `${origin.split('/').at(-1)} ${index}`],
      ]),
      lang,
    ),
    heading(TEXTS.heads),
    `<p>${say(TEXTS.headsAbout)}</p>`,
    ...checkpoints.map((note) => `<pre>${escaped(note)}</pre>`),
  ]
  const title = `${TEXTS.title[lang]} ${summary.member}, ${span}`
  return `<!doctype html>
<html lang="${lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${say(TEXTS.title)} ${escaped(summary.member)}</h1>
<p>${say(TEXTS.period)}: ${span} (UTC). ${say(TEXTS.made)}: ${new Date(madeAt).toISOString().slice(0, 16)}Z.</p>
${sections.join('\n')}
</body>
</html>
`
}

function tableOf(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  lang: Lang,
): string {
  if (rows.length === 0) return `<p>${escaped(TEXTS.nothing[lang])}</p>`
  const cell = (value: string | number, tag = 'td') =>
    typeof value === 'number'
      ? `<${tag} class="n">${value.toLocaleString(lang)}</${tag}>`
      : `<${tag}>${escaped(value)}</${tag}>`
  const lines = rows.map((row) => `<tr>${row.map((value) => cell(value)).join('')}</tr>`)
  const titles = head.map((title) => `<th>${escaped(title)}</th>`).join('')
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
  const total = width * days.length
  const label = `${TEXTS.most[lang]}: ${most}`
  return `<figure><svg viewBox="0 0 ${total} ${height}" width="${total}" height="${height}" role="img" aria-label="${escaped(label)}">${bars.join('')}</svg>
<figcaption>${days[0]!.day} – ${days.at(-1)!.day}; ${escaped(label)}</figcaption></figure>`
}

function escaped(text: string): string {
  const visible = text.replaceAll(/[^\P{Cc}\n]|\p{Cf}/gu, '·')
  return visible.replaceAll(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`)
}

const STYLE = `
body { font: 15px/1.45 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #111; background: #fff }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin: 1.8rem 0 .4rem; break-after: avoid }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid #ccc; vertical-align: top; overflow-wrap: anywhere }
.n { text-align: right; font-variant-numeric: tabular-nums } tr { break-inside: avoid }
pre { font-size: .75rem; white-space: pre-wrap; overflow-wrap: anywhere; background: #f4f4f4; padding: .6rem }
svg { max-width: 100%; height: auto; fill: #1d5fa8 } figure { margin: 0 } figcaption { color: #555 }
@page { size: A4; margin: 18mm } @media print { body { margin: 0; max-width: none } }
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
  nothing: { nl: 'Niets in deze periode.', en: 'Nothing in this period.' },
  logs: { nl: 'Logboeken', en: 'Logs' },
  logsHead: {
    nl: ['logboek', 'regels in de periode', 'regels', 'meegetekend tot'],
    en: ['log', 'entries in the period', 'entries', 'cosigned up to'],
  },
  verified: {
    nl: 'Elke regel en elke hash is nagerekend tot de ondertekende wortel.',
    en: 'Every entry and every hash was recomputed up to the signed root.',
  },
  days: { nl: 'Vragen per dag', en: 'Queries a day' },
  most: { nl: 'hoogste dag', en: 'highest day' },
  queries: { nl: 'Eigen vragen', en: 'Own queries' },
  queriesHead: {
    nl: ['doel', 'soort', 'gesteld', 'beantwoord', 'mislukt', 'geweigerd'],
    en: ['purpose', 'kind', 'asked', 'answered', 'failed', 'refused'],
  },
  sealed: {
    nl: 'Wie vroeg, waarover en met welk antwoord staat in verzegelde records, niet in dit verslag.',
    en: 'Who asked, about what and with which answer stands in sealed records, not in this report.',
  },
  evaluated: { nl: 'Als sleutelhouder voor anderen', en: 'As a key holder for others' },
  evaluatedHead: {
    nl: ['vrager', 'doel', 'verzoeken', 'geweigerd'],
    en: ['asker', 'purpose', 'requests', 'refused'],
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
    nl: ['tijd', 'gebeurtenis', 'reden', 'partijen', 'regel'],
    en: ['time', 'event', 'reason', 'parties', 'entry'],
  },
  heads: { nl: 'Ondertekende boomhoofden', en: 'Signed tree heads' },
  headsAbout: {
    nl: 'Wie dit verslag narekent, begint hier: drempel log verify, met het convenant.',
    en: 'Whoever recomputes this report begins here: drempel log verify, with the convenant.',
  },
} as const
