/** What does each party learn? */

import { escaped } from '../../../output/document.ts'
import type { Lang, Text } from '../../../output/language.ts'
import type { KindResult, Results, RuleResult } from '../../results.ts'
import { type Cell, capital, decimal, tableOf, whole } from '../markup.ts'
import { TEXTS } from '../texts.ts'
import { ruleName } from '../words.ts'

export function learnsTable({ bits }: RuleResult, { experiment }: Results, lang: Lang): string {
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

/** Bits of every rule, folded away: a row a rule, a column a partner. */
export function eachRuleLearns(
  { rules }: KindResult,
  { experiment }: Results,
  lang: Lang,
): string[] {
  if (rules.length < 2) return []
  const head = [TEXTS.rule[lang], ...experiment.partners.map(({ name }) => name)]
  const own = rules.map(({ rule, bits }): Cell[] => [
    ruleName(rule, lang),
    ...bits.map((partner) => whole(partner.own, lang)),
  ])
  const question = rules.map(({ rule, bits }): Cell[] => [
    ruleName(rule, lang),
    ...bits.map((partner) => decimal(partner.question, 3, lang)),
  ])
  const part = (text: Text, rows: readonly Cell[][]) =>
    `<h4>${escaped(capital(text[lang]))}</h4>${tableOf(head, rows, lang)}`
  const tables = part(TEXTS.ownBits, own) + part(TEXTS.questionBits, question)
  return [`<details><summary>${escaped(TEXTS.eachRule[lang])}</summary>${tables}</details>`]
}
