/** What do counts alone show? */

import { escaped } from '../../../output/document.ts'
import type { Lang, Text } from '../../../output/language.ts'
import { cellsOf } from '../../counts.ts'
import type { CountResult, KindResult, Results } from '../../results.ts'
import { type Cell, decimal, paragraph, percent, tableOf, whole } from '../markup.ts'
import { TEXTS } from '../texts.ts'
import { countRuleSentence } from '../words.ts'
import { costPart } from './cost.ts'

export function countsPart({ counts }: KindResult, results: Results, lang: Lang): string[] {
  const say = (text: Text) => text[lang]
  if (counts.length === 0) return []
  return [
    `<h3>${escaped(say(TEXTS.counts))}</h3>`,
    paragraph(say(TEXTS.countsIntro)),
    ...(counts.length > 1 ? [paragraph(say(TEXTS.countsEither))] : []),
    ...counts.flatMap((counted) => oneRule(counted, results, lang)),
    `<h3>${escaped(say(TEXTS.countsCost))}</h3>`,
    paragraph(`${countRuleSentence(counts[0]!.rule, lang)}.`, 'note'),
    ...costPart(counts[0]!, results, lang),
  ]
}

function oneRule(counted: CountResult, results: Results, lang: Lang): string[] {
  const { rule, exact, shown, bits, pooledBits } = counted
  const cells = cellsOf(shown)
  const open = cells.filter((count) => count !== null).length
  const most = Math.max(0, ...pooledBits)
  const told =
    lang === 'nl'
      ? `Van de ${whole(cells.length, lang)} aantallen gaan er ${whole(open, lang)} open (${percent(open / cells.length, lang, 0)}). Niemand leert er meer dan ${decimal(bits, 0, lang)} bits van, en niets over één identificator; op één hoop leert een deelnemer tot ${whole(most, lang)} bits over zijn eigen meldingen.`
      : `Of ${whole(cells.length, lang)} counts, ${whole(open, lang)} are opened (${percent(open / cells.length, lang, 0)}). Nobody learns more than ${decimal(bits, 0, lang)} bits of them, and nothing on any one identifier; on one heap a partner learns up to ${whole(most, lang)} bits on its own flags.`
  return [
    `<h4>${escaped(countRuleSentence(rule, lang))}</h4>`,
    paragraph(told),
    ...(exact.histogram.length > 0
      ? [histogram(counted, results.experiment.partners.length, lang)]
      : []),
    ...(exact.overlaps.length > 0 ? [overlaps(counted, results, lang)] : []),
  ]
}

function histogram({ rule, exact, shown }: CountResult, all: number, lang: Lang): string {
  const last = rule.upTo < all ? exact.histogram.length - 1 : -1
  const more = { nl: 'of meer', en: 'or more' }[lang]
  const rows = exact.histogram.map((count, i): Cell[] => [
    i === last ? `${rule.from + i} ${more}` : String(rule.from + i),
    told(shown.histogram[i]!, lang),
    count,
  ])
  return tableOf(headOf(TEXTS.heldBy, lang), rows, lang)
}

function overlaps({ exact, shown }: CountResult, { experiment }: Results, lang: Lang): string {
  const rows = exact.overlaps.map(({ partners, count }, i): Cell[] => [
    partners.map((partner) => experiment.partners[partner]!.name).join(' + '),
    told(shown.overlaps[i]!.count, lang),
    count,
  ])
  const table = tableOf(headOf(TEXTS.pair, lang), rows, lang)
  return `<details><summary>${escaped(TEXTS.pairs[lang])}</summary>${table}</details>`
}

function headOf(first: Text, lang: Lang): string[] {
  return [first, TEXTS.countShown, TEXTS.countExact].map((text) => text[lang])
}

function told(count: number | null, lang: Lang): Cell {
  return count ?? TEXTS.countClosed[lang]
}
