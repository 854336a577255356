/** Are the lists independent? */

import { escaped } from '../../../output/document.ts'
import type { Lang, Text } from '../../../output/language.ts'
import type { KindResult, Results } from '../../results.ts'
import { type Cell, paragraph, percent, tableOf } from '../markup.ts'
import { TEXTS } from '../texts.ts'

export function copiesPart(
  { overlaps }: KindResult,
  { experiment }: Results,
  lang: Lang,
): string[] {
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
